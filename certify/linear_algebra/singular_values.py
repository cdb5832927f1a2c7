"""Proved enclosures of all singular values of a matrix of floats or balls, each by its index."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import next_down, next_up
from certify.digits import at_most
from certify.enclosure import Enclosure
from certify.linear_algebra.matrix_input import is_bounded, matrix_ball
from certify.linear_algebra.norms import two_norm_bound
from certify.linear_algebra.power_of_two_scaling import level, scaled_bounds
from certify.linear_algebra.residual import residual
from certify.linear_algebra.symmetric_eigenvalues import product_residual
from foundation import Shown, Summary, more


@final
@dataclass(frozen=True, eq=False, repr=False)
class SingularValues(Shown):
    """lower[i] <= sigma_i <= upper[i], proved, for sigma_0 >= sigma_1 >= ... >= 0, min(m, n) of them."""

    lower: np.ndarray
    upper: np.ndarray

    def __len__(self) -> int:
        return len(self.lower)

    def __getitem__(self, index: int) -> Enclosure:
        return Enclosure(float(self.lower[index]), float(self.upper[index]))

    @property
    def width(self) -> float:
        """The widest of the intervals."""
        return max(self[i].width for i in range(len(self)))

    def _summary(self) -> Summary:
        shown = (str(self[k]) for k in range(len(self)))
        rows = (("values", more(shown, 6, len(self))), ("widest interval", at_most(self.width)))
        return Summary(f"{len(self)} singular values, descending, each proved", "", rows)


def singular_values(matrix: Any) -> SingularValues:
    """Proved enclosures of all singular values, in descending order, of every A in `matrix`, (m, n) floats or balls.

    From an approximate decomposition A V = U S (m >= n, else A^T is taken) with R = A V - U S, Weyl's and the
    multiplicative inequalities [Horn and Johnson, Topics in Matrix Analysis, 3.3.16] give
        (s_i sigma_min(U) - ||R||) / sigma_max(V) <= sigma_i(A) <= (s_i sigma_max(U) + ||R||) / sigma_min(V),
    where the singular values of U lie in [(1 - phi)^(1/2), (1 + phi)^(1/2)], phi >= ||I - U^T U||, and V's alike
    [compare S. Rump, Verified bounds for singular values, BIT 51 (2011)]. R and phi are computed with twice the
    working precision: absolute widths are about 1e-15 times a few ||A||. Radii widen by a bound of their norm.
    Unbounded radii give [0, inf). Raises `InputError` on an empty array, NaN and infinities.
    """
    given = matrix_ball(matrix)
    count = min(given.shape)
    if not is_bounded(given):
        return SingularValues(np.zeros(count), np.full(count, np.inf))
    if given.shape[0] < given.shape[1]:
        given = given.T
    scaled, exponent = level(given)
    lower, upper = _midpoint_values(np.ascontiguousarray(scaled.mid))
    if not scaled.is_exact:
        radius = two_norm_bound(scaled.rad)
        lower, upper = np.maximum(next_down(lower - radius), 0.0), next_up(upper + radius)
    lower, upper = np.maximum.accumulate(lower[::-1])[::-1], np.minimum.accumulate(upper)
    return SingularValues(*scaled_bounds(lower, upper, exponent))


def _midpoint_values(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    count = matrix.shape[1]
    norm = two_norm_bound(matrix)
    trivial = np.zeros(count), np.full(count, norm)
    try:
        left, values, right = np.linalg.svd(matrix, full_matrices=False)
    except np.linalg.LinAlgError:
        return trivial
    if not all(np.isfinite(part).all() for part in (left, values, right)):
        return trivial
    vectors = np.ascontiguousarray(right.T)
    error = two_norm_bound(product_residual(matrix, vectors, left, values))
    (least_left, most_left), (least_right, most_right) = (_singular_range(part) for part in (left, vectors))
    if least_right <= 0:
        return trivial
    low = next_down(next_down(next_down(values * least_left) - error) / most_right)
    high = next_up(next_up(next_up(values * most_left) + error) / least_right)
    return np.maximum(low, 0.0), np.minimum(high, norm)


def _singular_range(vectors: np.ndarray) -> tuple[float, float]:
    """Bounds of the singular values of a matrix with nearly orthonormal columns; (0, ...) when it is not near."""
    defect = residual(Ball.exact(np.eye(vectors.shape[1])), Ball.exact(np.ascontiguousarray(vectors.T)), vectors)
    size = two_norm_bound(defect)
    low = math.nextafter(1.0 - size, -math.inf)
    low = math.nextafter(math.sqrt(low), 0.0) if low > 0 else 0.0
    return low, math.nextafter(math.sqrt(math.nextafter(1.0 + size, math.inf)), math.inf)
