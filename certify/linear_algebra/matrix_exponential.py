"""Verified matrix exponential by scaling and squaring."""

import math
from typing import Any

import numpy as np

from certify.arithmetic import Ball, exp, matmul, unbounded
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL
from certify.linear_algebra.matrix_input import is_bounded, square_ball
from certify.linear_algebra.norms import frobenius_norm_bound, infinity_norm_bound, two_norm_bound, upward
from certify.linear_algebra.residual import exact, scale_by_powers
from certify.linear_algebra.spectral_norm import spectral_norm

_DEGREE = 15
_LARGEST_SHIFT = 600.0


def matrix_exponential(matrix: Any) -> Ball:
    """Enclosure (n, n) of exp(A) for every A in the square ball matrix (n, n).

    exp(A) = e^mu (T(X) + R)^(2^s), X = (A - mu I) / 2^s, with mu the mean of the diagonal where that lowers the norm,
    ||X||_inf <= 1/4, T the Taylor polynomial of degree 15 in ball arithmetic and |R_ij| <= ||R||_inf <=
    theta^16 / 16! / (1 - theta / 17), theta >= ||X||_inf [N. Higham, Functions of Matrices, theorem 4.8]. What
    overflows has an infinite radius. Raises `InputError` on malformed input.
    """
    a = square_ball(matrix)
    if not is_bounded(a):
        return unbounded(a.shape)
    shift = _shift(a)
    moved = a - exact(shift * np.eye(len(a))) if shift else a
    norm = infinity_norm_bound(moved)
    if not math.isfinite(norm):
        return unbounded(a.shape)
    squarings = max(0, math.frexp(norm)[1] + 2)
    scaled = scale_by_powers(scale_by_powers(moved, 2.0 ** -(squarings // 2)), 2.0 ** -(squarings - squarings // 2))
    result = _squared(_taylor(scaled).widened(_remainder(infinity_norm_bound(scaled))), squarings)
    return result * exp(exact(np.array(shift))) if shift else result


def _squared(x: Ball, times: int) -> Ball:
    """x^(2^times). Errors are carried entrywise and in the spectral norm, ||(M + E)^2 - M^2|| <= (2 ||M|| + e) e.

    The smaller bound counts: entrywise radii alone would grow by a factor n^(1/2) with each squaring.
    """
    error = two_norm_bound(x.rad)
    for _ in range(times):
        middle, square = exact(x.mid), matmul(x, x)
        if not is_bounded(square):
            return unbounded(x.shape)
        rounding = frobenius_norm_bound(matmul(middle, middle).rad)
        norm = spectral_norm(x.mid).upper
        error = upward((2 * norm + error) * error + rounding, 6)
        x = Ball._unchecked(square.mid, np.minimum(square.rad, error))
    return x


def _shift(a: Ball) -> float:
    """The mean of the diagonal, or 0 where subtracting it does not halve the norm or its exponential is extreme."""
    with np.errstate(over="ignore"):
        mean = float(np.mean(a.mid.diagonal()))
    if not abs(mean) <= _LARGEST_SHIFT:
        return 0.0
    return mean if 2 * infinity_norm_bound(a - exact(mean * np.eye(len(a)))) <= infinity_norm_bound(a) else 0.0


def _taylor(x: Ball) -> Ball:
    """I + X (I + X/2 (I + X/3 (...)))."""
    identity = exact(np.eye(len(x)))
    result = identity + x / float(_DEGREE)
    for k in range(_DEGREE - 1, 0, -1):
        result = identity + matmul(x, result) / float(k)
    return result


def _remainder(theta: float) -> float:
    """Upper bound of sum_{k > degree} theta^k / k! for theta <= 1/4; roundings and later terms: the factor 2."""
    term = 1.0
    for k in range(1, _DEGREE + 2):
        term = term * theta / k
    return 2.0 * term + 2 * SMALLEST_SUBNORMAL
