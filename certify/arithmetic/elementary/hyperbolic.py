"""tanh and logistic of balls: a table of values and the addition theorem for the small rest."""

from functools import cache

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.exponential import exp_point
from certify.arithmetic.elementary.pairs import relative_error_odd
from certify.arithmetic.elementary.rule import Rule, increasing
from certify.arithmetic.elementary.tables import value_pairs
from certify.arithmetic.rounding import UNIT_ROUNDOFF

STEP = 1 / 64
_ROUNDER = 1.5 * 2.0**52

# Errors in units of the value; tests/certify/arithmetic proves them over the whole range.
TANH_ERROR = 1.6 * UNIT_ROUNDOFF
LOGISTIC_ERROR = 1.25 * UNIT_ROUNDOFF

# 1 - tanh(x) < 2^-54 from here on; up to 5.5 steps from zero the polynomial alone is used.
TANH_END, TANH_ALONE = 1220, 6
# e^-40 < 2^-57
LOGISTIC_END = 40


def tanh(x: Ball) -> Ball:
    """Hyperbolic tangent, proved, entrywise."""
    return Rule(_tanh_point, increasing(_tanh_point, -1.0, 1.0), _tanh_spread, _is_narrow)(x)


def logistic(x: Ball) -> Ball:
    """1 / (1 + e^-x), proved, entrywise."""
    return Rule(_logistic_point, increasing(_logistic_point, 0.0, 1.0), _logistic_spread, _is_narrow)(x)


@cache
def tanh_table() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Centres c (0, then multiples of 1/64) and tanh(c)."""
    centres = np.array([0.0 if n < TANH_ALONE else n * STEP for n in range(TANH_END + 1)])
    return centres, *value_pairs(lambda: (arb(c).tanh() for c in centres.tolist()))


def tanh_series(r: np.ndarray) -> np.ndarray:
    """tanh(r) for |r| <= 11/128 by the Taylor polynomial of degree 15."""
    s = r * r
    p = s * (-929569 / 638512875) + 21844 / 6081075
    p = ((p * s - 1382 / 155925) * s + 62 / 2835) * s - 17 / 315
    return r + r * (s * ((p * s + 2 / 15) * s - 1 / 3))


def tanh_sum(r: np.ndarray, high: np.ndarray, low: np.ndarray, head: np.ndarray) -> np.ndarray:
    """tanh(c + r) = T + (1 - T^2) t / (1 + T t) with t = tanh(r), T = high + low, `head` standing for T."""
    t = tanh_series(r)
    return high + (low + (1.0 - head * head) * t / (1.0 + head * t))


def _tanh_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = np.minimum(np.abs(x), TANH_END * STEP)
    index = (size * (1 / STEP) + _ROUNDER).view(np.int64) & 0x7FF
    centres, table_high, table_low = tanh_table()
    high = table_high.take(index)
    value = np.copysign(tanh_sum(size - centres.take(index), high, table_low.take(index), high), x)
    return value, relative_error_odd(value, TANH_ERROR, x)


def _is_narrow(_: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= 2.0**-8


def _tanh_spread(_: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # |tanh(m + d) - t| = (1 - t^2) |tanh d| / |1 + t tanh d| <= (1 - t^2) r / (1 - r), and r / (1 - r) <= r (1 + 2 r)
    least = np.abs(value) - error
    return (1.0 - least * least + 2.0**-51) * (rad * (1 + 2 * rad))


@cache
def logistic_table() -> tuple[np.ndarray, np.ndarray]:
    """logistic(n / 64) for |n| <= 64 * 40."""
    end = int(LOGISTIC_END / STEP)
    return value_pairs(lambda: (1 / (1 + (-arb(n) * STEP).exp()) for n in range(-end, end + 1)))


def expm1_short(r: np.ndarray) -> np.ndarray:
    """e^r - 1 for |r| <= 1/128 by the Taylor polynomial of degree 6."""
    return r + r * r * (0.5 + r * (1 / 6 + r * (1 / 24 + r * (1 / 120 + r * (1 / 720)))))


def logistic_sum(r: np.ndarray, high: np.ndarray, low: np.ndarray, head: np.ndarray) -> np.ndarray:
    """logistic(c + r) = S + S (1 - S) p / (1 + S p) with p = e^r - 1, S = high + low, `head` standing for S."""
    p = expm1_short(r)
    return high + (low + (head - head * head) * p / (1.0 + head * p))


def _logistic_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    low_end = bool(x.size) and bool(x.min() < -LOGISTIC_END)
    inner = np.clip(x, -LOGISTIC_END, LOGISTIC_END)
    shifted = inner * (1 / STEP) + _ROUNDER
    index = (shifted.view(np.int64) + int(LOGISTIC_END / STEP)) & 0xFFFF
    table_high, table_low = logistic_table()
    high = table_high.take(index)
    value = logistic_sum(inner - (shifted - _ROUNDER) * STEP, high, table_low.take(index), high)
    error = value * LOGISTIC_ERROR
    if not low_end:
        return value, error
    # below -40: e^x (1 - e^x + ...) with e^x < 2^-57
    tail, tail_error = exp_point(np.minimum(x, 0.0))
    far = x < -LOGISTIC_END
    return np.where(far, tail, value), np.where(far, tail_error + tail * 2.0**-56, error)


def _logistic_spread(_: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # |S(m + d) - S| = S (1 - S) |p| / (1 + S p), |p| <= r (1 + r), 1 / (1 - |p|) <= 1 + 2 |p|
    high = value + error
    return high * (1.0 - value + error + 2.0**-51) * (rad * (1 + 4 * rad))
