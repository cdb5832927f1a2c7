"""All eigenvalues of a general matrix as counted discs; safe on defective matrices."""

import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.linalg
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from certify.arithmetic import Ball
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF
from certify.linear_algebra.clusters import clustered_discs
from certify.linear_algebra.complex_ball import ComplexBall
from certify.linear_algebra.discs import Eigenvalues, merged, unknown
from certify.linear_algebra.gershgorin import complex_square, counted_discs
from certify.linear_algebra.residual import power_of_two, scale_by_powers
from certify.linear_algebra.similarity import diagonalised
from certify.linear_algebra.symmetric_eigenvalues import symmetric_eigenvalues

# A merged disc is taken apart by a block diagonalisation when it is this much wider than the data's own error.
_SUSPICIOUS = 1e4


def eigenvalues(matrix: Any) -> Eigenvalues:
    """Counted discs of all eigenvalues of a square matrix (n, n): floats (real or complex), `Ball` or `ComplexBall`.

    Proved for every matrix in the ball. The matrix is split along its exact zeros into irreducible diagonal blocks
    (a triangular matrix gives its diagonal), scaled by powers of two, and brought to nearly diagonal form with
    approximate eigenvectors; Gershgorin's discs of the result are counted [S. Miyajima, J. Comput. Appl. Math. 233
    (2010); Horn and Johnson, theorem 6.1.1]. Eigenvalues whose discs meet share a disc. Where eigenvectors fail
    (defective matrices), invariant subspaces from an ordered Schur form take their place, with a
    diagonal scaling by a Perron vector; at worst one disc holds all n eigenvalues. Exactly symmetric
    floats go to `symmetric_eigenvalues`. Raises `InputError` on malformed input.
    """
    a, real = complex_square(matrix)
    parts = [_block_discs(block, real) for block in irreducible_blocks(a)]
    if len(parts) == 1:
        return parts[0]
    centers, radii, counts, moduli, real_parts = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("centers", "radii", "counts", "moduli", "real_parts")
    )
    return merged(centers, radii, counts, real, (moduli, real_parts))


def irreducible_blocks(a: ComplexBall) -> list[ComplexBall]:
    """Diagonal blocks that have the eigenvalues of A together: strongly connected components of the graph of its
    entries that may differ from zero (a simultaneous permutation makes A block triangular)."""
    pattern = csr_matrix((a.mid != 0) | (a.rad > 0))
    number, labels = connected_components(pattern, directed=True, connection="strong")
    if number == 1:
        return [a]
    order = np.argsort(labels, kind="stable")
    members = np.split(order, np.cumsum(np.bincount(labels, minlength=number))[:-1])
    return [a[np.ix_(index, index)] for index in members]


def normalised(a: ComplexBall) -> tuple[ComplexBall, float]:
    """(M, f): M f is similar to A, f a power of two; M's entries are of size one and balanced."""
    size = max(float(np.abs(a.mid.real).max()), float(np.abs(a.mid.imag).max()))
    factor = float(power_of_two(np.asarray(size)))
    return _balanced(_scale(a, 1 / factor)), factor


def _block_discs(a: ComplexBall, real: bool) -> Eigenvalues:
    if not np.isfinite(a.rad).all():
        return unknown(len(a.mid))
    if len(a.mid) == 1:
        return merged(a.mid[0], a.rad[0], np.ones(1, np.int64), real)
    if real and not a.rad.any() and np.array_equal(a.mid, a.mid.T):
        return _symmetric_discs(a.mid.real)
    scaled, factor = normalised(a)
    return _rescaled(irreducible_discs(scaled, real), factor, real)


def irreducible_discs(a: ComplexBall, real: bool) -> Eigenvalues:
    """Discs of a matrix from `normalised`, by eigenvectors, or by invariant subspaces where that is sharper."""
    guess = _approximate_eigenvectors(a.mid.real if real else a.mid)
    if guess is None:
        return clustered_discs(a, real)
    form = diagonalised(a, *guess, real)
    if form is None:
        return clustered_discs(a, real)
    discs = counted_discs(form.centers, form.bound, np.ones(len(form.centers)), real)
    if not _is_suspicious(a, discs):
        return discs
    return min(discs, clustered_discs(a, real), key=_total_width)


def _is_suspicious(a: ComplexBall, discs: Eigenvalues) -> bool:
    own_error = len(a.mid) * UNIT_ROUNDOFF * np.linalg.norm(a.mid) + np.linalg.norm(a.rad)
    shared = discs.radii[discs.counts > 1]
    return bool(shared.size and shared.max() > _SUSPICIOUS * own_error)


def _total_width(discs: Eigenvalues) -> float:
    return float((discs.counts * discs.radii).sum())


def _approximate_eigenvectors(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """LAPACK's eigenvalues and eigenvectors (estimates); None when it fails."""
    try:
        values, vectors = np.linalg.eig(matrix)
    except np.linalg.LinAlgError:
        return None
    return (values, vectors) if np.isfinite(values).all() and np.isfinite(vectors).all() else None


def _balanced(a: ComplexBall) -> ComplexBall:
    """The similar matrix D^-1 A D, D powers of two, with rows and columns of like norms."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        scaling = scipy.linalg.matrix_balance(a.mid, permute=False, separate=True)[1][0]
    exponents = np.frexp(scaling)[1] - 1
    powers = 2.0 ** np.clip(exponents, -400, 400)
    return _scale(_scale(a, powers[None, :]), 1 / powers[:, None])


def _scale(a: ComplexBall, factor: np.ndarray | float) -> ComplexBall:
    """A times powers of two; what underflow loses is added to the radii."""
    if np.all(np.asarray(factor) == 1.0):
        return a
    zero = np.zeros(a.shape)
    real = scale_by_powers(Ball._unchecked(a.mid.real, a.rad), factor)
    imag = scale_by_powers(Ball._unchecked(a.mid.imag, zero), factor)
    bounded = np.isfinite(real.rad) & np.isfinite(imag.rad)
    mid = np.where(bounded, real.mid, 0.0) + 1j * np.where(bounded, imag.mid, 0.0)
    lost = np.where(imag.rad > 0, real.rad * (4 * UNIT_ROUNDOFF) + 4 * SMALLEST_SUBNORMAL, 0.0)
    return ComplexBall(mid, np.where(bounded, real.rad + lost, np.inf))


def _rescaled(discs: Eigenvalues, factor: float, real: bool) -> Eigenvalues:
    """Discs and bounds times a power of two, outward where it over- or underflows."""
    if factor == 1.0:
        return discs
    scaled = _scale(ComplexBall(discs.centers, discs.radii), factor)
    moduli, real_parts = (_outward(bounds, factor) for bounds in (discs.moduli, discs.real_parts))
    return merged(scaled.mid, scaled.rad, discs.counts, real, (np.maximum(moduli, 0.0), real_parts))


def _outward(bounds: np.ndarray, factor: float) -> np.ndarray:
    with np.errstate(over="ignore", under="ignore"):
        product = bounds * factor
        exact = product / factor == bounds
    return np.where(exact, product, np.nextafter(product, np.array([-np.inf, np.inf])))


def _symmetric_discs(matrix: np.ndarray) -> Eigenvalues:
    """The real intervals of `symmetric_eigenvalues`, merged where they meet."""
    intervals = symmetric_eigenvalues(matrix)
    lower, upper = intervals.lower, intervals.upper
    enclosures = Ball.from_bounds(lower, upper)
    moduli = np.stack([np.maximum(np.maximum(lower, -upper), 0.0), np.maximum(-lower, upper)], 1)
    discs = merged(
        enclosures.mid.astype(np.complex128),
        enclosures.rad,
        np.ones(len(matrix), np.int64),
        True,
        (moduli, np.stack([lower, upper], 1)),
    )
    return replace(discs, is_real=np.isfinite(discs.radii))
