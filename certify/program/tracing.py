"""Traces a JAX function to a program. The one module of `certify` that needs JAX, imported when it is called."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.program.builder import Builder
from certify.program.comparison import Step, compared
from certify.program.known_traces import compared_once
from certify.program.lowering import (
    collectives,
    control,
    dispatch,
    elementwise,
    indexing,
    linear_algebra,
    monoids,
    pairs,
    randomness,
    reductions,
    special,
    structural,
    windows,
)
from certify.program.lowering.refused import REASONS
from certify.program.lowering.rule import Rule
from certify.program.lowering.signatures import is_float, signature_of
from certify.program.lowering.versions import explanation
from certify.program.primitives.primitive import stretched
from certify.program.program import Program
from certify.program.record import Wrap
from certify.program.sign_free import require_sign_free
from certify.program.source_lines import source_of
from foundation import InputError

_MODULES = (
    *(elementwise, structural, reductions, indexing, windows, control, collectives),
    *(special, linear_algebra, monoids, randomness, dispatch),
)
RULES: Mapping[str, Rule] = {name: rule for module in _MODULES for name, rule in module.RULES.items()}


def trace(
    function: Callable[..., Any],
    *examples: Any,
    near: Sequence[Any] | None = None,
    seen: Callable[[Any], None] | None = None,
) -> Program:
    """The program of `function(*examples)`: its inputs are the array leaves of the examples.

    Examples are pytrees of arrays; only shapes and types matter; leaves that are functions, strings or Python bools
    stay as they are (a module with other settings among its leaves is partitioned first, as by `equinox.partition`).
    The outputs are the leaves of the result. Floats become real numbers (float32 inputs and constants are taken
    exactly). Calls are inlined, loops written out; custom derivatives are ignored and `stop_gradient` is the identity:
    the program is the function itself. A complex result becomes an array with a last axis (real, imaginary). Raises
    `InputError` that names an unsupported primitive and its source line.
    The program is compared with JAX's own values at the examples and near them, or at `near`, arguments of the same
    shapes (the user's point, where the examples are not); what was compared is the program's `record`. `seen` is
    called with the closed jaxpr.
    """
    return trace_with_structure(function, *examples, near=near, seen=seen)[0]


def trace_with_structure(
    function: Callable[..., Any],
    *examples: Any,
    near: Sequence[Any] | None = None,
    seen: Callable[[Any], None] | None = None,
) -> tuple[Program, Callable[[Sequence[Any]], Any]]:
    """The program, and what makes the result's pytree of a list of its leaves."""
    import jax

    with jax.enable_x64(True):
        leaves, structure = jax.tree.flatten(examples, is_leaf=is_argument)
        moving = [i for i, leaf in enumerate(leaves) if not is_static(leaf)]
        arrays = [_example(leaves[i], f"argument leaf {i}") for i in moving]

        def flat(*values: Any) -> Any:
            full = list(leaves)
            for i, value in zip(moving, values, strict=True):
                full[i] = value
            return function(*jax.tree.unflatten(structure, full))

        try:
            closed, shapes = jax.make_jaxpr(flat, return_shape=True)(*arrays)
        except (TypeError, ValueError) as error:
            if isinstance(error, InputError):
                raise
            told = str(error).partition("\n")[0]
            raise InputError(f"the function cannot be traced at these arguments: {told}") from error
        if seen is not None:
            seen(closed)
        result = jax.tree.structure(shapes)
        point = arrays if near is None else _point(near, arrays)
        program = _compared(closed, point)
        return program, lambda outputs: jax.tree.unflatten(result, outputs)


def is_static(leaf: Any) -> bool:
    """Whether a leaf of an argument is no array: a function, a string, or a Python bool (a setting)."""
    return isinstance(leaf, str | bool) or (callable(leaf) and not hasattr(leaf, "shape"))


def is_argument(leaf: Any) -> bool:
    """Whether the object is one argument of a program, although it might have parts."""
    return isinstance(leaf, Ball | Fraction)


def lower(closed: Any) -> Program:
    """The program of a closed jaxpr, not compared with JAX."""
    return _lowered_jaxpr(Builder(), closed)


def _lowered_jaxpr(builder: Builder, closed: Any) -> Program:
    inputs = [builder.input(signature_of(variable.aval)) for variable in closed.jaxpr.invars]
    program = builder.program(_inline(builder, closed, inputs))
    require_sign_free(program)
    return program


def _point(near: Sequence[Any], arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    import jax

    leaves = [leaf for leaf in jax.tree.leaves(tuple(near), is_leaf=is_argument) if not is_static(leaf)]
    point = [_example(leaf, "a point to compare at") for leaf in leaves]
    if [x.shape for x in point] != [x.shape for x in arrays]:
        raise InputError(f"the points to compare at have shapes {[x.shape for x in point]}, unlike the examples'")
    return [x.astype(example.dtype) for x, example in zip(point, arrays, strict=True)]


def _compared(closed: Any, point: Sequence[np.ndarray]) -> Program:
    """The program of a closed jaxpr, with the record of its comparison with JAX."""
    builder = Builder()
    program = _lowered_jaxpr(builder, closed)
    wraps = tuple(Wrap(*place, count) for place, count in builder.wraps.items())
    shifts = tuple(sorted(builder.shifts))

    def compare() -> Program:
        record = compared(closed, program, point, lambda: _steps(closed))
        return replace(program, record=replace(record, wraps=wraps, shifts=shifts))

    return compared_once(closed, program, point, (wraps, shifts), compare)


def _steps(closed: Any) -> tuple[Program, list[Step]]:
    """A program whose outputs are the values of all equations, also of those inside calls."""
    builder = Builder()
    builder.steps = []
    inputs = [builder.input(signature_of(variable.aval)) for variable in closed.jaxpr.invars]
    _inline(builder, closed, inputs)
    wanted = sorted({ref for step in builder.steps for ref in (*step.operands, *step.results)})
    program = builder.program(wanted)
    # the program's outputs are renumbered: the steps refer to its outputs
    place = dict(zip(wanted, program.outputs, strict=True))
    return program, [
        step._replace(operands=tuple(place[x] for x in step.operands), results=tuple(place[x] for x in step.results))
        for step in builder.steps
    ]


def _example(leaf: Any, name: str) -> np.ndarray:
    if isinstance(leaf, Ball):
        return leaf.mid
    array = np.asarray(leaf)
    if array.dtype.kind in "biu":
        return array
    if array.dtype.kind == "c":
        raise InputError(f"{name} is complex; pass its real and imaginary parts and join them by jax.lax.complex")
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} is {leaf!r}; a function is traced at arrays of numbers") from None


def _inline(builder: Builder, jaxpr: Any, operands: Sequence[int]) -> list[int]:
    """Emits a jaxpr's equations on these operands; gives its outputs."""
    constants = [_constant(builder, c) for c in getattr(jaxpr, "consts", ())]
    inner = getattr(jaxpr, "jaxpr", jaxpr)
    refs = dict(zip(inner.constvars, constants, strict=True)) | dict(zip(inner.invars, operands, strict=True))

    def read(atom: Any) -> int:
        return _constant(builder, atom.val) if hasattr(atom, "val") else refs[atom]

    for equation in _needed(inner):
        results = _equation(builder, equation, [read(atom) for atom in equation.invars])
        refs.update(zip(equation.outvars, results, strict=True))
    return [_full(builder, read(atom), atom.aval) for atom in inner.outvars]


def _needed(jaxpr: Any) -> list[Any]:
    """The equations that the outputs depend on."""
    wanted = {atom for atom in jaxpr.outvars if not hasattr(atom, "val")}
    kept = []
    for equation in reversed(jaxpr.eqns):
        if any(variable in wanted for variable in equation.outvars):
            kept.append(equation)
            wanted.update(atom for atom in equation.invars if not hasattr(atom, "val"))
    return kept[::-1]


def _full(builder: Builder, ref: int, aval: Any) -> int:
    shape = tuple(int(n) for n in aval.shape)
    return stretched(builder, ref, (*shape, 2) if pairs.is_paired(aval) else shape)


def _full_part(builder: Builder, ref: int, aval: Any) -> int:
    """One part of a pair, or a real value, copied into the shape of JAX's value."""
    return stretched(builder, ref, tuple(int(n) for n in aval.shape))


def _constant(builder: Builder, value: Any) -> int:
    if pairs.is_paired(value):
        value = _constant_parts(value)
    array = np.asarray(value)
    if array.dtype.name in ("bfloat16", "float16", "float32"):
        array = array.astype(np.float64)
    if array.dtype.kind not in "biuf":
        raise InputError(f"a constant of the program is of type {array.dtype}; only real numbers can be enclosed")
    return builder.constant(array)


def _constant_parts(value: Any) -> np.ndarray:
    if pairs.is_complex(value):
        return pairs.complex_constant(np.asarray(value))
    import jax

    pairs.key_kind(value)
    return np.asarray(jax.random.key_data(value))


def _equation(builder: Builder, equation: Any, operands: Sequence[int]) -> Sequence[int]:
    name, outer = equation.primitive.name, builder.source
    builder.source = source_of(equation) or outer
    try:
        return _lowered(builder, equation, name, operands)
    except InputError as error:
        if " (in `" in str(error):
            raise
        place = f" at {builder.source}" if builder.source else ""
        raise InputError(f"{error} (in `{name}`{place})") from None
    finally:
        builder.source = outer


def _refusal(name: str) -> str:
    import jax

    why = REASONS.get(name) or explanation(name, jax.__version__)
    return f"JAX's primitive `{name}` cannot be enclosed{': ' + why if why else ''}; rewrite the function without it"


def _lowered(builder: Builder, equation: Any, name: str, operands: Sequence[int]) -> Sequence[int]:
    found = dispatch.special_case(_inline, builder, equation, operands, RULES, _full_part)
    if found is not None:
        return [
            _typed(builder, _full(builder, x, v.aval), v.aval) for x, v in zip(found, equation.outvars, strict=True)
        ]
    rule = RULES.get(name)
    if rule is None:
        raise InputError(_refusal(name))
    parameters = rule.checked(name, equation.params)
    if rule.opens:
        return rule.lower(_inline, builder, operands, parameters)
    results = rule.lower(builder, operands, parameters)
    widest = max((v.aval.dtype.itemsize for v in equation.invars if is_float(v.aval)), default=0)
    pairs = zip(results, (v.aval for v in equation.outvars), strict=True)
    made = [_unrounded(builder, _typed(builder, _full(builder, ref, aval), aval), aval, widest) for ref, aval in pairs]
    if builder.steps is not None:
        builder.steps.append(Step(equation, tuple(operands), tuple(made), builder.source))
    return made


def _typed(builder: Builder, ref: int, aval: Any) -> int:
    """The value, if its element type and shape are those that JAX gives the equation's result."""
    made, expected = builder.signature(ref), signature_of(aval)
    if made != expected:
        raise InputError(f"the result is {made} here, but {expected} in JAX")
    return ref


def _unrounded(builder: Builder, ref: int, aval: Any, widest: int) -> int:
    """Results of a type narrower than the operands' are rounded ones: only exact numbers may pass."""
    narrowed = is_float(aval) and aval.dtype.itemsize < widest
    return builder.emit("narrow", ref, dtype=str(aval.dtype)) if narrowed else ref
