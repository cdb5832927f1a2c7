"""The QR factorisation of balls of matrices, and the signs of its reflections."""

from collections.abc import Iterator

import flint
import numpy as np
import scipy.linalg

from certify.program.errors import UndecidedBranch
from certify.program.matrices.factorisations import arbs, dot, midpoints, plain_cholesky, product, substituted
from foundation import InputError


def orthogonal_factors(a: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The reduced Q (m, k), R (k, n), k = min(m, n), with the signs of Householder's reflections as in LAPACK.

    With X ~ R^-1 upper triangular, B = A X and C^T C = B^T B: R = C X^-1 and Q = B C^-1, up to the signs. The
    diagonal of R has the sign opposite to the pivot's, R_ii = -sign(alpha) norm, and alpha's own where nothing is
    left below it [LAPACK, dlarfg]. Full column rank of the first k columns is required.
    """
    count = min(a.shape)
    first = a[:, :count]
    guess = _inverse_r(midpoints(first))
    if guess is None:
        raise InputError("the QR factors of a matrix that is not proved to have full rank")
    x = arbs(guess)
    b = product(first, x)
    # near the identity: substitution does not grow, and keeps the exact zeros that decide about reflections
    lower = plain_cholesky(product(b.T, b))
    q = substituted(lower, b.T).T
    r = substituted(x.T, lower).T
    signs = _reflection_signs(q)
    rows, columns = np.indices(r.shape)
    q, r = q * signs, np.where(rows <= columns, r, arbs(np.zeros(r.shape))) * signs[:, None]
    if a.shape[1] > count:
        r = np.concatenate([r, product(q.T, a[:, count:])], axis=1)
    return q, r


def _inverse_r(matrix: np.ndarray) -> np.ndarray | None:
    try:
        factor = np.asarray(np.linalg.qr(matrix, mode="r"))
        inverse = scipy.linalg.solve_triangular(factor, np.eye(len(factor)))
    except (np.linalg.LinAlgError, ValueError):
        return None
    inverse = np.triu(inverse) * np.sign(factor.diagonal())
    return inverse if np.isfinite(inverse).all() and inverse.diagonal().all() else None


def _reflection_signs(q: np.ndarray) -> np.ndarray:
    """The sign of each diagonal entry of R, from Householder's reflections of the orthonormal columns."""
    signs = []
    for alpha, rest in _reflected(q):
        if all(entry.is_zero() for entry in rest):
            signs.append(_sign(alpha))
            continue
        if not any(not entry.contains(0) for entry in rest):
            raise UndecidedBranch("a column of a QR factorisation may or may not be reflected; shrink the balls")
        signs.append(-1 if alpha.is_zero() else -_sign(alpha))
    return np.array(signs, dtype=object)


def signs_are_open(q: np.ndarray) -> bool:
    """Whether around these orthonormal columns each sign stays: no pivot is 0, and no part below it vanishes."""
    return all(
        not alpha.contains(0) and (rest.size == 0 or any(not entry.contains(0) for entry in rest))
        for alpha, rest in _reflected(q)
    )


def _reflected(q: np.ndarray) -> Iterator[tuple[flint.arb, np.ndarray]]:
    """For each column, after the reflections before it: its entry on the diagonal, and those below.

    H = I - v v^T / (1 + |alpha|) with v = x + sign(alpha) e_1, as x has norm 1; none where nothing is left below.
    """
    work = q.copy()
    for k in range(q.shape[1]):
        alpha, rest = work[k, k], work[k + 1 :, k].copy()
        yield alpha, rest
        if all(entry.is_zero() for entry in rest):
            continue
        v = work[k:, k].copy()
        v[0] = v[0] + (1 if alpha.is_zero() else _sign(alpha))
        scale = 1 / (1 + abs(alpha))
        for j in range(k + 1, q.shape[1]):
            work[k:, j] = work[k:, j] - v * (dot(v, work[k:, j]) * scale)


def _sign(x: flint.arb) -> int:
    if x > 0:
        return 1
    if x < 0:
        return -1
    raise UndecidedBranch("a sign of a QR factorisation cannot be decided by the balls; shrink them")
