"""A traced program against JAX itself: the same function at the same points.

A fault of a lowering rule would make every proof about another function. So each program is evaluated at the point
where it was traced and at seeded points near it, and JAX's own value must lie in the enclosure, up to JAX's rounding.
Where it does not, each equation alone is compared on the same inputs, and the first that differs is named; when none
does, the difference is rounding if JAX's value moves as much when the arguments move by ulps, else an error. A point
outside the domain, or where the balls cannot decide, is recorded as not compared.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from certify.arithmetic import Ball
from certify.program.arb import to_ball
from certify.program.cost import is_small
from certify.program.errors import UndecidedBranch
from certify.program.evaluate import evaluate
from certify.program.jax_values import compiled
from certify.program.lowering import pairs
from certify.program.lowering.library import calls_a_loop
from certify.program.lowering.signatures import is_float
from certify.program.program import Program
from certify.program.record import NOT_FINITE, UNDECIDED, TraceRecord
from certify.program.values import Ternary
from foundation import InputError

# Points near the given one, besides itself, and how far: enough to leave a kink or a special value behind.
_NEAR, _STEP = 2, 0.01
# A difference beyond these parts of the largest entry is looked at equation by equation: XLA's elementary functions err
# by hundreds of ulps, and sums of n terms by n.
_PARTS = {8: 1e-9, 4: 1e-3, 2: 0.1}
# JAX's forward error against the balls' radius, which bounds that of correctly rounded operations.
_RADII = 1e4
# Bits beyond float64: what the balls lose in the iterations of a loop.
_POINT_PRECISION = 160
# Programs with more entries than this in all their values are compared at one point.
_MANY_ENTRIES = 2_000_000


# Their vectors may have other signs here than in JAX: the program was proved not to depend on them.
_UP_TO_SIGNS = frozenset(("eigh", "svd"))


class Step(NamedTuple):
    """One equation of a jaxpr as it was lowered."""

    equation: Any
    operands: tuple[int, ...]
    results: tuple[int, ...]
    source: str


def compared(
    closed: Any, program: Program, point: Sequence[np.ndarray], steps: Callable[[], tuple[Program, list[Step]]]
) -> TraceRecord:
    """What the comparison at the point and near it found; raises `InputError` that names the first wrong equation.

    closed: the jaxpr; point: one array an input; steps: makes a program whose outputs are the values of all equations.
    """
    import jax

    part = _PARTS[min(_widths(closed), default=8)]
    record = TraceRecord(jax.__version__)
    cost = sum(signature.size for signature in program.signatures)
    function = compiled(closed)
    for arguments in _points(point, _NEAR if cost <= _MANY_ENTRIES else 0):
        record = _at(record, (closed, function), program, arguments, part, steps)
    return record


def _at(
    record: TraceRecord, theirs: tuple[Any, Any], program: Program, arguments: list[np.ndarray], part: float, steps: Any
) -> TraceRecord:
    """theirs: the jaxpr, and JAX's evaluation of it."""
    closed, function = theirs
    if calls_a_loop(closed.jaxpr):
        return replace(record, skipped=(*record.skipped, "JAX's own evaluation may not return"))
    try:
        values = _values(program, arguments)
    except InputError as error:
        return replace(record, skipped=(*record.skipped, str(error)))
    expected = [_parts(x) for x in function(arguments)]
    if any(x.dtype.kind == "f" and not np.isfinite(x).all() for x in map(_as_float, expected)):
        return replace(record, skipped=(*record.skipped, NOT_FINITE))
    if any(isinstance(value, Ternary) for value in values):
        return replace(record, skipped=(*record.skipped, UNDECIDED))
    difference = _largest(values, expected, part)
    if difference > part:
        difference = _largest(values, [_parts(x) for x in compiled(closed, fresh=True)(arguments)], part)
    if difference > part:
        whole, each = steps()
        wrong = first_difference(whole, each, arguments, part)
        if not wrong and difference > _RADII * _spread(closed, arguments, expected):
            wrong = "the program's value is not JAX's, although each of its operations is: a loop or a branch differs"
        if wrong:
            raise InputError(wrong)
        return replace(record, points=record.points + 1, rounding=record.rounding + 1)
    return replace(record, points=record.points + 1, difference=max(record.difference, difference))


def _values(program: Program, arguments: list[np.ndarray]) -> list[Any]:
    """In float64 balls; where these leave a comparison open, as the stop of a loop that has converged, in Arb."""
    try:
        return evaluate(program, arguments)
    except UndecidedBranch:
        if not is_small(program):
            raise
    values = evaluate(program, arguments, precision=_POINT_PRECISION)
    return [to_ball(x) if isinstance(x, np.ndarray) and x.dtype == object else x for x in values]


def _parts(x: Any) -> np.ndarray:
    """JAX's value as the program has it: complex numbers and random keys as pairs on a last axis."""
    import jax

    if pairs.is_key(x):
        return np.asarray(jax.random.key_data(x))
    return pairs.complex_constant(np.asarray(x)) if pairs.is_complex(x) else np.asarray(x)


def _largest(values: Sequence[Any], expected: Sequence[np.ndarray], part: float) -> float:
    return max((_difference(v, e, part) for v, e in zip(values, expected, strict=True)), default=0.0)


def _difference(value: Any, expected: np.ndarray, part: float) -> float:
    """How far JAX's value lies from the enclosure, relative to the largest entry; infinite for unequal integers."""
    if expected.size == 0:
        return 0.0
    if not isinstance(value, Ball):
        return 0.0 if np.array_equal(value, expected) else np.inf
    number = _as_float(expected)
    radii = _RADII * (part / _PARTS[8])
    with np.errstate(over="ignore", invalid="ignore"):
        beyond = np.abs(number - value.mid) - radii * value.rad
        scale = max(float(np.max(np.abs(value.mid))), np.finfo(float).tiny)
        largest = float(np.max(beyond)) / scale
    return np.inf if np.isnan(largest) else max(largest, 0.0)


def _spread(closed: Any, arguments: Sequence[np.ndarray], expected: Sequence[np.ndarray]) -> float:
    """How far JAX's value moves, relative to its largest entry, when the arguments move by some ulps."""
    generator, moved = np.random.default_rng(20240229), 0.0
    for _ in range(4):
        near = [x * (1 + 1e-15 * generator.normal(size=x.shape)) if x.dtype.kind == "f" else x for x in arguments]
        for before, after in zip(expected, compiled(closed)(near), strict=True):
            a, b = _as_float(before).astype(float), _as_float(np.asarray(after)).astype(float)
            scale = max(float(np.max(np.abs(a), initial=0.0)), np.finfo(float).tiny)
            moved = max(moved, float(np.max(np.abs(a - b), initial=0.0)) / scale)
    return moved


def _as_float(x: np.ndarray) -> np.ndarray:
    return x if x.dtype.kind in "biu" else x.astype(np.float64)


def _points(point: Sequence[np.ndarray], near: int) -> Iterator[list[np.ndarray]]:
    yield list(point)
    generator = np.random.default_rng(20240229)  # any fixed seed: the same points on every run
    for _ in range(near if any(x.dtype.kind == "f" and x.size for x in point) else 0):
        yield [_moved(generator, x) if x.dtype.kind == "f" else x for x in point]


def _moved(generator: np.random.Generator, x: np.ndarray) -> np.ndarray:
    return x + _STEP * (1 + np.abs(x)) * generator.normal(size=x.shape)


def _widths(closed: Any) -> set[int]:
    """The widths in bytes of all float types in the jaxpr and those that it calls."""
    jaxpr = getattr(closed, "jaxpr", closed)
    found = {a.aval.dtype.itemsize for a in (*jaxpr.invars, *jaxpr.outvars) if is_float(a.aval)}
    for equation in jaxpr.eqns:
        found |= {v.aval.dtype.itemsize for v in equation.outvars if is_float(v.aval)}
        for parameter in equation.params.values():
            for inner in parameter if isinstance(parameter, tuple | list) else (parameter,):
                if hasattr(inner, "eqns"):
                    found |= _widths(inner)
    return found & set(_PARTS)


def first_difference(program: Program, steps: list[Step], arguments: Sequence[np.ndarray], part: float) -> str:
    """The first equation whose value differs from JAX's on the same inputs; empty when none does."""
    try:
        values = dict(zip(program.outputs, evaluate(program, arguments), strict=True))
    except InputError as error:
        return f"the program's value is not JAX's, and its equations cannot be compared: {error}"
    for step in steps:
        operands = [values.get(ref) for ref in step.operands]
        results = [values.get(ref) for ref in step.results]
        if _step_differs(step.equation, operands, results, part):
            place = f" at {step.source}" if step.source else ""
            name = step.equation.primitive.name
            return f"the value of `{name}`{place} is not JAX's; please report it, and rewrite this line"
    return ""


def _step_differs(equation: Any, operands: Sequence[Any], results: Sequence[Any], part: float) -> bool:
    if any(pairs.is_paired(atom.aval) for atom in (*equation.invars, *equation.outvars)):
        return False
    given = [_array(x, atom.aval) for x, atom in zip(operands, equation.invars, strict=True)]
    if any(x is None for x in given) or any(isinstance(x, Ternary) for x in results):
        return False
    found = equation.primitive.bind(*given, **equation.params)
    found = found if equation.primitive.multiple_results else [found]
    for result, expected in zip(results, map(np.asarray, found), strict=True):
        if not np.all(np.isfinite(_as_float(expected))):
            continue
        shaped = _spread_to(result, expected.shape) if isinstance(result, Ball) else result
        if equation.primitive.name in _UP_TO_SIGNS and isinstance(shaped, Ball):
            shaped, expected = abs(shaped), np.abs(expected)
        # one operation: its rounding, and that of its inputs, which is what the radius bounds
        if _difference(shaped, expected, max(part, 1e-6)) > max(part, 1e-6):
            return True
    return False


def _spread_to(ball: Ball, shape: tuple[int, ...]) -> Ball:
    return ball.map(lambda a: np.broadcast_to(a, shape))


def _array(value: Any, aval: Any) -> Any:
    """The midpoints (or the integers) in JAX's own type and shape; None where they are no numbers."""
    if isinstance(value, Ternary) or value is None:
        return None
    array = value.mid if isinstance(value, Ball) else np.asarray(value)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        return None
    return np.broadcast_to(array, aval.shape).astype(aval.dtype)
