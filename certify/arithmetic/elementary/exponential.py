"""exp and expm1 of balls: e^x = 2^k T e^r with a table of T = 2^(j/1024) and a short polynomial in r."""

from functools import cache

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.pairs import relative_error_odd, two_sum
from certify.arithmetic.elementary.rule import Rule, increasing
from certify.arithmetic.elementary.tables import split_constant, value_pairs
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF

Parts = tuple[np.ndarray, np.ndarray, np.ndarray]

_ENTRIES = 1024
_PER_UNIT = 1477.3197218702985  # 1024 / log(2): a rounded quotient only moves r within its range
# Adding 1.5 * 2^52 rounds to a whole number, which then stands in the low bits.
_ROUNDER = 1.5 * 2.0**52

# Errors in units of the value; tests/certify/arithmetic proves them over the whole reduced range.
EXP_ERROR = 1.01 * UNIT_ROUNDOFF
EXPM1_ERROR = 1.3 * UNIT_ROUNDOFF
# The pair head + tail of e^x is this accurate: the tail's own rounding.
TAIL_ERROR = 2.0**-61
REDUCED = 0.00034  # > log(2) / 2048: the range of r

# Below -600 the error itself comes near the subnormal range.
_LARGEST, _LOWEST, _VANISHING = 709.78, -600.0, -746.0
_EXPM1_SMALL = 0.125


def exp(x: Ball) -> Ball:
    """e^x, proved, entrywise."""
    return Rule(exp_point, increasing(exp_point, 0.0, np.inf), _exp_spread, _is_narrow)(x)


def expm1(x: Ball) -> Ball:
    """e^x - 1, proved, entrywise; accurate near zero."""
    return Rule(_expm1_point, increasing(_expm1_point, -1.0, np.inf), _expm1_spread, _is_narrow)(x)


@cache
def exp_table() -> tuple[np.ndarray, np.ndarray]:
    """2^(j/1024) for j = 0 .. 1023."""
    return value_pairs(lambda: (((arb(j) / _ENTRIES) * arb.const_log2()).exp() for j in range(_ENTRIES)))


@cache
def exp_step() -> tuple[float, ...]:
    """log(2) / 1024 in two parts; multiples of the first are exact for |x| <= 2^10."""
    return split_constant(lambda: arb.const_log2() / _ENTRIES, 42)


def exp_tail(r: np.ndarray, high: np.ndarray, low: np.ndarray) -> np.ndarray:
    """high (e^r - 1) + low by the Taylor polynomial of degree 4."""
    return high * (r + r * r * (0.5 + r * (1 / 6 + r * (1 / 24)))) + low


def exp_parts(x: np.ndarray) -> Parts:
    """(head, tail, k shifted to the exponent's place) with e^x = 2^k (head + tail), for |x| <= 746."""
    step_high, step_low = exp_step()
    shifted = x * _PER_UNIT + _ROUNDER
    count = shifted - _ROUNDER
    r = (x - count * step_high) - count * step_low
    bits = shifted.view(np.int64)
    table_high, table_low = exp_table()
    index = bits & (_ENTRIES - 1)
    head = table_high.take(index)
    return head, exp_tail(r, head, table_low.take(index)), (bits & -_ENTRIES) << 42


def times_power(value: np.ndarray, exponent: np.ndarray) -> np.ndarray:
    """2^k value exactly, when value and result are of normal size: the exponent field is added to."""
    return (value.view(np.int64) + exponent).view(np.float64)


def exp_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value and error of e^x at floats."""
    if x.size and x.min() >= _LOWEST and x.max() <= _LARGEST:
        head, tail, exponent = exp_parts(x)
        value = times_power(head + tail, exponent)
        return value, value * EXP_ERROR
    return _exp_everywhere(x)


def _exp_everywhere(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    head, tail, exponent = exp_parts(np.clip(x, _VANISHING, _LARGEST))
    # Low results are formed 2^600 times too large; the last product rounds into the subnormal range.
    lift = np.where(x < 0, np.int64(600) << 52, np.int64(0))
    value = times_power(head + tail, exponent + lift) * np.where(x < 0, 2.0**-600, 1.0)
    error = value * EXP_ERROR + SMALLEST_SUBNORMAL
    return np.where(x < _VANISHING, 0.0, value), np.where(x > _LARGEST, np.inf, error)


def _is_narrow(_: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= 2.0**-8


def _exp_spread(_: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # e^r - 1 <= r + r^2 for r <= 1
    return (value + error) * (rad * (1 + rad))


def _expm1_spread(_: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    return (value + error + 1 + 2.0**-51) * (rad * (1 + rad))


def expm1_series(x: np.ndarray) -> np.ndarray:
    """e^x - 1 for |x| <= 1/8 by the Taylor polynomial of degree 13."""
    p = x * (1 / 6227020800) + 1 / 479001600
    for factorial in (39916800, 3628800, 362880, 40320, 5040, 720, 120, 24, 6):
        p = p * x + 1 / factorial
    return x + x * x * (p * x + 0.5)


def _expm1_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    small = np.abs(x) <= _EXPM1_SMALL
    if small.all():
        value = expm1_series(x)
    else:
        value = np.where(small, expm1_series(np.where(small, x, 0.0)), _expm1_large(np.clip(x, -50.0, _LARGEST)))
    error = relative_error_odd(value, EXPM1_ERROR, x)
    return value, np.where(x > _LARGEST, np.inf, error)


def _expm1_large(x: np.ndarray) -> np.ndarray:
    head, tail, exponent = exp_parts(x)
    total, rest = two_sum(times_power(head, exponent), np.full(x.shape, -1.0))
    # The tail may be zero, whose exponent field must not be added to.
    scale = times_power(np.ones(x.shape), exponent)
    return total + (rest + scale * tail)
