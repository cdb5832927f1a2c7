"""erf and erfc of balls: Taylor expansions around tabulated centres, Maclaurin's around zero."""

from functools import cache

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.exponential import exp_point
from certify.arithmetic.elementary.pairs import relative_error_odd, two_product, two_sum
from certify.arithmetic.elementary.rule import Rule, decreasing, increasing
from certify.arithmetic.elementary.tables import value_pairs
from certify.arithmetic.rounding import UNIT_ROUNDOFF

Table = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]

# Errors in units of the value; tests/certify/arithmetic proves them over the whole range.
ERF_ERROR = 1.4 * UNIT_ROUNDOFF
ERFC_ERROR = 1.5 * UNIT_ROUNDOFF

STEP = 1 / 128
_ROUNDER = 1.5 * 2.0**52
# Centres run to 6, where 1 - erf is below 2^-55.
END = 768
SMALL = 0.125
_TINY = 2.0**-400
# Above 2 / sqrt(pi) = 1.12837916709551257...
_SLOPE_ABOVE = 1.1283791670955128


def erf(x: Ball) -> Ball:
    """Error function 2/sqrt(pi) int_0^x e^-t^2 dt, proved, entrywise."""
    return Rule(_erf_point, increasing(_erf_point, -1.0, 1.0), _spread, _is_narrow)(x)


def erfc(x: Ball) -> Ball:
    """1 - erf(x), proved, entrywise; relatively accurate in the right tail."""
    return Rule(_erfc_point, decreasing(_erfc_point, 2.0, 0.0), _spread, _is_narrow)(x)


@cache
def error_table() -> Table:
    """At the centres c = n / 128: erf(c) and erfc(c) as pairs, and the slope 2/sqrt(pi) e^-c^2."""
    centres = [arb(n) * STEP for n in range(END + 1)]
    slope, _ = value_pairs(lambda: (2 / arb.pi().sqrt() * (-c * c).exp() for c in centres))
    erf_pair = value_pairs(lambda: (c.erf() for c in centres))
    return *erf_pair, *value_pairs(lambda: (c.erfc() for c in centres)), slope


@cache
def slope_at_zero() -> tuple[float, float]:
    """2 / sqrt(pi) as a pair."""
    high, low = value_pairs(lambda: [2 / arb.pi().sqrt()])
    return float(high[0]), float(low[0])


def rise(r: np.ndarray, centre: np.ndarray, slope: np.ndarray) -> np.ndarray:
    """erf(c + r) - erf(c) for |r| <= 1/256, c <= 6: slope * sum_n (-1)^n H_n(c) r^(n+1) / (n+1)!, up to n = 8.

    The Hermite polynomials follow their recurrence H_(n+1) = 2 c H_n - 2 n H_(n-1).
    """
    a, b = centre * r, r * r
    before, term = 1.0, -2.0 * a
    total = term * 0.5
    for n in range(1, 8):
        before, term = term, (a * term + b * before) * (-2.0 / (n + 1))
        total = total + term * (1.0 / (n + 2))
    return slope * (r + r * total)


def erf_correction(square: np.ndarray) -> np.ndarray:
    """sqrt(pi)/2 erf(x) / x - 1 for x^2 <= 1/64 by the Maclaurin polynomial of degree 14."""
    p = square * (-1 / 75600) + 1 / 9360
    for denominator in (-1320, 216, -42, 10, -3):
        p = p * square + 1 / denominator
    return square * p


def _nearest(size: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Index, centre and distance of the nearest centre, for 0 <= size <= 6."""
    shifted = size * (1 / STEP) + _ROUNDER
    centre = (shifted - _ROUNDER) * STEP
    return shifted.view(np.int64) & 0xFFFF, centre, size - centre


def _erf_small(x: np.ndarray) -> np.ndarray:
    slope, slope_rest = slope_at_zero()
    head, rest = two_product(x, np.full(x.shape, slope))
    return head + (rest + (x * slope_rest + head * erf_correction(x * x)))


def _erf_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = np.abs(x)
    index, centre, rest = _nearest(np.minimum(size, END * STEP))
    high, low, _, _, slope = error_table()
    table = high.take(index) + (low.take(index) + rise(rest, centre, slope.take(index)))
    small = size < SMALL
    value = np.copysign(np.where(small, _erf_small(np.where(small, size, 0.0)), table), x)
    error = relative_error_odd(value, ERF_ERROR, x)
    tiny = (size < _TINY) & (x != 0)
    if tiny.any():
        value[tiny], error[tiny] = point_value(arb.erf, x[tiny])
    return value, error


def _erfc_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = np.minimum(np.abs(x), END * STEP)
    index, centre, rest = _nearest(size)
    high, low, complement_high, complement_low, slope = error_table()
    growth = rise(rest, centre, slope.take(index))
    right = complement_high.take(index) + (complement_low.take(index) - growth)
    total, total_rest = two_sum(np.ones(x.shape), high.take(index))
    left = total + (total_rest + (low.take(index) + growth))
    value = np.where(x < 0, left, right)
    error = value * ERFC_ERROR
    far = x > END * STEP
    if far.any():
        # erfc(30) < 2^-1074 / 2
        value[far], error[far] = point_value(arb.erfc, np.minimum(x[far], 30.0))
    return value, error


def _is_narrow(_: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= 2.0**-14


def _spread(mid: np.ndarray, rad: np.ndarray, _: np.ndarray, __: np.ndarray) -> np.ndarray:
    # the slope at the point nearest to zero
    least = np.maximum(np.abs(mid) - rad, 0.0) * (1 - 2.0**-51)
    factor, error = exp_point(-np.minimum(least * least * (1 - 2.0**-51), 1e3))
    return rad * ((factor + error) * _SLOPE_ABOVE)
