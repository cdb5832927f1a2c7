"""Error-free transformations, and errors of computed values.

[T. Dekker, A floating-point technique for extending the available precision, Numer. Math. 18 (1971); D. Knuth, The Art
of Computer Programming 2, 4.2.2]
"""

import numpy as np

from certify.arithmetic.rounding import SMALLEST_SUBNORMAL

_SPLITTER = 2.0**27 + 1
# Where a relative error of some 2^-53 would itself underflow.
_SMALL = 2.0**-960


def two_sum(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x + y = s + e exactly, s = fl(x + y), unless something overflows."""
    total = x + y
    shadow = total - x
    return total, (x - (total - shadow)) + (y - shadow)


def two_product(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x y = p + e exactly, p = fl(x y), for |x|, |y| < 2^995 and p = 0 or |p| > 2^-960."""
    product = x * y
    x_high, x_low = _halves(x)
    y_high, y_low = _halves(y)
    return product, ((x_high * y_high - product) + x_high * y_low + x_low * y_high) + x_low * y_low


def _halves(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    scaled = x * _SPLITTER
    high = scaled - (scaled - x)
    return high, x - high


def quotient(high: np.ndarray, low: np.ndarray, divisor_high: np.ndarray, divisor_low: np.ndarray) -> np.ndarray:
    """(high + low) / (divisor_high + divisor_low) for tails of at most 2^-4 of the heads, nearly to the last bit."""
    first = high / divisor_high
    product, error = two_product(first, divisor_high)
    return first + ((high - product) - error + (low - first * divisor_low)) / (divisor_high + divisor_low)


def relative_error(value: np.ndarray, factor: float) -> np.ndarray:
    """factor |value|, and never less than the smallest subnormal."""
    error = np.abs(value) * factor
    return error + SMALLEST_SUBNORMAL if error.size and not error.min() >= _SMALL else error


def relative_error_odd(value: np.ndarray, factor: float, x: np.ndarray) -> np.ndarray:
    """The same for a function with f(0) = 0, which is exact there."""
    error = np.abs(value) * factor
    if error.size and not error.min() >= _SMALL:
        return np.where(x == 0, 0.0, error + SMALLEST_SUBNORMAL)
    return error
