"""Proved enclosures of the eigenvalues of a symmetric definite pencil, A x = lambda P x with P > 0."""

import math
from typing import Any

import numpy as np
import scipy.linalg
from scipy.linalg import lapack

from certify.arithmetic import Ball
from certify.arithmetic.rounding import gamma, next_down, next_up
from certify.enclosure import Enclosure
from certify.linear_algebra.extreme_eigenvalues import UNBOUNDED, Pair, approximate_extremes
from certify.linear_algebra.matrix_input import is_bounded, symmetric_pair
from certify.linear_algebra.norms import two_norm_bound, upward
from certify.linear_algebra.positive_definite import is_positive_definite
from certify.linear_algebra.power_of_two_scaling import congruent, equilibrating_exponents
from certify.linear_algebra.residual import residual
from certify.linear_algebra.shifted_cholesky import smallest_eigenvalue_bound
from certify.linear_algebra.symmetric_eigenvalues import SymmetricEigenvalues, column_squares, sharpened, two_product
from certify.verdict import Verdict
from foundation import InputError

# An enclosure wider than this, relative to the larger end of the spectrum, is worth a full decomposition.
_WIDE = 1e-10


def extreme_pencil_eigenvalues(matrix: Any, definite: Any) -> tuple[Enclosure, Enclosure]:
    """Proved enclosures of the smallest and the largest lambda with A x = lambda P x, for every A and P in the balls.

    `matrix` A and `definite` P: (n, n) symmetric floats (exact) or ball matrices. lambda_max <= alpha when
    alpha P - A >= 0, which one Cholesky factor with a verified residual proves; the inner sides are quotients
    x^T A x / x^T P x in balls. Where the conditioning of P spoils that, the bounds of `pencil_eigenvalues` join.
    Raises `InputError` when P is proved not to be positive definite; when that is undecided, or a radius is
    unbounded, both enclosures are infinite.
    """
    pencil = _checked_pencil(matrix, definite)
    if pencil is None:
        return UNBOUNDED, UNBOUNDED
    a, p = _equilibrated(*pencil)
    pairs = _approximate_pairs(a.mid, p.mid)
    if pairs is None:
        low = high = UNBOUNDED
    else:
        low, high = _side(a, p, pairs[0], -1), _side(a, p, pairs[1], +1)
    size = max(abs(low.midpoint), abs(high.midpoint))
    if max(low.width, high.width) <= _WIDE * size:
        return low, high
    every = _all_eigenvalues(a, p)
    return low.intersect(every[0]), high.intersect(every[len(every) - 1])


def pencil_eigenvalues(matrix: Any, definite: Any) -> SymmetricEigenvalues:
    """Proved enclosures of all lambda with A x = lambda P x, in ascending order, for every A and P in the balls.

    Let X, D approximate the eigenvectors (X^T P X ~ I) and eigenvalues, R = A X - P X D, phi >= ||I - X^T P X||.
    With P = L L^T and Y = L^T X the lemma of `symmetric_eigenvalues` for L^-1 A L^-T gives |lambda_i - d_i| <=
    ||L^-1 R|| / sigma_min(Y), and L^-1 R = Y (Y^T Y)^-1 X^T R, hence
        |lambda_i - d_i| <= ||X^T R|| (1 + phi)^(1/2) / (1 - phi)^(3/2).
    R is computed with twice the working precision; isolated eigenvalues are sharpened by the bound of Kato and Temple
    in the inner product of P. `InputError` when P is proved not to be positive definite; infinite intervals when
    that is undecided or a radius is unbounded.
    """
    pencil = _checked_pencil(matrix, definite)
    return _unknown(len(matrix)) if pencil is None else _all_eigenvalues(*_equilibrated(*pencil))


def _checked_pencil(matrix: Any, definite: Any) -> tuple[Ball, Ball] | None:
    """(A, P) with P proved positive definite; None when that, or a radius, is open."""
    a, p = symmetric_pair(matrix, definite, ("A", "P"))
    verdict = is_positive_definite(p)
    if verdict is Verdict.REFUTED:
        raise InputError("P must be positive definite, but it is proved not to be; exchange or shift the two matrices")
    return (a, p) if verdict is Verdict.PROVED and is_bounded(a) else None


def _equilibrated(a: Ball, p: Ball) -> tuple[Ball, Ball]:
    """D A D and D P D with powers of two: the same eigenvalues."""
    exponents = equilibrating_exponents(np.diagonal(p.mid))
    if exponents is None:
        return a, p
    scaled_a, scaled_p = congruent(a, exponents), congruent(p, exponents)
    return (a, p) if scaled_a is None or scaled_p is None else (scaled_a, scaled_p)


def _approximate_pairs(a: np.ndarray, p: np.ndarray) -> tuple[Pair, Pair] | None:
    """Approximate extreme eigenpairs through L^-1 A L^-T: guesses."""
    factor, failure = lapack.dpotrf(p, lower=1, clean=1)
    if failure:
        return None
    with np.errstate(all="ignore"):
        half = scipy.linalg.solve_triangular(factor, a, lower=True, check_finite=False)
        whole = scipy.linalg.solve_triangular(factor, half.T, lower=True, check_finite=False)
    if not np.isfinite(whole).all():
        return None
    low, high = approximate_extremes(np.ascontiguousarray((whole + whole.T) / 2))
    back = [
        (value, scipy.linalg.solve_triangular(factor, vector, lower=True, trans=1)) for value, vector in (low, high)
    ]
    if not all(np.isfinite(vector).all() and vector.any() for _, vector in back):
        return None
    return back[0], back[1]


def _side(a: Ball, p: Ball, pair: Pair, sign: int) -> Enclosure:
    """Enclosure of the largest eigenvalue (sign +1) or the smallest (sign -1)."""
    estimate, vector = sign * pair[0], pair[1] / np.abs(pair[1]).max()
    x = Ball.exact(vector)
    weight = x @ (p @ x)
    inner = ((x @ (a @ x)) / weight * float(sign)).enclosure().lower
    relative = weight / (x @ x)
    # where x^T P x drowns in rounding errors its midpoint may be 0 or negative: it is about as large as they are
    growth = float(relative.mid) if relative.mid > 0 else float(relative.magnitude)
    outer = _outer_bound(a, p, sign, max(estimate, inner), growth)
    inner = min(inner, outer)
    return Enclosure(inner, outer) if sign > 0 else Enclosure(-outer, -inner)


def _outer_bound(a: Ball, p: Ball, sign: int, estimate: float, weight: float) -> float:
    """A proved upper bound of the largest eigenvalue of (sign * A, P): alpha with alpha P - sign * A >= 0.

    At the eigenvector x of the estimate that form grows by `weight` = x^T P x / x^T x with alpha: enough to pay for
    the rounding errors of the factorisation (`room`) and the radii.
    """
    signed = a if sign > 0 else -a
    diagonal = estimate * np.diagonal(p.mid) - np.diagonal(signed.mid)
    room = gamma(len(a)) * float(np.abs(diagonal).sum()) / 32
    loss = 0.0
    if not 0 < weight < math.inf:
        return math.inf
    for _ in range(8):
        alpha = estimate + 2 * (room + 2 * loss) / weight
        if not math.isfinite(alpha):
            return math.inf
        shifted = p * alpha - signed
        loss = two_norm_bound(shifted.rad)
        if smallest_eigenvalue_bound(np.ascontiguousarray(shifted.mid), room + loss) >= loss:
            return alpha
        room *= 8
    return math.inf


def _all_eigenvalues(a: Ball, p: Ball) -> SymmetricEigenvalues:
    try:
        values, vectors = scipy.linalg.eigh(a.mid, p.mid, check_finite=False)
    except (np.linalg.LinAlgError, ValueError):
        return _unknown(len(a))
    if not (np.isfinite(values).all() and np.isfinite(vectors).all()):
        return _unknown(len(a))
    vectors = np.ascontiguousarray(vectors)
    x = Ball.exact(vectors)
    metric = x.T @ (p @ x)
    defect = two_norm_bound(metric - np.eye(len(a)))
    if not defect < 0.5:
        return _unknown(len(a))
    error = _pencil_residual(a, p, values, vectors)
    reduced = x.T @ error
    remaining = math.nextafter(1 - defect, 0.0)
    growth = upward(math.sqrt(upward(1 + defect, 1)) / (remaining * math.sqrt(remaining)), 6)
    radius = upward(two_norm_bound(reduced) * growth, 2)
    lower, upper = next_down(values - radius), next_up(values + radius)
    lengths = Ball._unchecked(np.diagonal(metric.mid), np.diagonal(metric.rad))
    correction = Ball._unchecked(np.diagonal(reduced.mid), np.diagonal(reduced.rad)) / lengths
    # |L^-1 r|^2 = (X^T r)^T (X^T P X)^-1 (X^T r) <= |X^T r|^2 / (1 - phi), over |x|_P^2 >= 1 - phi
    squares = column_squares(reduced) / math.nextafter(remaining * remaining, 0.0)
    lower, upper = sharpened(values, correction, next_up(squares), lower, upper)
    return SymmetricEigenvalues(np.maximum.accumulate(lower), np.minimum.accumulate(upper[::-1])[::-1])


def _pencil_residual(a: Ball, p: Ball, values: np.ndarray, vectors: np.ndarray) -> Ball:
    """Enclosure of A X - P X D, from one product [A, -P] [X; X D] with twice the working precision."""
    head, tail = two_product(vectors, values)
    side_by_side = Ball._unchecked(np.hstack((a.mid, -p.mid)), np.hstack((a.rad, p.rad)))
    zero = Ball.exact(np.zeros(vectors.shape))
    return -residual(zero, side_by_side, np.vstack((vectors, head))) - p @ tail


def _unknown(size: int) -> SymmetricEigenvalues:
    return SymmetricEigenvalues(np.full(size, -np.inf), np.full(size, np.inf))
