"""Eigenvalue clusters and defective eigenvalues: discs from invariant subspaces instead of eigenvectors."""

import warnings

import numpy as np
import scipy.linalg
from scipy.linalg.lapack import ztrsen
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from certify.arithmetic.rounding import UNIT_ROUNDOFF
from certify.linear_algebra.complex_ball import ComplexBall
from certify.linear_algebra.discs import Eigenvalues, unknown
from certify.linear_algebra.gershgorin import counted_discs
from certify.linear_algebra.similarity import NearlyDiagonal, block_diagonalised
from certify.linear_algebra.stein import stein_factor

# Factors on the estimated perturbation of each eigenvalue: larger ones put more eigenvalues into one cluster.
_CAUTION = (1.0, 1e2, 1e4)
_MOST_BLOCKS = 64


def clustered_discs(a: ComplexBall, real_matrix: bool) -> Eigenvalues:
    """Counted discs of A (n, n), bounded, from X^-1 A X ~ blockdiag(T_1, T_2, ...), one block a cluster.

    X holds orthonormal bases of the clusters' invariant subspaces (ordered Schur forms) and eigenvectors of
    isolated eigenvalues. A block with center c, |N| <= bound, is scaled by d > 0 with bound d <= beta d: every scaled
    row sum is then at most beta, the least that a scaling attains (Collatz and Wielandt), e.g. c + O(eps^(1/k)) for a
    Jordan block of size k. The last resort is one cluster: X is nearly unitary, which always succeeds.
    """
    guess = _schur(a.mid)
    if guess is None:
        return unknown(len(a.mid))
    triangular, unitary = guess
    best: Eigenvalues | None = None
    for labels in _clusterings(a, triangular, unitary):
        form = _block_form(a, triangular, unitary, labels)
        if form is None:
            continue
        discs = counted_discs(form.centers, form.bound, _scaling(form, labels), real_matrix)
        if best is None or (discs.counts * discs.radii).sum() < (best.counts * best.radii).sum():
            best = discs
    return unknown(len(a.mid)) if best is None else best


def _clusterings(a: ComplexBall, triangular: np.ndarray, unitary: np.ndarray) -> list[np.ndarray]:
    """Labels (n,) of the eigenvalues on the diagonal of the Schur form, from fine to coarse; all in one at the end."""
    n = len(triangular)
    values = triangular.diagonal()
    error = n * UNIT_ROUNDOFF * np.linalg.norm(a.mid) + np.linalg.norm(a.rad)
    reach = error * _condition_numbers(triangular)
    result: list[np.ndarray] = []
    for caution in _CAUTION:
        near = np.abs(values[:, None] - values[None, :]) <= caution * (reach[:, None] + reach[None, :])
        number, labels = connected_components(csr_matrix(near), directed=False)
        clusters = int((np.bincount(labels) > 1).sum())
        if number > 1 and clusters <= _MOST_BLOCKS and not any(np.array_equal(labels, old) for old in result):
            result.append(labels)
    return [*result, np.zeros(n, np.int64)]


def _condition_numbers(triangular: np.ndarray) -> np.ndarray:
    """Estimates of 1 / |y^* x| for unit left and right eigenvectors, one per eigenvalue of the triangular matrix."""
    n = len(triangular)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        values, left, right = scipy.linalg.eig(triangular, left=True, right=True)
        overlap = np.abs(np.einsum("ij,ij->j", left.conj(), right))
    # for a triangular matrix LAPACK returns the eigenvalues in the order of the diagonal
    if not np.allclose(values, triangular.diagonal()):
        return np.full(n, 1e16)
    return np.asarray(1.0 / np.maximum(np.nan_to_num(overlap), 1e-16))


def _block_form(
    a: ComplexBall, triangular: np.ndarray, unitary: np.ndarray, labels: np.ndarray
) -> NearlyDiagonal | None:
    """X^-1 A X near a block diagonal matrix, rows in the order of the Schur form, sorted by label."""
    n = len(labels)
    error = n * UNIT_ROUNDOFF * float(np.linalg.norm(a.mid)) / max(n, 1) ** 0.5 + float(a.rad.max())
    vectors, blocks, centers = np.zeros((n, n), complex), np.zeros((n, n), complex), np.zeros(n, complex)
    for label in range(labels.max() + 1):
        index = np.flatnonzero(labels == label)
        basis, block = _invariant_subspace(triangular, unitary, labels == label, error)
        vectors[:, index] = basis
        blocks[np.ix_(index, index)] = block
        centers[index] = np.mean(block.diagonal())
    if not (np.isfinite(vectors).all() and np.isfinite(blocks).all()):
        return None
    return block_diagonalised(a, blocks, vectors, centers)


def _invariant_subspace(
    triangular: np.ndarray, unitary: np.ndarray, select: np.ndarray, error: float
) -> tuple[np.ndarray, np.ndarray]:
    """Orthonormal basis (n, k) of the subspace of the selected eigenvalues, and A's block on it."""
    k = int(select.sum())
    if k == len(select):
        block, basis = triangular, unitary
    else:
        moved, whole, *_ = ztrsen(select.astype(np.int32), triangular, unitary, job="N", wantq=1)
        block, basis = np.triu(moved[:k, :k]), whole[:, :k]
    return _staircase(block, basis, error) if k > 1 else (basis, block)


def _staircase(block: np.ndarray, basis: np.ndarray, error: float) -> tuple[np.ndarray, np.ndarray]:
    """The basis, of the same subspace, in which a diagonal scaling brings block - center closest to zero.

    Candidates are the Schur basis and the axes of Stein's ellipsoids for the computed eigenvalues' spread: for a
    perturbed Jordan block these show the chain again, which the Schur form of the perturbed matrix hides.
    """
    k = len(block)
    center = np.mean(block.diagonal())
    shifted = block - center * np.eye(k)
    spread = float(np.abs(shifted.diagonal()).max())
    best, result = _perron_root(np.abs(shifted) + error), (basis, block)
    for margin in (0.02, 0.2, 1.0) if spread > 0 else ():
        guess = stein_factor(shifted, spread * (1 + margin) + error)
        if guess is None:
            continue
        axes = guess[0]
        turned = axes.conj().T @ shifted @ axes
        root = _perron_root(np.abs(turned) + error)
        if root < best:
            best, result = root, (basis @ axes, turned + center * np.eye(k))
    return result


def _perron_root(matrix: np.ndarray) -> float:
    return float(np.abs(np.linalg.eigvals(matrix)).max())


def _scaling(form: NearlyDiagonal, labels: np.ndarray) -> np.ndarray:
    scaling = np.ones(len(labels))
    for label in range(labels.max() + 1):
        index = np.flatnonzero(labels == label)
        if len(index) > 1:
            scaling[index] = _perron_scaling(form.bound[np.ix_(index, index)])
    return scaling


def _perron_scaling(bound: np.ndarray) -> np.ndarray:
    """d > 0 with bound d <= beta d for beta just above the Perron root: (beta - bound)^-1 applied to ones."""
    n = len(bound)
    if not np.isfinite(bound).all():
        return np.ones(n)
    root = float(np.abs(np.linalg.eigvals(bound)).max())
    with np.errstate(all="ignore"):
        for factor in (1.02, 1.1, 1.5, 3.0):
            try:
                d = np.linalg.solve(factor * root * np.eye(n) - bound, np.ones(n))
            except np.linalg.LinAlgError:
                continue
            if np.isfinite(d).all() and (d > 0).all():
                return np.asarray(d / d.max())
    return np.ones(n)


def _schur(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Complex Schur form (an estimate); None when LAPACK fails."""
    try:
        triangular, unitary = scipy.linalg.schur(matrix, output="complex")
    except (np.linalg.LinAlgError, ValueError):
        return None
    return (triangular, unitary) if np.isfinite(triangular).all() and np.isfinite(unitary).all() else None
