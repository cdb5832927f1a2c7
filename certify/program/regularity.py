"""On which sets a program is a real-analytic function: the one place where differentiability is proved.

Every primitive declares the open condition under which it is analytic. The program is enclosed over a set, and the
condition of each equation whose value depends on the moving inputs is tested there: where all hold, the program is
analytic in a neighbourhood of the set, so of class C^k for every k. A condition that fails refutes nothing.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.program.evaluate import apply_equation, converted_arguments, last_uses, number_system, program_constants
from certify.program.primitives.nonsmooth import COMPARISONS
from certify.program.primitives.primitive import Primitive
from certify.program.primitives.registry import PRIMITIVES
from certify.program.primitives.regularity import Extent, Kind
from certify.program.program import Equation, Program
from certify.program.ranges import Range, Ranges
from certify.program.values import NumberSystem, Ternary, Value
from foundation import InputError


@final
@dataclass(frozen=True, eq=False)
class Regularity:
    """holds (N,): where every condition is proved, one entry an example. obstacle: the first one that is not, in words
    with its source line; "" when there is none.
    """

    holds: np.ndarray
    obstacle: str = ""

    @property
    def everywhere(self) -> bool:
        return bool(self.holds.all()) and not self.obstacle


def moving_equations(program: Program, wrt: Sequence[int] | None = None) -> list[int]:
    """The positions of the equations whose values depend on the inputs `wrt` (default: all real ones)."""
    moving = {i for i, s in enumerate(program.inputs) if s.is_real} if wrt is None else set(wrt)
    found = []
    for position, equation in enumerate(program.equations):
        if any(ref in moving for ref in equation.operands):
            found.append(position)
            moving.add(program.first_equation + position)
    return found


def analytic_on(
    program: Program,
    arguments: Sequence[Any],
    wrt: Sequence[int] | None = None,
    *,
    batch: Sequence[bool] | None = None,
    precision: int | None = None,
) -> Regularity:
    """Where the program is proved to be real-analytic in the inputs `wrt`, in a neighbourhood of the arguments' balls.

    `arguments`, `batch` and `precision` as for `evaluate`; the other inputs are fixed numbers. One answer an example.
    """
    conditions, count = conditional_equations(program, _key(wrt)), _examples(arguments, batch)
    if not conditions:
        return Regularity(np.ones(count, bool))
    missing = _undeclared(program, conditions)
    if missing:
        return Regularity(np.zeros(count, bool), missing)
    return _on_balls(program, arguments, batch, conditions, count, precision)


def analytic_everywhere(
    program: Program, fixed: Sequence[Any] | None = None, *, but_for: frozenset[Kind] = frozenset()
) -> Regularity:
    """Whether the program is proved to be real-analytic in its first input on the whole space.

    fixed: exact arrays (N, *shape), the examples, for each of the other inputs: it is proved for all data between the
    least and the largest of them; None: all inputs vary over the whole space. but_for: kinds of conditions that are not
    tested: PIECEWISE and CUT give "defined everywhere".
    """
    conditions = tuple(
        position
        for position in conditional_equations(program, None if fixed is None else (0,))
        if _rule(program.equations[position]) is None or kind_of(program.equations[position]) not in but_for
    )
    if not conditions:
        return Regularity(np.ones(1, bool))
    missing = _undeclared(program, conditions)
    if missing:
        return Regularity(np.zeros(1, bool), missing)
    if not all(signature.is_real for signature in program.inputs):
        return Regularity(np.zeros(1, bool), "an input is not an array of real numbers")
    values = [Range.whole((1, *signature.shape)) for signature in program.inputs]
    if fixed and all(np.size(x) for x in fixed):
        values[1:] = [Range.of(np.min(x, axis=0, keepdims=True), np.max(x, axis=0, keepdims=True)) for x in fixed]
    return _on_ranges(program, values, conditions, 1)


def cut_met(program: Program, arguments: Sequence[Any], batch: Sequence[bool] | None, precision: int | None) -> str:
    """The place where the balls meet a jump that no derivative shows (atan2); "" where there is none.

    Comparisons that the balls do not decide raise `UndecidedBranch`.
    """
    system = number_system(precision)
    cuts = tuple(p for p in conditional_equations(program, None) if kind_of(program.equations[p]) is Kind.CUT)
    values = converted_arguments(system, program, arguments, batch)
    return _tested(system, program, values, cuts, 1).obstacle


@functools.lru_cache(maxsize=256)
def has_cuts(program: Program) -> bool:
    """Whether some function jumps inside its domain although its derivative is bounded there."""
    return any(kind_of(program.equations[p]) is Kind.CUT for p in conditional_equations(program, None))


@functools.lru_cache(maxsize=256)
def piecewise_obstacle(program: Program) -> str:
    """The first equation that is not real-analytic in the interior of its domain (kinks, jumps, decisions, or what
    declares nothing); "" when there is none. A statement about the form alone: the domain is not looked at.
    """
    for position in conditional_equations(program, None):
        equation = program.equations[position]
        if kind_of(equation) in (None, Kind.PIECEWISE, Kind.UNKNOWN):
            return f"`{equation.primitive}` is not real-analytic" + _place(equation)
    return ""


@functools.lru_cache(maxsize=256)
def conditional_equations(program: Program, wrt: tuple[int, ...] | None) -> tuple[int, ...]:
    """The positions of the moving equations that are not analytic everywhere by what they declare."""
    return tuple(
        p
        for p in moving_equations(program, wrt)
        if _rule(program.equations[p]) is None or kind_of(program.equations[p]) is not Kind.ENTIRE
    )


def _key(wrt: Sequence[int] | None) -> tuple[int, ...] | None:
    return None if wrt is None else tuple(wrt)


def _rule(equation: Equation) -> Any:
    primitive: Primitive = PRIMITIVES[equation.primitive]
    return primitive.regularity


def kind_of(equation: Equation) -> Kind | None:
    """What the equation's function declares to stand outside of its set; None where it declares nothing."""
    rule = _rule(equation)
    return None if rule is None else rule.kind


def _undeclared(program: Program, positions: Sequence[int]) -> str:
    for position in positions:
        equation = program.equations[position]
        if _rule(equation) is None:
            return f"`{equation.primitive}` declares no condition under which it is regular" + _place(equation)
    return ""


def _place(equation: Equation) -> str:
    return f" at {equation.source}" if equation.source else ""


def _examples(arguments: Sequence[Any], batch: Sequence[bool] | None) -> int:
    marks = [False] * len(arguments) if batch is None else batch
    return max((len(x) for x, mark in zip(arguments, marks, strict=True) if mark), default=1)


def _on_balls(
    program: Program,
    arguments: Sequence[Any],
    batch: Sequence[bool] | None,
    conditions: tuple[int, ...],
    count: int,
    precision: int | None,
) -> Regularity:
    """Examples that leave a function's domain are told apart by halving the batch."""
    system = number_system(precision, True)
    try:
        return _tested(system, program, converted_arguments(system, program, arguments, batch), conditions, count)
    except InputError as error:
        if count == 1 or batch is None:
            return Regularity(np.zeros(count, bool), str(error))
        half = count // 2
        parts = [
            _on_balls(program, _rows(arguments, batch, part), batch, conditions, size, precision)
            for part, size in ((slice(0, half), half), (slice(half, count), count - half))
        ]
        obstacle = parts[0].obstacle or parts[1].obstacle
        return Regularity(np.concatenate([part.holds for part in parts]), obstacle)


def _on_ranges(program: Program, values: list[Value], conditions: tuple[int, ...], count: int) -> Regularity:
    try:
        return _tested(Ranges(), program, values, conditions, count)
    except InputError as error:
        return Regularity(np.zeros(count, bool), str(error))


def _rows(arguments: Sequence[Any], batch: Sequence[bool], part: slice) -> list[Any]:
    return [x[part] if mark else x for x, mark in zip(arguments, batch, strict=True)]


def _tested(
    system: NumberSystem, program: Program, values: list[Value], conditions: tuple[int, ...], count: int
) -> Regularity:
    """Evaluates the equations up to the last condition, and tests the conditions on the way."""
    values = [*values, *program_constants(system, program)]
    last_use, wanted = last_uses(program), frozenset(conditions)
    holds, obstacle = np.ones(count, bool), ""
    for position, equation in enumerate(program.equations[: max(wanted, default=-1) + 1]):
        operands = [values[ref] for ref in equation.operands]
        if position in wanted:
            good = satisfied(system, equation, operands, count)
            holds &= good
            if not obstacle and not good.all():
                obstacle = f"`{equation.primitive}`{_place(equation)}: {_rule(equation).demand}"
            if not holds.any():
                break
        value = apply_equation(system, equation, operands)
        values.append(value.at_least_zero() if isinstance(value, Range) and _is_sum_of_squares(equation) else value)
        for ref in last_use.get(position, ()):
            values[ref] = None
    return Regularity(holds, obstacle)


def _is_sum_of_squares(equation: Equation) -> bool:
    """Whether a contraction multiplies an array by itself, entry by entry: x . x."""
    if equation.primitive != "dot_general" or len(set(equation.operands)) != 1:
        return False
    axes = [equation.parameters[f"{side}_{kind}"] for kind in ("batch", "contract") for side in ("left", "right")]
    return axes[0] == axes[1] and axes[2] == axes[3] and len(equation.signature.shape) == len(axes[0])


def satisfied(system: NumberSystem, equation: Equation, operands: list[Value], count: int) -> np.ndarray:
    """For each example whether the equation's condition holds, (count,)."""
    if equation.primitive in COMPARISONS and equation.operands[0] == equation.operands[1]:
        return np.ones(count, bool)  # what is a number equals itself
    rank = max(x.ndim for x in operands)
    same_rank = equation.primitive not in ("order", "take", "scatter_add")
    extents = [_extent(system, x, rank if same_rank else x.ndim) for x in operands]
    with np.errstate(all="ignore"):
        good = np.asarray(_rule(equation).holds(extents, equation.parameters), bool)
    if good.ndim == 0:
        return np.broadcast_to(good, (count,))
    rows = np.asarray(good.all(axis=tuple(range(1, good.ndim))))
    return np.broadcast_to(rows, (count,)) if len(rows) in (1, count) else np.full(count, rows.all())


def _extent(system: NumberSystem, x: Value, rank: int) -> Extent:
    if isinstance(x, Ternary):
        low, high = _raised(x.true.astype(float), rank), _raised(1.0 - x.false, rank)
        return Extent(low, high, _raised(x.true, rank), is_real=False)
    if isinstance(x, np.ndarray) and x.dtype != object:
        values = _raised(x.astype(float), rank)
        return Extent(values, values, values != 0, is_real=False)
    low, high = (_outward(bound, side) for bound, side in zip(system.bounds(x), (-np.inf, np.inf), strict=True))
    free = x.nonzero if isinstance(x, Range) else np.zeros(low.shape, bool)
    return Extent(_raised(low, rank), _raised(high, rank), _raised(free, rank))


def _outward(bound: np.ndarray, side: float) -> np.ndarray:
    """Exact Arb numbers as floats on the outer side."""
    if bound.dtype != object:
        return bound
    return np.asarray(np.nextafter(bound.astype(float), side), float)


def _raised(a: np.ndarray, rank: int) -> np.ndarray:
    return a if a.ndim == rank else a.reshape(a.shape + (1,) * (rank - a.ndim))
