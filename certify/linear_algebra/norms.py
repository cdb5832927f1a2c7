"""Proved upper bounds of matrix norms, for matrices of floats or balls."""

import math
from typing import Any

import numpy as np

from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, gamma, inflate_products
from certify.linear_algebra.matrix_input import matrix_ball
from certify.linear_algebra.perron import upper_sum


def upward(value: float, operations: int) -> float:
    """Upper bound of a sum of products of non-negative floats computed with at most `operations` roundings per path."""
    return float(inflate_products(np.asarray(value), operations))


def infinity_norm_bound(matrix: Any) -> float:
    """Upper bound of max_i sum_j |a_ij| over the ball; infinite for unbounded radii."""
    return float(upper_sum(_magnitude(matrix), 1).max())


def one_norm_bound(matrix: Any) -> float:
    """Upper bound of max_j sum_i |a_ij| over the ball; infinite for unbounded radii."""
    return float(upper_sum(_magnitude(matrix), 0).max())


def frobenius_norm_bound(matrix: Any) -> float:
    """Upper bound of (sum |a_ij|^2)^(1/2) over the ball; infinite for unbounded radii."""
    return frobenius_of_floats(_magnitude(matrix))


def two_norm_bound(matrix: Any) -> float:
    """Upper bound of the spectral norm over the ball in O(mn) operations, no sharper than the norm of |A|.

    The least of the Frobenius norm, (|A|_1 |A|_inf)^(1/2) and the Perron bound of |A| [S. Rump, Verified bounds
    for singular values, BIT 51 (2011)]. `spectral_norm` is the sharp one.
    """
    magnitude = _magnitude(matrix)
    if not np.isfinite(magnitude).all():
        return math.inf
    rows, columns = float(upper_sum(magnitude, 1).max()), float(upper_sum(magnitude, 0).max())
    mixed = upward(math.sqrt(rows) * math.sqrt(columns), 8)
    return min(mixed, frobenius_of_floats(magnitude), _scaled_perron_norm(magnitude))


def perron_square(matrix: np.ndarray, iterations: int) -> float:
    """Upper bound of ||B||^2 for a non-negative matrix B of floats, from max_i (B^T B x)_i / x_i over positive x.

    x comes from `iterations` steps of the power method [Collatz 1942; Rump, BIT 51 (2011)]. O(mn) an iteration.
    """
    # as upper_product and upper_quotient, with one look for infinities a round: a maximum of NaN is NaN
    (rows, columns), x, best = matrix.shape, np.ones(matrix.shape[1]), math.inf
    first, second = (1.0 + 4 * gamma(count + 2) for count in (columns, rows))
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for _ in range(iterations + 1):
            image = np.matmul(matrix, x) * first + (columns + 1) * SMALLEST_SUBNORMAL
            y = np.matmul(matrix.T, image) * second + (rows + 1) * SMALLEST_SUBNORMAL
            top, peak = float((y / x * (1.0 + 4 * UNIT_ROUNDOFF) + SMALLEST_SUBNORMAL).max()), float(y.max())
            best = top if top < best else best
            # Any x > 0 gives a bound; the floor keeps it positive where B^T B is reducible.
            x = np.maximum(y / peak, 1e-8) if 0 < peak < math.inf else np.ones(columns)
    return best


def frobenius_of_floats(matrix: np.ndarray) -> float:
    """Upper bound of the Frobenius norm of floats, safe against overflow and underflow of the squares."""
    flat = matrix.ravel(order="K")
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = float(np.dot(flat, flat))
    if 2.0**-900 < squares < 2.0**900:
        return square_root_of_squares(squares, matrix.size)
    largest = float(max(matrix.max(initial=0.0), -matrix.min(initial=0.0)))
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    exponent = math.frexp(largest)[1]
    # Scaling rounds what it pushes below the normal range by less than eta an entry.
    scaled = np.ldexp(matrix, -exponent).ravel()
    root = square_root_of_squares(float(np.dot(scaled, scaled)), matrix.size)
    bound = upward(root + math.sqrt(matrix.size) * SMALLEST_SUBNORMAL, 4)
    return _scaled_back(bound, exponent)


def square_root_of_squares(computed: float, count: int) -> float:
    """Upper bound of (sum x_i^2)^(1/2) from the `computed` inner product of `count` floats with themselves.

    The computed sum is low by at most gamma_n times itself and by eta for each square that underflows.
    """
    return upward(math.sqrt(computed * (1.0 + 4 * gamma(count + 2)) + 2 * (count + 1) * SMALLEST_SUBNORMAL), 4)


def _magnitude(matrix: Any) -> np.ndarray:
    return matrix_ball(matrix).magnitude


def _scaled_perron_norm(magnitude: np.ndarray) -> float:
    """The Perron bound after a scaling that keeps squares inside the float range."""
    largest = float(magnitude.max())
    if largest == 0.0:
        return 0.0
    exponent = math.frexp(largest)[1]
    # eta an entry covers what the scaling pushes below the normal range
    scaled = np.ldexp(magnitude, -exponent) + SMALLEST_SUBNORMAL
    bound = upward(math.sqrt(perron_square(scaled, iterations=6)), 2)
    return _scaled_back(bound, exponent)


def _scaled_back(bound: float, exponent: int) -> float:
    """bound * 2^exponent, rounded up; infinite on overflow."""
    with np.errstate(over="ignore", under="ignore"):
        return upward(float(np.ldexp(bound, exponent)), 1)
