"""Calls, branches and loops: calls are inlined, loops written out, data-dependent branches become selections."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.elementwise import selected
from certify.program.lowering.rule import (
    BOOLEAN,
    INTEGER,
    NEUTRAL,
    PROGRAM,
    TUPLE,
    Admitted,
    Rule,
    optional,
)
from certify.program.lowering.structural import sliced
from foundation import InputError

Inline: TypeAlias = Callable[[Builder, Any, Sequence[int]], Sequence[int]]

# Longer loops would make programs too long to store and to check.
_LONGEST_LOOP = 100_000


_SOLVERS = Admitted(lambda x: all(hasattr(x, n) for n in ("matvec", "vecmat", "solve", "transpose_solve")), "solvers")


def call(inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """jit, remat, custom_jvp, custom_vjp, ...: the function itself, never its custom derivative."""
    for name in ("call_jaxpr", "jaxpr", "fun_jaxpr"):
        if name in parameters:
            return inline(builder, parameters[name], operands)
    raise InputError("a call without a jaxpr cannot be traced")


def linear_solve(
    inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]
) -> Sequence[int]:
    """The solver itself, on its own constants and the right-hand side."""
    lengths, solver = parameters["const_lengths"], parameters["jaxprs"].solve
    first = int(lengths.matvec) + int(lengths.vecmat)
    right = first + int(lengths.solve) + int(lengths.transpose_solve)
    return inline(builder, solver, [*operands[first : first + int(lengths.solve)], *operands[right:]])


def high_level(
    inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]
) -> Sequence[int]:
    """A primitive that knows its own expansion into others (`jax.extend`'s high-level primitives)."""
    import jax

    primitive = parameters["_prim"]

    def expanded(*flat: Any) -> Any:
        return jax.tree.leaves(primitive.expand(*jax.tree.unflatten(primitive.in_tree, flat)))

    shapes = [jax.ShapeDtypeStruct(aval.shape, aval.dtype) for aval in primitive.in_avals_flat]
    return inline(builder, jax.make_jaxpr(expanded)(*shapes), operands)


def one_device(
    inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]
) -> Sequence[int]:
    """shard_map over a mesh of one device: the body itself."""
    size = int(parameters["mesh"].size)
    if size != 1:
        raise InputError(f"a function spread over {size} devices cannot be traced; trace it on one device")
    return inline(builder, parameters["jaxpr"], operands)


def branch(inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """cond and switch."""
    which, *rest = operands
    branches = parameters["branches"]
    known = builder.value(which)
    if known is not None:
        return inline(builder, branches[int(np.clip(int(known), 0, len(branches) - 1))], rest)
    results = [inline(builder, body, rest) for body in branches]
    return [selected(builder, which, cases) for cases in zip(*results, strict=True)]


def scan(inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """A loop of known length, written out."""
    length = int(parameters["length"])
    constants, carried = _scan_counts(parameters, len(operands))
    if length > _LONGEST_LOOP:
        raise InputError(f"a scan of {length} steps is too long to write out; the limit is {_LONGEST_LOOP}")
    fixed = list(operands[:constants])
    state = list(operands[constants : constants + carried])
    rows = operands[constants + carried :]
    steps = list(range(length))
    if parameters["reverse"]:
        steps.reverse()
    collected: dict[int, Sequence[int]] = {}
    for step in steps:
        made = inline(builder, parameters["jaxpr"], [*fixed, *state, *(_row(builder, x, step) for x in rows)])
        state, collected[step] = list(made[:carried]), made[carried:]
    outputs = parameters["jaxpr"].out_avals[carried:]
    return [*state, *(_stacked(builder, [collected[i][k] for i in range(length)], o) for k, o in enumerate(outputs))]


def _scan_counts(parameters: Mapping[str, Any], count: int) -> tuple[int, int]:
    """How many operands are constants, and how many are carried; JAX 0.12 says it by a tree of the operands."""
    if "num_consts" in parameters and "num_carry" in parameters:
        return int(parameters["num_consts"]), int(parameters["num_carry"])
    if "ft_in" not in parameters:
        raise InputError("this JAX's scan does not say which operands it carries; use a supported version")
    constants, carried, _ = (len(list(part)) for part in parameters["ft_in"].update(range(count)).unpack())
    return constants, carried


def _row(builder: Builder, x: int, step: int) -> int:
    shape = builder.signature(x).shape
    return builder.emit("reshape", sliced(builder, x, 0, step, step + 1), shape=shape[1:])


def _stacked(builder: Builder, rows: Sequence[int], aval: Any) -> int:
    shape = (1, *(int(n) for n in aval.shape))
    if not rows:
        return builder.constant(np.zeros((0, *shape[1:]), np.float64 if aval.dtype.kind == "f" else aval.dtype))
    # rows of complex numbers have one axis more than JAX's
    wide = ((1, *builder.signature(row).shape) for row in rows)
    joined = (builder.emit("reshape", row, shape=shape) for row, shape in zip(rows, wide, strict=True))
    return builder.emit("concatenate", *joined, axis=0)


def loop(inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """A while loop whose number of steps does not depend on the inputs, written out."""
    checks, bodies = int(parameters["cond_nconsts"]), int(parameters["body_nconsts"])
    check_constants, body_constants = operands[:checks], operands[checks : checks + bodies]
    state = list(operands[checks + bodies :])
    for _ in range(_LONGEST_LOOP):
        (going_on,) = inline(builder, parameters["cond_jaxpr"], [*check_constants, *state])
        known = builder.value(going_on)
        if known is None:
            constants = (check_constants, body_constants)
            return _stopped_by_the_balls(inline, builder, state, constants, going_on, parameters)
        if not known.any():
            return state
        fresh = list(inline(builder, parameters["body_jaxpr"], [*body_constants, *state]))
        # a loop mapped over examples goes on until all of them have stopped
        state = (
            fresh if known.ndim == 0 else [_kept(builder, going_on, *pair) for pair in zip(state, fresh, strict=True)]
        )
    raise InputError(f"a while loop of more than {_LONGEST_LOOP} steps is too long to write out")


# A loop whose length depends on the inputs is written out as far as this, and at most so many equations long.
_MOST_UNDECIDED_STEPS = 64
_MOST_EQUATIONS = 200_000


def _stopped_by_the_balls(
    inline: Inline,
    builder: Builder,
    state: list[int],
    constants: tuple[Sequence[int], Sequence[int]],
    going_on: int,
    parameters: Mapping[str, Any],
) -> Sequence[int]:
    """A while loop whose stop depends on the inputs: the state stays where the condition is proved false.

    After the last step written out the condition must be proved false, which the evaluation checks.
    """
    checks, body = constants
    start = len(builder.nodes)
    for _ in range(_MOST_UNDECIDED_STEPS):
        fresh = inline(builder, parameters["body_jaxpr"], [*body, *state])
        state = [_kept(builder, going_on, old, new) for old, new in zip(state, fresh, strict=True)]
        (again,) = inline(builder, parameters["cond_jaxpr"], [*checks, *state])
        going_on = builder.emit("and", going_on, again)
        if len(builder.nodes) - start > _MOST_EQUATIONS:
            raise InputError("a while loop whose number of steps depends on the inputs is too long to write out")
    axes = tuple(range(len(builder.signature(going_on).shape)))
    open_still = builder.emit("reduce_or", going_on, axes=axes) if axes else going_on
    return [builder.emit("stopped", x, open_still, steps=_MOST_UNDECIDED_STEPS) for x in state]


def _kept(builder: Builder, going_on: int, old: int, new: int) -> int:
    """The new value where the loop goes on; the condition's axes are the first ones of the values."""
    shape, axes = builder.signature(new).shape, len(builder.signature(going_on).shape)
    if axes and shape != builder.signature(going_on).shape:
        going_on = builder.emit("broadcast_in_dim", going_on, shape=shape, axes=tuple(range(axes)))
    return selected(builder, going_on, (old, new))


def _opened(lower: Callable[..., Sequence[int]], *neutral: str, **read: Admitted) -> Rule:
    return Rule(lower, {**dict.fromkeys(neutral, optional(NEUTRAL)), **read}, opens=True)


_BODY = optional(PROGRAM)
_JIT = _opened(
    call,
    *("name", "in_shardings", "out_shardings", "in_layouts", "out_layouts", "donated_invars", "ctx_mesh"),
    *("keep_unused", "inline", "compiler_options_kvs"),
    jaxpr=PROGRAM,
)
_CALL = _opened(call, "name", call_jaxpr=PROGRAM)
_REMAT = _opened(call, "prevent_cse", "differentiated", "policy", jaxpr=PROGRAM)

RULES: dict[str, Rule] = {
    **dict.fromkeys(("jit", "pjit"), _JIT),
    **dict.fromkeys(("closed_call", "core_call", "call", "eval_jaxpr"), _CALL),
    **dict.fromkeys(("remat", "remat2", "checkpoint"), _REMAT),
    "custom_jvp_call": _opened(call, "jvp_jaxpr_fun", "num_consts", "symbolic_zeros", call_jaxpr=PROGRAM),
    "custom_vjp_call": _opened(
        call, "fwd_jaxpr_thunk", "num_consts", "bwd", "out_trees", "symbolic_zeros", call_jaxpr=PROGRAM
    ),
    "composite": _opened(call, "name", "attributes", "version", jaxpr=_BODY, call_jaxpr=_BODY),
    "call_hi_primitive": _opened(
        high_level, _prim=Admitted(lambda x: hasattr(x, "expand") and hasattr(x, "in_tree"), "one with an expansion")
    ),
    "custom_linear_solve": _opened(linear_solve, const_lengths=_SOLVERS, jaxprs=_SOLVERS),
    "shard_map": _opened(
        one_device,
        *("in_specs", "out_specs", "check_vma", "newly_manual_axes", "manual_axes", "check_rep", "auto", "debug_info"),
        mesh=Admitted(lambda x: hasattr(x, "size"), "a mesh"),
        jaxpr=PROGRAM,
    ),
    "cond": _opened(branch, "branches_platforms", branches=TUPLE),
    "scan": _opened(
        scan,
        *("unroll", "linear", "_split_transpose"),
        length=INTEGER,
        reverse=BOOLEAN,
        jaxpr=PROGRAM,
        num_consts=optional(INTEGER),
        num_carry=optional(INTEGER),
        ft_in=optional(Admitted(lambda x: hasattr(x, "unpack"), "a tree of three parts")),
        ft_out=optional(NEUTRAL),
    ),
    "while": _opened(loop, cond_nconsts=INTEGER, cond_jaxpr=PROGRAM, body_nconsts=INTEGER, body_jaxpr=PROGRAM),
}
