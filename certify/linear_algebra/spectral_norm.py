"""Proved enclosure of the spectral norm of a matrix of floats or balls."""

import math
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, gamma
from certify.enclosure import Enclosure
from certify.linear_algebra.extreme_eigenvalues import approximate_extremes, eigenvalue_side
from certify.linear_algebra.matrix_input import is_bounded, matrix_ball
from certify.linear_algebra.norms import perron_square, two_norm_bound, upward
from certify.linear_algebra.power_of_two_scaling import level, scaled_enclosure


def spectral_norm(matrix: Any) -> Enclosure:
    """Proved enclosure of ||A||, the largest singular value, for every A in `matrix`, (m, n) floats or balls.

    From above: alpha^2 I - A^T A >= -eps I by one verified Cholesky factor, where the rounding error of the Gram
    matrix costs gamma_m || |A| ||^2 and the radii cost a bound of their norm [S. Rump, Verified bounds for singular
    values, BIT 51 (2011)]. From below: |A v| / |v| in balls. Relative width about 1e-11 for random matrices of size
    1000. Unbounded radii give [0, inf). Raises `InputError` on an empty array, NaN and infinities.
    """
    given = matrix_ball(matrix)
    if not is_bounded(given):
        return Enclosure(0.0, math.inf)
    if given.shape[0] < given.shape[1]:
        given = given.T
    scaled, exponent = level(given)
    coarse = two_norm_bound(scaled)
    radius = 0.0 if scaled.is_exact else two_norm_bound(scaled.rad)
    gram, error = _gram(np.ascontiguousarray(scaled.mid))
    (low, _), (high, vector) = approximate_extremes(gram, refine=(False, True))
    square = max(eigenvalue_side(Ball.exact(gram), (high, vector), high - low, 0.0, +1).upper, 0.0)
    upper = upward(math.sqrt(upward(square + error, 2)) + radius, 4)
    lower = _image_norm(scaled, vector)
    upper = min(upper, coarse)
    return scaled_enclosure(Enclosure(min(lower, upper), upper), exponent)


def _gram(matrix: np.ndarray) -> tuple[np.ndarray, float]:
    """A symmetric float matrix G and a bound of ||G - A^T A|| for an exact (m, n) matrix A of moderate size.

    |G - A^T A| <= gamma_m |A|^T |A| + m eta entrywise, for either triangle of the computed product.
    """
    gram = matrix.T @ matrix
    if not np.array_equal(gram, gram.T):
        gram = np.triu(gram) + np.triu(gram, 1).T
    rows, columns = matrix.shape
    square = perron_square(np.abs(matrix), iterations=3)
    return gram, upward(gamma(rows) * square + (rows + 1) * columns * SMALLEST_SUBNORMAL, 4)


def _image_norm(matrix: Ball, vector: np.ndarray) -> float:
    """Lower bound of |A v| / |v| over the ball."""
    v = Ball.exact(vector)
    image = matrix @ v
    # the ball of the closest points: any bound of |A v|^2 from below will do
    least = Ball.exact(np.maximum(image.mignitude, 0.0))
    quotient = ((least @ least) / (v @ v)).enclosure().lower
    return math.nextafter(math.sqrt(quotient), 0.0) if quotient > 0 else 0.0
