"""sqrt, rsqrt and cbrt of balls."""

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import ArbFunction, point_value
from certify.arithmetic.elementary.pairs import two_product
from certify.arithmetic.elementary.rule import Rule, decreasing, increasing
from certify.arithmetic.rounding import UNIT_ROUNDOFF
from foundation import InputError

# Errors in units of the value: one rounding, and the square of the first error. See the comments below.
_CORRECTED_ERROR = 1.01 * UNIT_ROUNDOFF

# Inside these magnitudes the exact products below neither overflow nor underflow.
_LOWEST, _HIGHEST = 2.0**-280, 2.0**280


def sqrt(x: Ball) -> Ball:
    """Square root, proved, entrywise; raises `InputError` where a ball reaches below zero."""
    if x.size and (worst := float(x.lower.min())) < 0:
        raise InputError(f"square root of a ball that reaches down to {worst}; it must lie in [0, inf)")
    return Rule(_sqrt_point, increasing(_sqrt_point, 0.0, np.inf), _sqrt_spread, _is_narrow)(x)


def rsqrt(x: Ball) -> Ball:
    """1 / sqrt(x), proved, entrywise; raises `InputError` where a ball reaches 0 or below."""
    if x.size and not (worst := float(x.lower.min())) > 0:
        raise InputError(f"reciprocal square root of a ball that reaches down to {worst}; every ball must lie above 0")
    return Rule(_rsqrt_point, decreasing(_rsqrt_point, np.inf, 0.0), _rsqrt_spread, _is_narrow)(x)


def cbrt(x: Ball) -> Ball:
    """Real cube root (odd), proved, entrywise."""
    return Rule(_cbrt_point, increasing(_cbrt_point, -np.inf, np.inf), _cbrt_spread, _is_narrow_in_size)(x)


def _sqrt_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # A square root is never subnormal: |error| <= u |value|.
    value = np.sqrt(x)
    return value, value * UNIT_ROUNDOFF


def _is_narrow(mid: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= mid * 2.0**-8


def _is_narrow_in_size(mid: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= np.abs(mid) * 2.0**-8


def _sqrt_spread(mid: np.ndarray, rad: np.ndarray, value: np.ndarray, _: np.ndarray) -> np.ndarray:
    # |sqrt(m + d) - sqrt m| = |d| / (sqrt(m + d) + sqrt m) <= r / (sqrt m (1 + sqrt(1 - q))), sqrt(1 - q) >= 1 - q
    q = np.where(mid > 0, rad / np.where(mid > 0, mid, 1.0), 0.0)
    return np.where(mid > 0, q * value / (2.0 - q), 0.0)


def _rsqrt_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One Newton step y + y (1 - x y^2) / 2 with the residual in exact products.

    With y = x^-1/2 (1 + e), |e| <= 2.1 u, the step has the relative error 3/2 e^2; the residual is good to some u^2.
    """
    start = 1.0 / np.sqrt(x)
    product, product_rest = two_product(x, start)
    square, square_rest = two_product(product, start)
    residual = ((1.0 - square) - square_rest) - product_rest * start
    value = start + start * (0.5 * residual)
    return _within(arb.rsqrt, x, value)


def _rsqrt_spread(mid: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # (1 - q)^-1/2 - 1 <= q / 2 (1 + q) for q = r / m <= 1/2
    q = rad / mid
    return (value + error) * (0.5 * q * (1 + q))


def _cbrt_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """One Newton step y + (x - y^3) / (3 y^2) from the library's guess, which is checked against the residual."""
    inside = (np.abs(x) >= _LOWEST) & (np.abs(x) <= _HIGHEST)
    safe = np.where(inside, x, 1.0)
    start = np.cbrt(safe)
    square, square_rest = two_product(start, start)
    cube, cube_rest = two_product(square, start)
    residual = ((safe - cube) - cube_rest) - square_rest * start
    step = residual / (3.0 * square)
    # A relative residual below 2^-45 proves the guess good to 2^-46, so that the step leaves 2^-91.
    good = np.abs(step) <= np.abs(start) * 2.0**-47
    value, error = _within(_cbrt_arb, x, np.where(good, start + step, np.nan))
    return value, error


def _cbrt_arb(x: arb) -> arb:
    return arb(0) if x.is_zero() else x.root(3) if x > 0 else -((-x).root(3))


def _cbrt_spread(mid: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # 1 - (1 - q)^1/3 <= q / 3 (1 + q) for q = r / |m| <= 1/2
    q = np.where(mid == 0, 0.0, rad / np.where(mid == 0, 1.0, np.abs(mid)))
    return (np.abs(value) + error) * ((q / 3) * (1 + 2.0**-51) * (1 + q))


def _within(function: ArbFunction, x: np.ndarray, value: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The corrected values where the exact products are safe and the guess was good; Arb's elsewhere."""
    error = np.abs(value) * _CORRECTED_ERROR
    rest = ~((np.abs(x) >= _LOWEST) & (np.abs(x) <= _HIGHEST) & np.isfinite(value))
    if rest.any():
        zero = rest & (x == 0)
        value[zero], error[zero] = 0.0, 0.0
        rest &= ~zero
        value[rest], error[rest] = point_value(function, x[rest])
    return value, error
