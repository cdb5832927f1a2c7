"""Functions with kinks or jumps, comparisons, and selections.

Where a ball straddles a kink of abs, max or min, the derivative is an enclosure of Clarke's generalised gradient [F.
Clarke, Optimization and Nonsmooth Analysis, 2.1 and 2.3], for which Lebourg's mean value theorem holds: it is sound
in mean-value forms. The derivative of a jump (sign, floor, step) is 0 where the balls decide it, and unbounded
otherwise.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from certify.program.errors import UndecidedBranch
from certify.program.primitives.primitive import Parameters, Primitive, Pull, demand, elementwise_shape, reduced_to
from certify.program.primitives.regularity import DIFFERENT, ENTIRE, KINK, NO_JUMP, constant_around, piecewise
from certify.program.signature import BOOL, Signature
from certify.program.values import NumberSystem, Ternary, Value, aligned, is_plain, ternary, truth


def _one_type(count: int, output: str | None = None) -> Callable[[Sequence[Signature], Parameters], Signature]:
    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        demand(len(operands) == count, f"takes {count} operands, got {len(operands)}")
        demand(len({s.dtype for s in operands}) == 1, f"takes one type, got {[s.dtype for s in operands]}")
        return Signature(elementwise_shape(operands), output or operands[0].dtype)

    return infer


def _reals(count: int) -> Callable[[Sequence[Signature], Parameters], Signature]:
    def infer(operands: Sequence[Signature], parameters: Parameters) -> Signature:
        demand(all(s.is_real for s in operands), f"takes real operands, got {[s.dtype for s in operands]}")
        return _one_type(count)(operands, parameters)

    return infer


def _either(name: str, integer: Callable[..., np.ndarray]) -> Callable[..., Value]:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        values = aligned(system, operands)
        return integer(*values) if is_plain(values[0]) else system.function(name, *values)

    return evaluate


# Comparisons.

_ORDER: dict[str, Callable[..., tuple[np.ndarray, np.ndarray]]] = {
    "lt": lambda a, b, c, d: (b < c, a >= d),
    "le": lambda a, b, c, d: (b <= c, a > d),
    "gt": lambda a, b, c, d: (a > d, b <= c),
    "ge": lambda a, b, c, d: (a >= d, b < c),
    "eq": lambda a, b, c, d: ((a == d) & (b == c), (b < c) | (a > d)),
    "ne": lambda a, b, c, d: ((b < c) | (a > d), (a == d) & (b == c)),
}

COMPARISONS = frozenset(_ORDER)

_PLAIN: dict[str, Callable[..., np.ndarray]] = {
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
    "eq": np.equal,
    "ne": np.not_equal,
}


def compare(system: NumberSystem, name: str, x: Value, y: Value) -> tuple[np.ndarray, np.ndarray]:
    """Where `x name y` is proved true, and where it is proved false."""
    true, false = _ORDER[name](*system.bounds(x), *system.bounds(y))
    return np.asarray(true, bool), np.asarray(false, bool)


def _against_itself(system: NumberSystem, x: Value, result: bool) -> Value:
    """One value, not two that look alike: a number equals itself. What a ball does not bound may be none (1 / 0)."""
    low, high = system.bounds(x)
    known = np.asarray(_IS_FINITE(low) & _IS_FINITE(high), bool)
    return ternary(known & result, known & (not result))


_IS_FINITE = np.frompyfunc(lambda x: math.isfinite(x) if isinstance(x, float) else bool(x.is_finite()), 1, 1)


def _comparison(name: str) -> Primitive:
    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        same = operands[0] is operands[1]
        x, y = aligned(system, operands)
        if is_plain(x) and is_plain(y):
            return _PLAIN[name](x, y)
        if same:
            return _against_itself(system, x, name in ("le", "ge", "eq"))
        if isinstance(x, Ternary) or isinstance(y, Ternary):
            raise UndecidedBranch(f"`{name}` of booleans that the balls leave undecided; shrink the balls")
        return ternary(*compare(system, name, x, y))

    return Primitive(name, _one_type(2, BOOL), evaluate, regularity=DIFFERENT)


# Kinks and jumps.


def _pull_abs(p: Pull) -> Sequence[int]:
    return (p.emitter.emit("mul", p.cotangent, p.emitter.emit("slope_of_abs", p.operands[0])),)


def _pull_maximum(p: Pull) -> Sequence[int]:
    return _pull_extremum(p, *p.operands)


def _pull_minimum(p: Pull) -> Sequence[int]:
    return _pull_extremum(p, *reversed(p.operands))


def _pull_extremum(p: Pull, first: int, second: int) -> Sequence[int]:
    """The first operand counts where `first > second`; both shares are in [0, 1] where that is undecided."""
    e, (x, y) = p.emitter, p.operands
    to_x = e.emit("mul", p.cotangent, e.emit("step", first, second))
    to_y = e.emit("mul", p.cotangent, e.emit("step", second, first))
    return (reduced_to(e, to_x, x), reduced_to(e, to_y, y))


def _pull_jump(p: Pull) -> Sequence[int]:
    """Zero times the cotangent where the balls exclude a jump."""
    e = p.emitter
    slopes = e.emit("slope_of_jump", p.output)
    return tuple(reduced_to(e, e.emit("mul", p.cotangent, slopes), x) for x in p.operands)


def _evaluate_slope_of_abs(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    low, high = system.bounds(operands[0])
    return system.interval(np.where(low > 0, 1.0, -1.0), np.where(high < 0, -1.0, 1.0))


def _evaluate_step(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """1 where x > y, 0 where x < y, [0, 1] where undecided or equal."""
    x, y = aligned(system, operands)
    above, _ = compare(system, "gt", x, y)
    below, _ = compare(system, "lt", x, y)
    return system.interval(np.where(above, 1.0, 0.0), np.where(below, 0.0, 1.0))


def _evaluate_slope_of_jump(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    """0 where the value of the piecewise constant function is a single number (no jump), else unbounded."""
    low, high = system.bounds(operands[0])
    single = np.asarray(low == high, bool)
    return system.interval(np.where(single, 0.0, -np.inf), np.where(single, 0.0, np.inf))


def _evaluate_sign(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    (x,) = operands
    if is_plain(x):
        return np.sign(x)
    low, high = system.bounds(x)
    return system.interval(
        np.where(low > 0, 1.0, np.where(low >= 0, 0.0, -1.0)), np.where(high < 0, -1.0, np.where(high <= 0, 0.0, 1.0))
    )


def _rounding(name: str, function: Callable[[np.ndarray], np.ndarray]) -> Primitive:
    """A monotone step function of float bounds; exact on both bounds."""

    def evaluate(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
        low, high = (np.asarray(_whole(bound, function), np.float64) for bound in system.bounds(operands[0]))
        return system.interval(low, high)

    regular = piecewise("its argument must stay between two neighbouring jumps", constant_around(function))
    return Primitive(name, _reals(1), evaluate, _pull_jump, regularity=regular)


def _whole(bound: np.ndarray, function: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
    if bound.dtype == object:
        return np.frompyfunc(lambda x: _whole_of_arb(x, function), 1, 1)(bound)
    return function(bound)


def _whole_of_arb(bound: Any, function: Callable[[np.ndarray], np.ndarray]) -> float:
    """The function at an exact Arb number: at a float that rounds to the same whole number."""
    below = bound.floor()
    whole = float(below) if below.is_finite() else np.inf
    if not abs(whole) < 2.0**51:
        raise UndecidedBranch("rounding to a whole number beyond 2^51; rescale")
    # any number strictly between whole and whole + 1/2 rounds like whole + 1/4, and so on; comparisons are exact
    half = whole + 0.5
    rest = 0.0 if bound == whole else (0.5 if bound == half else (0.25 if bound < half else 0.75))
    return float(function(np.asarray(whole + rest)))


# Selections.


def _infer_select(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) >= 2, "a selection takes a condition and at least one branch")
    which, branches = operands[0], operands[1:]
    demand(not which.is_real, "the condition of a selection must be a boolean or an integer")
    demand(len(set(branches)) == 1, f"branches of different types: {[str(s) for s in branches]}")
    demand(which.dtype != BOOL or len(branches) <= 2, "a boolean selects between two branches")
    demand(elementwise_shape(operands) == branches[0].shape, f"condition {which} for branches {branches[0]}")
    return branches[0]


def _evaluate_select(system: NumberSystem, operands: Sequence[Value], parameters: Parameters) -> Value:
    which, *branches = aligned(system, operands)
    if isinstance(which, Ternary):
        return _undecided_select(system, which, branches)
    if len(branches) == 1:
        return branches[0]
    result = branches[-1]
    for position in range(len(branches) - 2, -1, -1):
        result = choose(system, np.asarray(which <= position), branches[position], result)
    return result


def choose(system: NumberSystem, condition: np.ndarray, x: Value, y: Value) -> Value:
    """`x` where the decided condition holds, else `y`, for any kind of value."""
    if is_plain(x) and is_plain(y):
        return np.where(condition, x, y)
    if isinstance(x, Ternary) or isinstance(y, Ternary):
        (a, b), (c, d) = truth(x), truth(y)
        return ternary(np.where(condition, a, c), np.where(condition, b, d))
    return system.where(condition, x, y)


def _undecided_select(system: NumberSystem, which: Ternary, branches: Sequence[Value]) -> Value:
    otherwise, then = branches
    if not system.split:
        raise UndecidedBranch(
            "a selection depends on a comparison that the balls cannot decide (so does a loop that runs until it has "
            "converged: give it a fixed number of steps); shrink the balls, or pass "
            'undecided="split" for the hull of both branches'
        )
    if is_plain(then) or isinstance(then, Ternary):
        return _split_booleans(which, otherwise, then)
    chosen = system.where(which.true, then, otherwise)
    return system.where(which.true | which.false, chosen, system.hull(then, otherwise))


def _split_booleans(which: Ternary, otherwise: Value, then: Value) -> Value:
    if is_plain(then) and then.dtype != bool:
        raise UndecidedBranch("an integer depends on a comparison that the balls cannot decide; shrink the balls")
    (a, b), (c, d) = truth(then), truth(otherwise)
    true = np.where(which.true, a, np.where(which.false, c, a & c))
    return ternary(true, np.where(which.true, b, np.where(which.false, d, b & d)))


def _pull_select(p: Pull) -> Sequence[int | None]:
    """The cotangent goes to the branch that is selected, zero to the others."""
    e, (which, *branches) = p.emitter, p.operands
    shape = e.signature(p.cotangent).shape
    zero = e.number(0.0, shape)
    shares = []
    for position in range(len(branches)):
        cases = [zero] * len(branches)
        cases[position] = p.cotangent
        shares.append(e.emit("select_n", which, *cases))
    return (None, *shares)


def _infer_first(operands: Sequence[Signature], parameters: Parameters) -> Signature:
    demand(len(operands) == 1 and operands[0].is_real, "takes one real operand")
    return operands[0]


PRIMITIVES = (
    *(_comparison(name) for name in _ORDER),
    Primitive("abs", _one_type(1), _either("abs", np.abs), _pull_abs, regularity=KINK),
    Primitive("max", _one_type(2), _either("maximum", np.maximum), _pull_maximum, regularity=DIFFERENT),
    Primitive("min", _one_type(2), _either("minimum", np.minimum), _pull_minimum, regularity=DIFFERENT),
    Primitive("slope_of_abs", _reals(1), _evaluate_slope_of_abs, _pull_jump, regularity=KINK),
    Primitive("step", _reals(2), _evaluate_step, _pull_jump, regularity=DIFFERENT),
    Primitive("slope_of_jump", _infer_first, _evaluate_slope_of_jump, _pull_jump, regularity=NO_JUMP),
    Primitive("sign", _one_type(1), _evaluate_sign, _pull_jump, regularity=KINK),
    _rounding("floor", np.floor),
    _rounding("ceil", np.ceil),
    _rounding("round_to_even", np.rint),
    _rounding("round_away", lambda x: np.trunc(x) + np.where(np.abs(x - np.trunc(x)) >= 0.5, np.sign(x), 0.0)),
    Primitive("select_n", _infer_select, _evaluate_select, _pull_select, regularity=ENTIRE),
)
