"""Residuals b - A x with about twice the working precision, from three BLAS products."""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.arithmetic.ball import _checked
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF

# Adding and subtracting this number rounds a float below 2^51 to an integer, with + and - alone.
_TO_INTEGER = 1.5 * 2.0**52
# Rows and columns whose largest entry lies outside this range are not split: their units would underflow.
_SMALLEST_SPLIT, _LARGEST_SPLIT, _NO_SPLIT = 2.0**-480, 2.0**480, 2.0**500


def residual(b: Ball, a: Ball, x: np.ndarray) -> Ball:
    """Enclosure of b - A x for A (m, k), exact floats x (k, p) and b (m, p); the midpoints' product is split.

    A = A1 + A2 and x = x1 + x2, where A1 and x1 hold integers of at most (53 - log2 k)/2 bits times a power of
    two per row (column). Every partial sum of A1 x1 is then a float, so A1 x1 is exact in any order of summation
    [K. Ozaki, T. Ogita, S. Oishi, S. Rump, Numer. Algorithms 59 (2012)]; what remains is smaller by 2^-20.
    """
    bits = (53 - max(a.shape[-1] - 1, 1).bit_length()) // 2
    row_units = _units(a.mid, 1, bits)
    column_units = _units(x, 0, bits)
    head_a, head_x = _integers(a.mid, row_units), _integers(x, column_units)
    product = scale_by_powers(exact(head_a @ head_x), row_units * column_units)
    head_a *= row_units
    tail_a, tail_x = a.mid - head_a, x - head_x * column_units
    rest = matmul(Ball._unchecked(tail_a, a.rad), exact(x)) + matmul(exact(head_a), exact(tail_x))
    return (b - product) - rest


def exact(array: np.ndarray) -> Ball:
    """Finite floats as exact numbers, unchecked."""
    return Ball._unchecked(array, np.broadcast_to(np.float64(0.0), array.shape))


def scale_by_powers(x: Ball, factor: np.ndarray | float) -> Ball:
    """The ball times powers of two: exact but for underflow, which the radius takes up."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        mid = x.mid * factor
        if x.is_exact and np.array_equal(mid / factor, x.mid) and np.isfinite(mid).all():
            return exact(mid)
        rad = x.rad * factor
        lost = (mid / factor != x.mid) | ((rad / factor != x.rad) & np.isfinite(x.rad))
        # a normal radius grows by 2 eta through the factor, a subnormal one through the exact sum
        return _checked(mid, np.where(lost, rad * (1 + 8 * UNIT_ROUNDOFF) + 2 * SMALLEST_SUBNORMAL, rad))


def power_of_two(value: np.ndarray) -> np.ndarray:
    """2^k just above each positive value (1 for zero), kept inside [2^-1000, 2^1000]."""
    exponent = np.where(value > 0, np.frexp(value)[1], 0)
    return np.asarray(2.0 ** np.clip(exponent, -1000, 1000).astype(np.float64))


def _units(matrix: np.ndarray, axis: int, bits: int) -> np.ndarray:
    """The unit of the integers in each row or column; 2^500, which leaves nothing, outside the safe range."""
    units = power_of_two(np.abs(matrix).max(axis=axis, keepdims=True, initial=0.0)) * 2.0**-bits
    return np.where((units > _SMALLEST_SPLIT) & (units < _LARGEST_SPLIT), units, _NO_SPLIT)


def _integers(matrix: np.ndarray, units: np.ndarray) -> np.ndarray:
    with np.errstate(under="ignore"):
        return np.where(units < _NO_SPLIT, (matrix / units + _TO_INTEGER) - _TO_INTEGER, 0.0)
