"""Proved enclosures of all eigenvalues of a symmetric matrix of floats or balls, each by its index."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import inflate_products, next_down, next_up
from certify.digits import at_most
from certify.enclosure import Enclosure
from certify.linear_algebra.matrix_input import is_bounded, symmetric_ball
from certify.linear_algebra.norms import infinity_norm_bound, two_norm_bound, upward
from certify.linear_algebra.power_of_two_scaling import level, scaled_bounds
from certify.linear_algebra.residual import residual
from foundation import Shown, Summary, more

# Veltkamp's constant: splits a float into two halves of at most 26 bits.
_SPLIT = 2.0**27 + 1.0


@final
@dataclass(frozen=True, eq=False, repr=False)
class SymmetricEigenvalues(Shown):
    """lower[i] <= lambda_i <= upper[i], proved, for the eigenvalues lambda_0 <= lambda_1 <= ... with multiplicity.

    `lower` and `upper` are (n,) floats, ascending. Neighbours whose intervals meet cannot be told apart: `clusters`
    counts them. A ball matrix: the bounds hold for every symmetric matrix in it.
    """

    lower: np.ndarray
    upper: np.ndarray

    def __len__(self) -> int:
        return len(self.lower)

    def __getitem__(self, index: int) -> Enclosure:
        return Enclosure(float(self.lower[index]), float(self.upper[index]))

    @property
    def clusters(self) -> tuple[tuple[int, int], ...]:
        """Ranges (start, stop) of indices: exactly stop - start eigenvalues lie in the hull of those intervals.

        Different ranges have disjoint hulls.
        """
        starts = np.flatnonzero(np.concatenate(([True], self.lower[1:] > self.upper[:-1])))
        return tuple(zip(starts.tolist(), [*starts[1:].tolist(), len(self)], strict=True))

    @property
    def width(self) -> float:
        """The widest of the intervals."""
        return max(self[i].width for i in range(len(self)))

    def _summary(self) -> Summary:
        shown = (str(self[k]) for k in range(len(self)))
        together = len(self) - len(self.clusters)
        rows = [("values", more(shown, 6, len(self))), ("widest interval", at_most(self.width))]
        rows += [("not told apart", f"{together} from a neighbour, see .clusters")] if together else []
        return Summary(f"{len(self)} eigenvalues, ascending, each proved", "", tuple(rows))


def symmetric_eigenvalues(matrix: Any) -> SymmetricEigenvalues:
    """Proved enclosures of all eigenvalues, in ascending order, of every symmetric matrix in `matrix`.

    `matrix`: (n, n) floats (exactly symmetric, taken as exact) or a ball matrix; `InputError` otherwise. Let X, D
    be approximate eigenvectors and ascending eigenvalues and R = A X - X D. *Lemma*: |lambda_i(A) - d_i| <=
    ||R|| / sigma_min(X) for every i. *Proof*: with X = U S V^T put A' = U^T A U, D' = V^T D V, E = A' - D'; then
    U^T R V = A' S - S D' = E S + (D' S - S D'), and the bracket is skew. For a unit eigenvector v of E with
    |eps| = ||E||: ||R|| >= |v^T U^T R V v| = |eps| v^T S v >= ||E|| sigma_min(X); Weyl's theorem bounds the rest.
    [W. Kahan's bound; Z. Cao, J. Xie, R. Li, A sharp version of Kahan's theorem, LAA 245 (1996).]
    sigma_min(X)^2 >= 1 - ||I - X^T X||. R is computed with twice the working precision [S. Rump, Acta Numerica 2010,
    ch. 10]. Eigenvalues that these intervals separate are sharpened to a few units in the last place by the bound
    of Kato and Temple, theta - eps^2 / (b - theta) <= lambda <= theta + eps^2 / (theta - a), with theta the Rayleigh
    quotient, eps the residual and (a, b) free of other eigenvalues [Parlett, The symmetric eigenvalue problem, 11.7].
    Radii widen each interval by a bound of their norm; unbounded radii give infinite intervals.
    """
    given = symmetric_ball(matrix)
    size = len(given)
    if not is_bounded(given):
        return SymmetricEigenvalues(np.full(size, -np.inf), np.full(size, np.inf))
    if size == 1:
        return SymmetricEigenvalues(given.lower.reshape(1), given.upper.reshape(1))
    scaled, exponent = level(given)
    lower, upper = _midpoint_eigenvalues(scaled.mid)
    if not scaled.is_exact:
        radius = two_norm_bound(scaled.rad)
        lower, upper = next_down(lower - radius), next_up(upper + radius)
    # the i-th eigenvalue is above every lower bound of those before it
    lower, upper = np.maximum.accumulate(lower), np.minimum.accumulate(upper[::-1])[::-1]
    return SymmetricEigenvalues(*scaled_bounds(lower, upper, exponent))


def _midpoint_eigenvalues(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    norm = infinity_norm_bound(matrix)
    trivial = np.full(len(matrix), -norm), np.full(len(matrix), norm)
    try:
        values, vectors = np.linalg.eigh(matrix)
    except np.linalg.LinAlgError:
        return trivial
    if not (np.isfinite(values).all() and np.isfinite(vectors).all()):
        return trivial
    order = np.argsort(values)
    values, vectors = values[order], np.ascontiguousarray(vectors[:, order])
    error = product_residual(matrix, vectors, vectors, values)
    smallest = smallest_singular_value(vectors)
    if smallest == 0.0:
        return trivial
    radius = upward(two_norm_bound(error) / smallest, 2)
    lower, upper = next_down(values - radius), next_up(values + radius)
    x = Ball.exact(vectors)
    squares = x.square().sum(axis=0)
    correction = (x * error).sum(axis=0) / squares
    lower, upper = sharpened(values, correction, column_squares(error) / next_down(squares.lower), lower, upper)
    return np.maximum(lower, -norm), np.minimum(upper, norm)


def product_residual(matrix: np.ndarray, vectors: np.ndarray, images: np.ndarray, values: np.ndarray) -> Ball:
    """Enclosure of A X - Y D with about twice the working precision, for exact floats of moderate size."""
    head, tail = two_product(images, values)
    return -(residual(Ball.exact(head), Ball.exact(matrix), vectors) + tail)


def two_product(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, Ball]:
    """fl(x y) and an enclosure of x y - fl(x y), exact unless the product is tiny [Dekker; Higham, section 4.3].

    For |x|, |y| below 2^500. Halves may underflow where |x y| < 2^-960: there both the error and its computed
    value are below 2^-980, and a radius covers them.
    """
    head = x * y
    x_high, y_high = (z * _SPLIT - (z * _SPLIT - z) for z in (x, y))
    x_low, y_low = x - x_high, y - y_high
    tail = x_low * y_low - (((head - x_high * y_high) - x_low * y_high) - x_high * y_low)
    tiny = (np.abs(head) < 2.0**-900) & (x != 0) & (y != 0)
    return head, Ball._unchecked(tail, np.where(tiny, 2.0**-950, 0.0))


def smallest_singular_value(vectors: np.ndarray) -> float:
    """Lower bound of sigma_min(X) for a nearly orthonormal X, from ||I - X^T X||; 0 when that is not below 1."""
    gram = Ball.exact(np.ascontiguousarray(vectors.T)) @ Ball.exact(vectors)
    defect = two_norm_bound(gram - np.eye(vectors.shape[1]))
    square = math.nextafter(1.0 - defect, -math.inf)
    return math.nextafter(math.sqrt(square), -math.inf) if square > 0 else 0.0


def sharpened(
    values: np.ndarray, correction: Ball, residual_squares: np.ndarray, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """The bound of Kato and Temple where an interval is alone; the interval as it was elsewhere.

    `lower` and `upper` enclose the eigenvalues by index, values + correction are Rayleigh quotients, and
    `residual_squares` bounds the squared residuals of their unit vectors from above.
    """
    below = np.concatenate(([-np.inf], upper[:-1]))
    above = np.concatenate((lower[1:], [np.inf]))
    # theta = values + correction must lie strictly between the neighbours
    to_below = next_down(next_down(values + correction.lower) - below)
    to_above = next_down(above - next_up(values + correction.upper))
    alone = (to_below > 0) & (to_above > 0)
    with np.errstate(divide="ignore", invalid="ignore", under="ignore", over="ignore"):
        down = inflate_products(residual_squares / to_above, 4)
        up = inflate_products(residual_squares / to_below, 4)
        sharp_lower = next_down(values + next_down(correction.lower - down))
        sharp_upper = next_up(values + next_up(correction.upper + up))
    lower = np.where(alone, np.maximum(lower, sharp_lower), lower)
    return lower, np.where(alone, np.minimum(upper, sharp_upper), upper)


def column_squares(matrix: Ball) -> np.ndarray:
    """Upper bounds of the squared Euclidean norms of the columns."""
    return np.asarray(inflate_products((matrix.magnitude**2).sum(axis=0), matrix.shape[0] + 4))
