"""sin, cos and tan of balls: x = q pi/2 + c + s with a table of sin(q pi/2 + c) and short series in s."""

from collections.abc import Callable
from functools import cache, partial

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.pairs import quotient, relative_error_odd, two_sum
from certify.arithmetic.elementary.rule import Point, Rule, Wide, bounds_of
from certify.arithmetic.elementary.tables import split_constant, value_pairs
from certify.arithmetic.rounding import UNIT_ROUNDOFF

Reduced = tuple[np.ndarray, np.ndarray, np.ndarray]

# Errors in units of the value; tests/certify/arithmetic proves them over the whole reduced range.
SINE_ERROR = 1.5 * UNIT_ROUNDOFF
TAN_ERROR = 1.9 * UNIT_ROUNDOFF

STEP = 1 / 64
_ROUNDER = 1.5 * 2.0**52
_TWO_OVER_PI = 0.6366197723675814
# Multiples of pi/2 up to 2^21 are exact in their two leading parts; larger arguments go to Arb.
LARGEST_ARGUMENT = 2.0**21
# Closer to a multiple of pi/2 than this, the third part of pi/2 is not enough: Arb again.
NEAREST = 2.0**-30
# Up to 8.5 steps from a zero of the function the series alone is used.
ALONE = 8
_SIDE = 128


def sin(x: Ball) -> Ball:
    """Sine, proved, entrywise; [-1, 1] for an unbounded ball."""
    return _sine(0, arb.sin)(x)


def cos(x: Ball) -> Ball:
    """Cosine, proved, entrywise; [-1, 1] for an unbounded ball."""
    return _sine(1, arb.cos)(x)


def tan(x: Ball) -> Ball:
    """Tangent, proved, entrywise; an unbounded ball where x contains a pole."""
    return Rule(_tan_point, _tan_wide, _tan_spread, _is_narrow)(x)


def _sine(quarter: int, function: Callable[[arb], arb]) -> Rule:
    point = partial(_sine_point, quarter, function)
    return Rule(point, _sine_wide(quarter, point), _sine_spread, _is_narrow)


@cache
def half_pi() -> tuple[float, ...]:
    """pi/2 in three parts; multiples of the first two up to 2^21 are exact."""
    return split_constant(lambda: arb.pi() / 2, 29, 59)


@cache
def sine_table() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Centres c, sin(q pi/2 + c) as a pair and cos(q pi/2 + c), at index 128 q + (64 c mod 128)."""
    quarters = [q for q in range(4) for _ in range(_SIDE)]
    steps = [n - _SIDE if n >= _SIDE // 2 else n for _ in range(4) for n in range(_SIDE)]
    # Around a zero (q even) the centre is the zero itself.
    centres = [0 if q % 2 == 0 and -ALONE <= n <= ALONE else n for q, n in zip(quarters, steps, strict=True)]
    pairs = list(zip(quarters, centres, strict=True))
    high, low = value_pairs(lambda: (_quarter_turned(q, arb(n) * STEP) for q, n in pairs))
    slope, _ = value_pairs(lambda: (_quarter_turned(q + 1, arb(n) * STEP) for q, n in pairs))
    return np.array(centres) * STEP, high, low, slope


def _quarter_turned(quarter: int, c: arb) -> arb:
    """sin(quarter pi/2 + c)."""
    value = c.cos() if quarter % 2 else c.sin()
    return -value if quarter % 4 >= 2 else value


def reduce(x: np.ndarray) -> Reduced:
    """(r, its tail, bits of q) with x = q pi/2 + r + tail, |tail| <= u |r|, for |x| <= 2^21 and |r| >= 2^-30."""
    first, second, third = half_pi()
    shifted = x * _TWO_OVER_PI + _ROUNDER
    count = shifted - _ROUNDER
    r, tail = two_sum(x - count * first, count * -second)
    rest = tail - count * third
    total = r + rest
    return total, (r - total) + rest, shifted.view(np.int64)


def sine_series(s: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """sin(s) / s - 1 for |s| <= 17/128, and cos(s) - 1 for |s| <= 1/128, by Taylor polynomials of degree 10 and 6."""
    square = s * s
    odd = 1 / 120 + square * (-1 / 5040 + square * (1 / 362880 - square * (1 / 39916800)))
    even = square * (-0.5 + square * (1 / 24 - square * (1 / 720)))
    return square * (-1 / 6 + square * odd), even


def sine_sum(s: np.ndarray, tail: np.ndarray, high: np.ndarray, low: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """sin(a + s + tail) from sin(a) = high + low and cos(a) = slope; high = 0 where |s| exceeds 1/128."""
    odd, even = sine_series(s)
    return high + (low + (high * even + slope * (s + (s * odd + tail))))


def _sine_reduced(r: np.ndarray, tail: np.ndarray, turns: np.ndarray) -> np.ndarray:
    steps = (r * (1 / STEP) + _ROUNDER).view(np.int64)
    index = (steps & (_SIDE - 1)) | ((turns & 3) << 7)
    centres, high, low, slope = sine_table()
    return sine_sum(r - centres.take(index), tail, high.take(index), low.take(index), slope.take(index))


def _sine_point(quarter: int, function: Callable[[arb], arb], x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r, tail, turns = reduce(x)
    turned = turns + quarter if quarter else turns
    value = _sine_reduced(r, tail, turned)
    error = relative_error_odd(value, SINE_ERROR, x if quarter == 0 else np.ones(x.shape))
    return _with_arb(function, x, _out_of_reach(x, r, turns), value, error)


def _out_of_reach(x: np.ndarray, r: np.ndarray, turns: np.ndarray) -> np.ndarray | None:
    """Where the reduction is not accurate enough, or None."""
    if x.size and np.abs(r).min() >= NEAREST and np.abs(x).max() <= LARGEST_ARGUMENT:
        return None
    near = (np.abs(r) < NEAREST) & (np.abs(x) > 1)
    return near | (np.abs(x) > LARGEST_ARGUMENT)


def _with_arb(
    function: Callable[[arb], arb], x: np.ndarray, mask: np.ndarray | None, value: np.ndarray, error: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    if mask is not None and mask.any():
        value[mask], error[mask] = point_value(function, x[mask])
    return value, error


def _is_narrow(_: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= 2.0**-8


def _sine_spread(_: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # |sin(m + d) - sin m| <= |cos m| r + r^2 / 2, and cos^2 m <= 1 - (|sin m| - error)^2
    slope = np.sqrt(np.maximum(1.0 - value * value, 0.0) + (2 * error + 2.0**-50))
    return rad * (slope + 0.5 * rad)


def _sine_wide(quarter: int, point: Point) -> Wide:
    """Bounds from the ends, and +-1 where a crest or trough may lie between them."""

    def wide(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bounded = np.isfinite(lower) & np.isfinite(upper)
        start, end = np.where(bounded, lower, 0.0), np.where(bounded, upper, 0.0)
        (low_a, high_a), (low_b, high_b) = bounds_of(point, start), bounds_of(point, end)
        # Quarter turns, widened by more than the rounding of the product with 2/pi.
        first = start * _TWO_OVER_PI - np.abs(start) * 2.0**-50 + quarter
        last = end * _TWO_OVER_PI + np.abs(end) * 2.0**-50 + quarter
        crest = ~bounded | (np.floor((last - 1) / 4) >= np.ceil((first - 1) / 4))
        trough = ~bounded | (np.floor((last + 1) / 4) >= np.ceil((first + 1) / 4))
        high = np.where(crest, 1.0, np.minimum(np.maximum(high_a, high_b), 1.0))
        return np.where(trough, -1.0, np.maximum(np.minimum(low_a, low_b), -1.0)), high

    return wide


def _tan_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    r, tail, turns = reduce(x)
    parts = [sine_pair(r, tail, turns + quarter) for quarter in (0, 1)]
    value = quotient(*parts[0], *parts[1])
    # Where the sine is so small that the exact product in the quotient underflows, tan x is x up to x^3.
    value = np.where(np.abs(x) < 2.0**-200, x, value)
    error = relative_error_odd(value, TAN_ERROR, x)
    return _with_arb(arb.tan, x, _out_of_reach(x, r, turns), value, error)


def sine_pair(r: np.ndarray, tail: np.ndarray, turns: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The sine as a head and a tail below a sixteenth of it."""
    steps = (r * (1 / STEP) + _ROUNDER).view(np.int64)
    index = (steps & (_SIDE - 1)) | ((turns & 3) << 7)
    centres, high, low, slope = (column.take(index) for column in sine_table())
    s = r - centres
    # Around a zero the head is +-s itself, elsewhere the table's entry.
    alone = high == 0
    head = np.where(alone, slope * s, high)
    odd, even = sine_series(s)
    return head, low + (high * even + slope * (np.where(alone, 0.0, s) + (s * odd + tail)))


def _tan_spread(_: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # |tan(m + d) - t| = (1 + t^2) |tan d| / |1 - t tan d|, |tan d| <= r (1 + r^2); a pole is near where t r reaches 1
    size = np.abs(value) + error
    turn = rad * (1 + rad * rad)
    room = 1.0 - size * turn * (1 + 2.0**-50) - 2.0**-50
    return np.where(room > 0, (1 + size * size) * turn / np.where(room > 0, room, 1.0), np.inf)


def _tan_wide(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Increasing between poles; where a pole may lie in the interval nothing is known."""
    bounded = np.isfinite(lower) & np.isfinite(upper)
    start, end = np.where(bounded, lower, 0.0), np.where(bounded, upper, 0.0)
    first = start * _TWO_OVER_PI - np.abs(start) * 2.0**-50
    last = end * _TWO_OVER_PI + np.abs(end) * 2.0**-50
    pole = ~bounded | (np.floor((last - 1) / 2) >= np.ceil((first - 1) / 2))
    low, high = bounds_of(_tan_point, start)[0], bounds_of(_tan_point, end)[1]
    return np.where(pole, -np.inf, low), np.where(pole, np.inf, high)
