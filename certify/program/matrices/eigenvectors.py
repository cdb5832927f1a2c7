"""Eigenvectors of balls of symmetric matrices, and singular vectors, where the spectrum is proved to be separated.

Approximate eigenvectors X bring A near the diagonal: C = X^-1 A X. An eigenvector of C with entry k equal to 1 and the
others z_j is a fixed point of z_j = -(sum over i != j of C_ji y_i) / (C_jj - l), l = sum_i C_ki y_i, where y is z with
that 1. A box that this maps into itself holds one, for every C of the ball [L. Brouwer, 1911]; where the n intervals of
l are disjoint, they hold all eigenvalues, one each, so that each eigenvector is the one found.
"""

import itertools
from functools import partial

import flint
import numpy as np

from certify.program.matrices.factorisations import arbs, dot, midpoints, product, solution, symmetric_from_lower
from certify.program.matrices.fixed_points import box_of_fixed_point
from foundation import InputError
from foundation.arb_precision import arb_precision

# The correction converges quadratically: from float64 to this many bits and more.
_MOST_CORRECTIONS = 24


def eigenvectors(a: np.ndarray) -> np.ndarray:
    """Unit eigenvectors of the symmetric matrix with the lower triangle of `a`, as columns in ascending order of the
    eigenvalues, shape (n, n).

    One vector of each pair v, -v, continuous over the ball. Unbounded where eigenvalues are not proved to be separated.
    """
    full = symmetric_from_lower(a)
    if not all(entry.is_finite() for entry in full.flat):
        raise InputError("the eigenvectors of a matrix with unbounded entries; shrink the balls")
    with arb_precision(2 * flint.ctx.prec + 32):
        found = _enclosed(full)
    return np.full(a.shape, flint.arb(0, float("inf")), dtype=object) if found is None else found


def singular_vectors(a: np.ndarray) -> np.ndarray:
    """Unit eigenvectors of A^T A (of A A^T where A has more columns than rows), in descending order of the singular
    values.
    """
    with arb_precision(2 * flint.ctx.prec + 32):
        gram = product(a.T, a) if a.shape[0] >= a.shape[1] else product(a, a.T)
    return eigenvectors(gram)[:, ::-1]


def _enclosed(full: np.ndarray) -> np.ndarray | None:
    basis = _approximate(np.asarray(_MID(full), dtype=object))
    if basis is None:
        return None
    nearly = solution(basis, product(full, basis))
    if not all(entry.is_finite() for entry in nearly.flat):
        return None
    others = box_of_fixed_point(partial(_mapped, nearly), _mapped(nearly, arbs(np.zeros(nearly.shape))), _WIDER)
    if others is None:
        return None
    levels = _levels(nearly, others)
    order = np.argsort(midpoints(levels))
    if not all(levels[i] < levels[j] for i, j in itertools.pairwise(order)):
        return None
    y = others + arbs(np.eye(len(full)))
    metric = product(product(basis.T, basis), y)
    lengths = np.array([dot(y[:, k], metric[:, k]).sqrt() for k in range(len(full))], dtype=object)
    return np.asarray((product(basis, y) / lengths)[:, order], dtype=object)


_MID = np.frompyfunc(lambda x: x.mid(), 1, 1)


def _approximate(matrix: np.ndarray) -> np.ndarray | None:
    """Eigenvectors of an exact matrix up to the working precision: LAPACK's, corrected; None where it fails."""
    try:
        basis = arbs(np.linalg.eigh(midpoints(matrix))[1])
    except (np.linalg.LinAlgError, ValueError):
        return None
    enough = flint.arb(2) ** (-(flint.ctx.prec // 2))
    for _ in range(_MOST_CORRECTIONS):
        nearly = solution(basis, product(matrix, basis))
        change = np.asarray(_MID(_mapped(nearly, arbs(np.zeros(matrix.shape)))), dtype=object)
        if not all(entry.is_finite() for entry in change.flat):
            return None
        basis = np.asarray(_MID(basis + product(basis, change)), dtype=object)
        if all(abs(entry) < enough for entry in change.flat):
            break
    return basis


def _wider(x: flint.arb) -> flint.arb:
    """A fourth wider; an exact zero, as the diagonal has, stays one."""
    if x.is_zero():
        return x
    return x + flint.arb(0, 0.25) * x.rad() + flint.arb(0, 1) * (abs(x.mid()) * flint.arb(2) ** -flint.ctx.prec)


_WIDER = np.frompyfunc(_wider, 1, 1)


def _levels(nearly: np.ndarray, others: np.ndarray) -> np.ndarray:
    """l of every column, shape (n,)."""
    return np.asarray(nearly.diagonal() + product(_off_diagonal(nearly), others).diagonal(), dtype=object)


def _mapped(nearly: np.ndarray, others: np.ndarray) -> np.ndarray:
    """The image of all columns' z, with zeros on the diagonal; unbounded where a denominator may be zero."""
    rest = _off_diagonal(nearly)
    coupled = product(rest, others)
    levels = nearly.diagonal() + coupled.diagonal()
    numerators = rest + _off_diagonal(coupled)
    gaps = nearly.diagonal()[:, None] - levels[None, :] + arbs(np.eye(len(nearly)))
    return np.where(np.eye(len(nearly), dtype=bool), arbs(np.zeros(nearly.shape)), -numerators / gaps)


def _off_diagonal(matrix: np.ndarray) -> np.ndarray:
    return np.where(np.eye(len(matrix), dtype=bool), arbs(np.zeros(matrix.shape)), matrix)
