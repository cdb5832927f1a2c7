"""Where a primitive is real-analytic: the condition that every primitive declares beside its other rules.

Each condition describes an open set: proved on a compact set it holds on a neighbourhood of it. A composition of
analytic functions is analytic [S. Krantz and H. Parks, A Primer of Real Analytic Functions, 1.4 and 2.2].
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, TypeAlias, final

import numpy as np

Parameters: TypeAlias = Mapping[str, Any]


class Extent(NamedTuple):
    """What is known of an operand's entries: float bounds (outward, perhaps infinite), and where 0 is excluded.

    `is_real`: whether the entries are real numbers; integers and booleans are locally constant where what they come
    from is regular.
    """

    lower: np.ndarray
    upper: np.ndarray
    nonzero: np.ndarray
    is_real: bool = True


@final
class Kind(Enum):
    """What stands outside of the set on which a primitive is analytic."""

    ENTIRE = "nothing"
    DOMAIN = "the edge of its domain"
    CUT = "a jump along a curve of its domain"
    PIECEWISE = "kinks and jumps inside its domain"
    UNKNOWN = "not known"


Condition: TypeAlias = Callable[[Sequence[Extent], Parameters], Any]


@final
@dataclass(frozen=True)
class Regularity:
    """`holds` gives booleans (broadcastable to the operands, batch axis first) where the primitive is proved to be
    analytic at every point of the operands' extents; None: everywhere. `demand` is the condition in words.
    """

    kind: Kind
    holds: Condition | None = None
    demand: str = ""


ENTIRE = Regularity(Kind.ENTIRE)


def domain(demand: str, holds: Condition) -> Regularity:
    """Analytic in the open set that is described, undefined or not differentiable outside of it."""
    return Regularity(Kind.DOMAIN, holds, demand)


def piecewise(demand: str, holds: Condition) -> Regularity:
    """Defined everywhere, with kinks or jumps outside of the open set that is described."""
    return Regularity(Kind.PIECEWISE, holds, demand)


def excludes_zero(x: Extent) -> np.ndarray:
    """Where the entries are never 0."""
    return np.asarray((x.lower > 0) | (x.upper < 0) | x.nonzero)


def is_positive(x: Extent) -> np.ndarray:
    """Where the entries are always above 0."""
    return np.asarray((x.lower > 0) | ((x.lower >= 0) & x.nonzero))


def differ(x: Extent, y: Extent) -> np.ndarray:
    """Where the entries of two operands never meet."""
    return np.asarray((x.upper < y.lower) | (y.upper < x.lower))


def _first_excludes_zero(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    return excludes_zero(operands[0])


def _first_is_positive(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    return is_positive(operands[0])


def _between(low: float, high: float) -> Condition:
    return lambda operands, parameters: (operands[0].lower > low) & (operands[0].upper < high)


def _off_the_cut(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    """atan2(y, x) jumps by 2 pi across y = 0, x < 0, and has no limit at the origin."""
    y, x = operands
    return excludes_zero(y) | is_positive(x)


def _off_poles(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    """No odd multiple of pi/2 in the ball: its number of half turns, widened by more than the rounding, is one."""
    low, high = operands[0].lower, operands[0].upper
    bounded = np.isfinite(low) & np.isfinite(high)
    start, end = np.where(bounded, low, 0.0), np.where(bounded, high, 0.0)
    first = start * _TWO_OVER_PI - np.abs(start) * 2.0**-50 - 2.0**-1000
    last = end * _TWO_OVER_PI + np.abs(end) * 2.0**-50 + 2.0**-1000
    return np.asarray(bounded & (np.floor((last - 1) / 2) < np.ceil((first - 1) / 2)))


_TWO_OVER_PI = 0.6366197723675814


def _differing(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    """Operands that are no real numbers are locally constant."""
    x, y = operands
    return differ(x, y) if x.is_real or y.is_real else np.asarray(True)


def _real_excludes_zero(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    return excludes_zero(operands[0]) if operands[0].is_real else np.asarray(True)


def constant_around(function: Callable[[np.ndarray], np.ndarray]) -> Condition:
    """A monotone step function takes one value on the extent and a little beyond its ends."""

    def holds(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
        x = operands[0]
        if not x.is_real:
            return np.asarray(True)
        low, high = np.nextafter(x.lower, -np.inf), np.nextafter(x.upper, np.inf)
        return np.asarray(np.isfinite(low) & np.isfinite(high) & (function(low) == function(high)))

    return holds


def _moved_axes(parameters: Parameters) -> tuple[int, ...]:
    return tuple(axis + 1 for axis in parameters["axes"])


def single_extremum(largest: Callable[[Parameters], bool]) -> Condition:
    """Along the axes one entry is proved to be beyond all others."""

    def holds(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
        x, axes = operands[0], _moved_axes(parameters)
        if not x.is_real:
            return np.asarray(True)
        low, high = (x.lower, x.upper) if largest(parameters) else (-x.upper, -x.lower)
        best = np.max(low, axis=axes, keepdims=True)
        possible = ~(high < best)
        return np.asarray(np.sum(possible, axis=axes) == 1)

    return holds


def _strictly_ordered(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    """The entries of the first key are proved to be different: later keys then have no say."""
    if not any(x.is_real for x in operands):
        return np.asarray(True)
    x, axis = operands[0], parameters["axis"] + 1
    low, high = np.moveaxis(x.lower, axis, -1), np.moveaxis(x.upper, axis, -1)
    order = np.argsort(low, axis=-1)
    low, high = np.take_along_axis(low, order, -1), np.take_along_axis(high, order, -1)
    return np.asarray(np.all(high[..., :-1] < low[..., 1:], axis=-1))


def _power_of_nonzero(operands: Sequence[Extent], parameters: Parameters) -> np.ndarray:
    return np.asarray(True) if parameters["exponent"] >= 0 else excludes_zero(operands[0])


ZERO_EXCLUDED = domain("its argument must exclude 0", _first_excludes_zero)
POSITIVE = domain("its argument must lie above 0", _first_is_positive)
ABOVE_MINUS_ONE = domain("its argument must lie above -1", lambda o, p: o[0].lower > -1.0)
ABOVE_ONE = domain("its argument must lie above 1", lambda o, p: o[0].lower > 1.0)
INSIDE_UNIT = domain("its argument must lie strictly between -1 and 1", _between(-1.0, 1.0))
OFF_POLES = domain("its argument must exclude the odd multiples of pi/2", _off_poles)
DIVISOR = domain("its divisor must exclude 0", lambda o, p: excludes_zero(o[1]))
POSITIVE_BASE = domain("its base must lie above 0", _first_is_positive)
NONZERO_BASE = domain("the base of a negative power must exclude 0", _power_of_nonzero)
OFF_THE_CUT = Regularity(
    Kind.CUT, _off_the_cut, "its arguments (y, x) must avoid the half-line y = 0, x <= 0, where it jumps by 2 pi"
)
KINK = piecewise("its argument must exclude 0, where it has a kink or a jump", _real_excludes_zero)
DIFFERENT = piecewise("its two operands must be proved to differ", _differing)
LARGEST = piecewise("one entry must be proved to be the largest", single_extremum(lambda p: True))
SMALLEST = piecewise("one entry must be proved to be the smallest", single_extremum(lambda p: False))
EXTREME = piecewise("one entry must be proved to be the extreme one", single_extremum(lambda p: bool(p["largest"])))
ORDERED = piecewise("the entries must be proved to be all different", _strictly_ordered)
TRUNCATED = piecewise(
    "the conversion to an integer must give one integer around its argument", constant_around(np.trunc)
)
NO_JUMP = piecewise(
    "the step function must take one value",
    lambda o, p: o[0].lower == o[0].upper,
)
# No statement is made: neither a test that leaves kinks out nor one that looks at the form alone lets it pass.
UNPROVED = Regularity(Kind.UNKNOWN, lambda o, p: np.asarray(False), "no set is known on which it is regular")
NOWHERE = piecewise("rounding is not differentiable", lambda o, p: np.asarray(not o[0].is_real))
