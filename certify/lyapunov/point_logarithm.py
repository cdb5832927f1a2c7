"""The natural logarithm of large arrays of positive floats, with a proved error, in additions and multiplications.

x = 2^e m with m in [sqrt(1/2), sqrt 2), e and m exact; log m = 2 atanh z with z = (m - 1)/(m + 1), |z| < 0.1716, and
atanh z = z + z^3/3 + ... + z^21/21 + R, 0 <= R/z <= z^22/(23 (1 - z^2)) < 2^-60. With u = 2^-53: m - 1 is exact, so
that z has relative error below 3u; the computed factor 1 + (z^2/3 + ..) of z has relative error below 2u, its product
with 2z another u: log m has relative error below 7u, and 16u is allowed. log 2 is split into a head of 42 bits, whose
product with e is exact, and a tail; the errors of the tail and its sum are below 2^-80 + u|log m|, that of the last
sum is u|log x|.
"""

import numpy as np

from certify.arithmetic import Ball

_HEAD = float.fromhex("0x1.62e42fefa38p-1")
_TAIL = float.fromhex("0x1.ef35793c7673p-45")
_SQRT_HALF = 0.7071067811865476
_ORDERS = tuple(range(21, 1, -2))


def log_points(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log x and a bound of its error, for finite floats x > 0 (exact numbers); other entries give nan."""
    with np.errstate(invalid="ignore", divide="ignore"):
        positive = np.where((x > 0) & np.isfinite(x), x, np.nan)
    mantissa, exponent = np.frexp(positive)
    small = mantissa < _SQRT_HALF
    m = np.where(small, 2.0 * mantissa, mantissa)
    e = (exponent - small).astype(np.float64)
    z = (m - 1.0) / (m + 1.0)
    square = z * z
    series = np.zeros_like(z)
    for order in _ORDERS:
        series = square * (series + 1.0 / order)
    log_m = 2.0 * z * (1.0 + series)
    value = e * _HEAD + (log_m + e * _TAIL)
    error = np.abs(log_m) * 2.0**-49 + np.abs(value) * 2.0**-52 + (e != 0) * 2.0**-79
    return value, error


def log_bounds(x: Ball) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds of log over each ball: -inf below where it reaches 0, inf above where nothing is known."""
    known = np.isfinite(x.rad)
    low, high = np.where(known, x.lower, 0.0), np.where(known, x.upper, np.inf)
    value_low, error_low = log_points(low)
    value_high, error_high = log_points(high)
    lower = np.where(low > 0, np.nextafter(value_low - error_low, -np.inf), -np.inf)
    upper = np.where(np.isfinite(value_high), np.nextafter(value_high + error_high, np.inf), np.inf)
    return lower, upper
