"""Verified orthonormal bases of the row space and the null space of matrices of full row rank."""

import math
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.linalg

from certify.arithmetic import Ball, matmul, unbounded
from certify.arithmetic.products import vector_norms
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, inflate_products
from certify.linear_algebra.matrix_input import is_bounded, matrix_ball
from certify.linear_algebra.norms import two_norm_bound, upward
from certify.linear_algebra.residual import exact, power_of_two, scale_by_powers
from certify.verdict import Verdict
from foundation import InputError


@final
@dataclass(frozen=True, eq=False)
class SubspaceBasis:
    """An orthonormal basis of a subspace that belongs to a matrix J (m, n) of full row rank.

    full_rank: PROVED when every J in the ball has rank m; else UNDECIDED, and `vectors` is unbounded.
    vectors: Ball (n, k) whose columns enclose, for every J in the ball, the basis W (W^T W)^(-1/2), the orthonormal one
    closest to W in the Frobenius norm. W = J^T C with C = `reference` (m, m) for the row space, k = m; W = the
    orthogonal projection to the null space of the columns of `reference` (n, k), k = n - m.
    """

    vectors: Ball
    reference: np.ndarray
    full_rank: Verdict


def orthonormal_normal_basis(matrix: Any) -> SubspaceBasis:
    """An orthonormal basis (n, m) of the row space of J (m, n), m <= n, the normal space of {J x = 0}, and its rank.

    With J^T = Q R approximately and C = R^-1, W = J^T C has W^T W = I + E. ||E||_2 <= e < 1 proves that J has rank m,
    and ||(I + E)^(-1/2) - I||_2 <= (1 - e)^(-1/2) - 1 bounds the distance of the basis from W [N. Higham, Functions of
    Matrices, chapter 8: the polar factor]. Raises `InputError` on malformed input and for m > n.
    """
    j = _wide_matrix(matrix)
    guess = _inverse_triangular_factor(j) if is_bounded(j) else None
    if guess is None:
        return SubspaceBasis(unbounded(j.shape[::-1]), np.zeros((len(j), len(j))), Verdict.UNDECIDED)
    vectors = _polar_factor(matmul(j.T, exact(guess)))
    return SubspaceBasis(vectors, guess, _decided(vectors))


def null_space(matrix: Any) -> SubspaceBasis:
    """An orthonormal basis (n, n - m) of the null space of J (m, n), m <= n, tangent to {J x = 0}; and the rank.

    With Q the basis of the row space and N0 floats, W = N0 - Q (Q^T N0) is the projection of N0, and the
    polar factor of W is enclosed as in `orthonormal_normal_basis`. Raises `InputError` on malformed input and m > n.
    """
    j = _wide_matrix(matrix)
    rows, columns = j.shape
    normal = orthonormal_normal_basis(j)
    if normal.full_rank is not Verdict.PROVED:
        reference = np.zeros((columns, columns - rows))
        return SubspaceBasis(unbounded(reference.shape), reference, Verdict.UNDECIDED)
    reference = scipy.linalg.qr(normal.vectors.mid)[0][:, rows:]
    if rows == columns:
        return SubspaceBasis(exact(reference), reference, Verdict.PROVED)
    overlap = matmul(normal.vectors.T, exact(reference))
    vectors = _polar_factor(exact(reference) - matmul(normal.vectors, overlap))
    return SubspaceBasis(vectors, reference, _decided(vectors))


def _wide_matrix(matrix: Any) -> Ball:
    j = matrix_ball(matrix)
    if j.shape[0] > j.shape[1]:
        raise InputError(f"a matrix of full row rank has no more rows than columns, but the shape is {j.shape}")
    return j


def _inverse_triangular_factor(j: Ball) -> np.ndarray | None:
    """C with J^T C nearly orthonormal (an estimate); None when J is deficient. Rows are scaled by powers of two."""
    scaling = 1.0 / power_of_two(np.abs(j.mid).max(axis=1))
    scaled = scale_by_powers(j, scaling[:, None]).mid
    with np.errstate(all="ignore"):
        try:
            factor = np.linalg.inv(np.linalg.qr(scaled.T, mode="r")) * scaling[:, None]
        except np.linalg.LinAlgError:
            return None
    return factor if np.isfinite(factor).all() else None


def _polar_factor(w: Ball) -> Ball:
    """Enclosure of W (W^T W)^(-1/2); unbounded when ||W^T W - I||_2 < 1 is not proved."""
    defect = two_norm_bound(matmul(w.T, w) - exact(np.eye(w.shape[1])))
    if not defect < 1:
        return unbounded(w.shape)
    gap = math.nextafter(1.0 - defect, 0.0)
    # (1 - e)^(-1/2) - 1 = e / (s (1 + s)), s = (1 - e)^(1/2), without cancellation
    root = math.nextafter(math.sqrt(gap), 0.0)
    distance = upward(defect / (root * (1 + root)), 6)
    return w.widened(inflate_products(distance * (vector_norms(w.magnitude, 1) + SMALLEST_SUBNORMAL), 2)[:, None])


def _decided(vectors: Ball) -> Verdict:
    return Verdict.PROVED if is_bounded(vectors) else Verdict.UNDECIDED
