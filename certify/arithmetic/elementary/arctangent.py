"""atan of balls: atan(x) = atan(c) + atan((x - c) / (1 + x c)) with a table of centres c."""

from functools import cache

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.pairs import relative_error_odd
from certify.arithmetic.elementary.rule import Rule, increasing
from certify.arithmetic.elementary.tables import value_pairs
from certify.arithmetic.rounding import UNIT_ROUNDOFF

# Error in units of the value; tests/certify/arithmetic proves it over the whole range.
ATAN_ERROR = 1.6 * UNIT_ROUNDOFF

STEP = 1 / 64
_ROUNDER = 1.5 * 2.0**52
# Centres are multiples of 1/64 up to 8, infinity above; up to 8.5 steps from zero the series alone is used.
END, ALONE = 512, 8

# The float above pi/2 = 1.57079632679489661923...
HALF_PI_ABOVE = 1.5707963267948968


def atan(x: Ball) -> Ball:
    """Arcus tangent, proved, entrywise."""
    return Rule(_atan_point, increasing(_atan_point, -HALF_PI_ABOVE, HALF_PI_ABOVE), _atan_spread, _is_narrow)(x)


@cache
def atan_table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres and their atan; the last entry is pi/2."""
    centres = np.array([0.0 if n <= ALONE else n * STEP for n in range(END + 1)])
    high, low = value_pairs(lambda: [*(arb(c).atan() for c in centres.tolist()), arb.pi() / 2])
    return np.append(centres, np.inf), high, low


def atan_series(r: np.ndarray) -> np.ndarray:
    """atan(r) for |r| <= 17/128 by the Taylor polynomial of degree 21."""
    s = r * r
    p = s * (1 / 21) - 1 / 19
    for k in (17, -15, 13, -11, 9, -7, 5, -3):
        p = p * s + 1 / k
    return r + r * (s * p)


def _atan_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = np.abs(x)
    far = size > END * STEP
    near = np.where(far, 0.0, size)
    index = np.where(far, END + 1, (near * (1 / STEP) + _ROUNDER).view(np.int64) & 0xFFFF)
    centres, table_high, table_low = atan_table()
    centre = np.where(far, 0.0, centres.take(index))
    rest = np.where(far, -1.0 / np.where(far, size, 1.0), (near - centre) / (1.0 + near * centre))
    value = np.copysign(table_high.take(index) + (table_low.take(index) + atan_series(rest)), x)
    return value, relative_error_odd(value, ATAN_ERROR, x)


def _is_narrow(_: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= 2.0**-8


def _atan_spread(mid: np.ndarray, rad: np.ndarray, _: np.ndarray, __: np.ndarray) -> np.ndarray:
    # the slope 1 / (1 + x^2) at the point nearest to zero
    least = np.maximum(np.abs(mid) - rad, 0.0) * (1 - 2.0**-51)
    return rad / (1.0 + least * least)
