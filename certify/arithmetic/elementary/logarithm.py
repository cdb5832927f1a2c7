"""log and log1p of balls: log(2^k F (1 + r)) = k log 2 + log F + log(1 + r) with a table of log F."""

from functools import cache

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.pairs import relative_error_odd, two_sum
from certify.arithmetic.elementary.rule import Rule, increasing
from certify.arithmetic.elementary.tables import split_constant
from certify.arithmetic.rounding import SMALLEST_NORMAL, UNIT_ROUNDOFF
from foundation import InputError

Table = tuple[np.ndarray, np.ndarray, np.ndarray]

# Errors in units of the value; tests/certify/arithmetic proves them over all mantissas.
LOG_ERROR = 1.5 * UNIT_ROUNDOFF

_ENTRIES = 128
# Mantissas run from 0.6875 to 1.375, so that no cancellation occurs around 1: there k = 0 and F = 1.
_START = np.float64(0.6875).view(np.int64)
_MANTISSA_BITS = 52
# The leading parts of log 2 and log F are multiples of 2^-42, so that their sums are exact.
_GRID = 42


def log(x: Ball) -> Ball:
    """Natural logarithm, proved, entrywise; raises `InputError` where a ball reaches 0 or below."""
    _refuse_below(x, 0.0, "logarithm")
    return Rule(_log_point, increasing(_log_point, -np.inf, np.inf), _log_spread, _is_narrow)(x)


def log1p(x: Ball) -> Ball:
    """log(1 + x), proved, entrywise; accurate near zero; raises `InputError` where a ball reaches -1 or below."""
    _refuse_below(x, -1.0, "log1p")
    return Rule(_log1p_point, increasing(_log1p_point, -np.inf, np.inf), _log1p_spread, _is_narrow_above)(x)


def _refuse_below(x: Ball, edge: float, name: str) -> None:
    if x.size and not (worst := float(x.lower.min())) > edge:
        raise InputError(f"{name} of a ball that reaches down to {worst}; every ball must lie above {edge}")


def mantissa_cells() -> tuple[np.ndarray, np.ndarray]:
    """The intervals of mantissas that share an entry of the table."""
    starts = _START + (np.arange(_ENTRIES + 1, dtype=np.int64) << (_MANTISSA_BITS - 7))
    edges = starts.view(np.float64)
    return edges[:-1], edges[1:]


@cache
def log_table() -> Table:
    """F (1 near 1, else the middle of the cell) and log F as a multiple of 2^-42 and the rest."""
    low, high = mantissa_cells()
    centres = np.where((low >= 1 - 1 / 32) & (high <= 1 + 1 / 32), 1.0, (low + high) / 2)
    parts = [split_constant(lambda c=float(c): arb(c).log(), _GRID) for c in centres]  # type: ignore[misc]
    return centres, np.array([p[0] for p in parts]), np.array([p[1] for p in parts])


@cache
def log_two() -> tuple[float, ...]:
    """log 2 as a multiple of 2^-42 and the rest."""
    return split_constant(arb.const_log2, _GRID)


def log1p_rest(r: np.ndarray) -> np.ndarray:
    """log(1 + r) - r for |r| <= 1/32 by the Taylor polynomial of degree 11."""
    p = r * (1 / 11) - 1 / 10
    for k in (9, -8, 7, -6, 5, -4, 3):
        p = p * r + 1 / k
    return r * r * (p * r - 0.5)


def log_sum(r: np.ndarray, base: np.ndarray, low: np.ndarray) -> np.ndarray:
    """base + low + log(1 + r), where base is 0 or outweighs r."""
    return base + (r + (low + log1p_rest(r)))


def _log_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    if x.size and x.min() >= SMALLEST_NORMAL:
        return _log_of_sum(x, None, 0.0)
    tiny = x < SMALLEST_NORMAL
    return _log_of_sum(np.where(tiny, x * 2.0**54, x), None, np.where(tiny, -54.0, 0.0))


def _log_of_sum(x: np.ndarray, rest: np.ndarray | None, shift: np.ndarray | float) -> tuple[np.ndarray, np.ndarray]:
    """log(x + rest) + shift log 2 for normal x > 0 and |rest| <= u x."""
    bits = x.view(np.int64)
    offset = bits - _START
    exponent = offset >> _MANTISSA_BITS
    mantissa = (bits - (exponent << _MANTISSA_BITS)).view(np.float64)
    centres, table_high, table_low = log_table()
    index = (offset >> (_MANTISSA_BITS - 7)) & (_ENTRIES - 1)
    centre = centres.take(index)
    difference = mantissa - centre
    if rest is not None:
        # Where x is so large that 2^-k underflows, the rest is far below the error.
        difference = difference + rest * ((1023 - np.minimum(exponent, 1000)) << _MANTISSA_BITS).view(np.float64)
    power = exponent + shift
    two_high, two_low = log_two()
    base = power * two_high + table_high.take(index)
    value = log_sum(difference / centre, base, power * two_low + table_low.take(index))
    return value, np.abs(value) * LOG_ERROR


def _log1p_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    total, rest = two_sum(np.ones(x.shape), x)
    value, _ = _log_of_sum(total, rest, 0.0)
    # Where 1 + x rounds to 1 the pair (1, x) gives r = x, unless x is so small that its square underflows: log1p is x.
    value = np.where(np.abs(x) < 2.0**-200, x, value)
    return value, relative_error_odd(value, LOG_ERROR, x)


def _is_narrow(mid: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= mid * 2.0**-8


def _is_narrow_above(mid: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= (1 + mid) * 2.0**-9


def _log_spread(mid: np.ndarray, rad: np.ndarray, _: np.ndarray, __: np.ndarray) -> np.ndarray:
    # |log(m + d) - log m| <= -log(1 - q) <= q + q^2 with q = r / m <= 1/2
    q = rad / mid
    return q * (1 + q)


def _log1p_spread(mid: np.ndarray, rad: np.ndarray, _: np.ndarray, __: np.ndarray) -> np.ndarray:
    q = rad / (1 + mid) * (1 + 2.0**-51)
    return q * (1 + q)
