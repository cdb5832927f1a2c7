"""Calls, branches and loops: calls are inlined, loops written out, data-dependent branches become selections."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from certify.program.builder import Builder
from certify.program.lowering.elementwise import selected
from certify.program.lowering.structural import sliced
from foundation import InputError

Inline: TypeAlias = Callable[[Builder, Any, Sequence[int]], Sequence[int]]

# Longer loops would make programs too long to store and to check.
_LONGEST_LOOP = 100_000


def call(inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """jit, remat, custom_jvp, custom_vjp, ...: the function itself, never its custom derivative."""
    for name in ("call_jaxpr", "jaxpr", "fun_jaxpr"):
        if name in parameters:
            return inline(builder, parameters[name], operands)
    raise InputError("a call without a jaxpr cannot be traced")


def linear_solve(
    inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]
) -> Sequence[int]:
    raise InputError("a linear solve inside the function is not supported; write the solution as a function instead")


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
    length, constants, carried = (int(parameters[name]) for name in ("length", "num_consts", "num_carry"))
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


def _row(builder: Builder, x: int, step: int) -> int:
    shape = builder.signature(x).shape
    return builder.emit("reshape", sliced(builder, x, 0, step, step + 1), shape=shape[1:])


def _stacked(builder: Builder, rows: Sequence[int], aval: Any) -> int:
    shape = (1, *(int(n) for n in aval.shape))
    if not rows:
        return builder.constant(np.zeros((0, *shape[1:]), np.float64 if aval.dtype.kind == "f" else aval.dtype))
    return builder.emit("concatenate", *(builder.emit("reshape", row, shape=shape) for row in rows), axis=0)


def loop(inline: Inline, builder: Builder, operands: Sequence[int], parameters: Mapping[str, Any]) -> Sequence[int]:
    """A while loop whose number of steps does not depend on the inputs, written out."""
    checks, bodies = int(parameters["cond_nconsts"]), int(parameters["body_nconsts"])
    check_constants, body_constants = operands[:checks], operands[checks : checks + bodies]
    state = list(operands[checks + bodies :])
    for _ in range(_LONGEST_LOOP):
        (going_on,) = inline(builder, parameters["cond_jaxpr"], [*check_constants, *state])
        known = builder.value(going_on)
        if known is None:
            raise InputError(
                "the number of steps of a while loop depends on the inputs; use a loop with a fixed number of steps"
            )
        if not bool(known):
            return state
        state = list(inline(builder, parameters["body_jaxpr"], [*body_constants, *state]))
    raise InputError(f"a while loop of more than {_LONGEST_LOOP} steps is too long to write out")


RULES: dict[str, Callable[..., Sequence[int]]] = {
    **dict.fromkeys(
        ("jit", "pjit", "closed_call", "core_call", "custom_jvp_call", "custom_vjp_call", "remat", "remat2"), call
    ),
    "checkpoint": call,
    "custom_vjp_call_jaxpr": call,
    "custom_lin": call,
    "cond": branch,
    "scan": scan,
    "while": loop,
    "custom_linear_solve": linear_solve,
}
