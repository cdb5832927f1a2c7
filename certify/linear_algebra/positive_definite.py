"""Proof or refutation that a symmetric matrix, of floats or balls, is positive definite."""

from fractions import Fraction
from typing import Any

import numpy as np
import scipy.linalg

from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF, gamma
from certify.linear_algebra.exact_matrix import exact_integers, is_exactly_definite
from certify.linear_algebra.matrix_input import is_bounded, symmetric_ball
from certify.linear_algebra.norms import two_norm_bound
from certify.linear_algebra.power_of_two_scaling import congruent, equilibrating_exponents
from certify.linear_algebra.shifted_cholesky import smallest_eigenvalue_bound
from certify.verdict import Verdict


def is_positive_definite(matrix: Any) -> Verdict:
    """PROVED when every symmetric matrix in `matrix` is positive definite, REFUTED when none is, else UNDECIDED.

    `matrix`: (n, n) exact numbers, exactly symmetric, or a ball matrix; `InputError` otherwise. PROVED
    rests on one Cholesky factor and its verified residual, after an exact scaling of rows and columns by powers
    of two (`smallest_eigenvalue_bound`); the radii are charged with a bound of their norm. REFUTED rests on a
    vector v with v^T A v <= 0, evaluated in balls. Exact matrices that neither settles, of integers and rationals too,
    are decided up to order 100 and beyond by the signs of their characteristic polynomial in integers. UNDECIDED:
    sharpen the radii, or the matrix is large and within rounding of singular.
    """
    given = symmetric_ball(matrix)
    if not is_bounded(given):
        return Verdict.REFUTED if _has_nonpositive_diagonal(given) else Verdict.UNDECIDED
    if _has_nonpositive_diagonal(given):
        return Verdict.REFUTED
    scaled = _equilibrated(given)
    if _is_proved(scaled):
        return Verdict.PROVED
    if _is_refuted(scaled):
        return Verdict.REFUTED
    exact = exact_integers(matrix)
    if exact is None:
        return Verdict.UNDECIDED
    return Verdict.PROVED if is_exactly_definite(exact[0]) else Verdict.REFUTED


def _has_nonpositive_diagonal(matrix: Ball) -> bool:
    mid, rad = np.diagonal(matrix.mid), np.diagonal(matrix.rad)
    return bool((Ball._unchecked(mid, rad).upper <= 0).any())


def _is_proved(matrix: Ball) -> bool:
    """Cholesky shifted by what its residual will cost, first by the trace bound, then as little as promises success."""
    size = len(matrix)
    radius = 0.0 if matrix.is_exact else two_norm_bound(matrix.rad)
    diagonal = np.diagonal(matrix.mid)
    generous = 1.5 * gamma(size) * float(diagonal.sum()) + 8 * size * UNIT_ROUNDOFF * float(diagonal.max())
    if smallest_eigenvalue_bound(matrix.mid, radius + generous, iterations=0) > radius:
        return True
    return any(
        smallest_eigenvalue_bound(matrix.mid, radius + fraction * generous, iterations=4) > radius
        for fraction in (0.25, 0.05)
    )


def _is_refuted(matrix: Ball) -> bool:
    """Whether a vector proposed by an eigenvalue routine has a proved v^T A v <= 0."""
    try:
        vector = scipy.linalg.eigh(matrix.mid, subset_by_index=[0, 0], check_finite=False)[1][:, 0]
    except (np.linalg.LinAlgError, ValueError):
        return False
    if not np.isfinite(vector).all():
        return False
    largest = float(np.abs(vector).max()) or 1.0
    # A null vector of small integers, rounded to a few bits, is often exact.
    candidates = (vector, np.round(vector / largest * 2.0**20) / 2.0**20)
    return any(_is_nonpositive_along(matrix, Ball.exact(v)) for v in candidates if v.any()) or (
        matrix.is_exact and _has_nonpositive_minor(matrix.mid)
    )


def _is_nonpositive_along(matrix: Ball, vector: Ball) -> bool:
    form = vector @ (matrix @ vector)
    return form.enclosure().upper <= 0


def _has_nonpositive_minor(matrix: np.ndarray) -> bool:
    """Whether the 2 x 2 principal minor that looks worst is <= 0, in rational arithmetic (the diagonal is positive)."""
    if len(matrix) < 2:
        return False
    scale = np.sqrt(np.diagonal(matrix))
    correlation = np.abs(matrix) / scale[:, None] / scale[None, :]
    np.fill_diagonal(correlation, 0.0)
    i, j = (int(k) for k in np.unravel_index(np.argmax(correlation), matrix.shape))
    first, second, shared = (Fraction(float(matrix[k])) for k in ((i, i), (j, j), (i, j)))
    return first * second - shared**2 <= 0


def _equilibrated(matrix: Ball) -> Ball:
    """D A D with powers of two that bring the diagonal near 1: definite exactly when A is."""
    exponents = equilibrating_exponents(np.diagonal(matrix.mid))
    if exponents is None:
        return matrix
    scaled = congruent(matrix, exponents)
    return matrix if scaled is None else scaled
