"""How many eigenvalues of a sparse symmetric matrix lie below a number, by a verified multifrontal elimination."""

from dataclasses import dataclass
from typing import final

import numpy as np
import scipy.linalg
from scipy.sparse import csr_array

from certify.arithmetic.rounding import UNIT_ROUNDOFF, gamma
from certify.linear_algebra.ordering import Front
from certify.linear_algebra.shifted_cholesky import smallest_eigenvalue_bound
from certify.linear_algebra.symmetric_eigenvalues import symmetric_eigenvalues

# Stands for everything that underflows in an entry of a matrix whose entries are moderate (below 2^200).
_TINY = 2.0**-900


@final
@dataclass(frozen=True)
class Inertia:
    """With k = `below`: lambda_(k+1) >= lower and lambda_k <= upper (eigenvalues ascending, counted from 1)."""

    below: int
    lower: float
    upper: float


def inertia(
    matrix: csr_array, shift: float, fronts: tuple[Front, ...], perturbation: np.ndarray | None = None
) -> Inertia | None:
    """Proved count of the eigenvalues below and above `shift`, each side up to the proved backward error.

    `matrix`: exact, symmetric, entries between 2^-200 and 2^200 in size; `perturbation`: bounds of the row sums of
    an unknown symmetric matrix that is added to it. The elimination is a congruence, A - s I = L D L^T + E, with unit
    block triangular L and D = diag(F) made of the pivot blocks as they are stored. A front with pivot block F,
    coupling C, remainder G takes an approximate X ~ C F^-1 and S ~ G - X C^T. Then exactly
        [F C^T; C G] = [I; X I] diag(F, S) [I X^T; 0 I] + [0 W^T; W V],   W = C - X F,   V = G - S - X F X^T,
        V = (G - X C^T - S) + X W^T,
    so |W| and |V| are bounded a posteriori by products, for any X and S. ||E|| is at most the largest row sum of the
    bounds of all fronts. By Sylvester's law the signs of the eigenvalues of the blocks F, each proved, count
    those of L D L^T, and Weyl's theorem moves them by ||E|| at most. None when a block's signs are not proved.
    """
    work = _Elimination(matrix, shift, np.zeros(matrix.shape[0]) if perturbation is None else perturbation.copy())
    remainders: dict[int, np.ndarray] = {}
    below = 0
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        for position, front in enumerate(fronts):
            block = work.assembled(front, [(fronts[c].boundary, remainders.pop(c)) for c in front.children])
            count = len(front.pivots)
            negative = _negative_eigenvalues(np.ascontiguousarray(block[:count, :count]))
            if negative is None:
                return None
            below += negative
            if len(front.boundary):
                remainders[position] = work.eliminated(front, block)
        if remainders:
            raise ArithmeticError("the fronts are not an elimination order: a remainder was never used")
        operations = 8 * max(len(f.pivots) + len(f.boundary) for f in fronts) + 4 * len(fronts) + 64
        error = float(work.error.max()) * (1.0 + 4 * gamma(operations)) + _TINY
    if not np.isfinite(error):
        return None
    return Inertia(below, float(np.nextafter(shift - error, -np.inf)), float(np.nextafter(shift + error, np.inf)))


def _negative_eigenvalues(block: np.ndarray) -> int | None:
    """How many eigenvalues of the block are negative, all being proved to be non-zero; None when one may be zero."""
    if not np.isfinite(block).all():
        return None
    diagonal = np.diagonal(block)
    shift = 1.5 * gamma(len(block)) * float(diagonal.sum()) + 8 * len(block) * UNIT_ROUNDOFF * float(diagonal.max())
    if diagonal.min() > 0 and smallest_eigenvalue_bound(block, shift, iterations=0) > 0:
        return 0
    values = symmetric_eigenvalues(block)
    negative = int((values.upper < 0).sum())
    return negative if negative + int((values.lower > 0).sum()) == len(block) else None


class _Elimination:
    """The matrix being eliminated, and the row sums of the error made so far."""

    def __init__(self, matrix: csr_array, shift: float, error: np.ndarray) -> None:
        self.matrix, self.shift, self.error = matrix, shift, error
        self.place = np.full(matrix.shape[0], -1, np.int64)

    def assembled(self, front: Front, updates: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        """The front's dense matrix: what A has to say about the pivots, and the children's remainders."""
        order = np.concatenate((front.pivots, front.boundary))
        self.place[order] = np.arange(len(order))
        block = np.zeros((len(order), len(order)))
        rows = self.matrix[front.pivots]
        row = np.repeat(np.arange(len(front.pivots)), np.diff(rows.indptr))
        column = self.place[rows.indices]
        later = column >= 0
        block[row[later], column[later]] = rows.data[later]
        block[column[later], row[later]] = rows.data[later]
        diagonal = block.reshape(-1)[:: len(order) + 1][: len(front.pivots)]
        diagonal -= self.shift
        self.error[front.pivots] += np.abs(diagonal) * UNIT_ROUNDOFF + _TINY
        for boundary, remainder in updates:
            if (self.place[boundary] < 0).any():
                raise ArithmeticError(
                    "the fronts are not an elimination order: a child's boundary is not in its parent"
                )
            where = np.ix_(self.place[boundary], self.place[boundary])
            total = block[where] + remainder
            block[where] = total
            self.error[boundary] += np.abs(total).sum(axis=1) * UNIT_ROUNDOFF + len(boundary) * _TINY
        self.place[order] = -1
        return block

    def eliminated(self, front: Front, block: np.ndarray) -> np.ndarray:
        """The remainder S of a front, symmetric to the last bit; charges |W| and |V| to the row sums."""
        count = len(front.pivots)
        pivot, coupling = block[:count, :count], block[count:, :count]
        multiplier = _approximate_quotient(pivot, coupling)
        defect = np.abs(coupling - multiplier @ pivot)
        raw = block[count:, count:] - multiplier @ coupling.T
        remainder = raw / 2 + raw.T / 2
        size_x, size_c, size_f = np.abs(multiplier), np.abs(coupling), np.abs(pivot)
        # products with zeros and sums with them are exact: only the others count
        factor = gamma(int(np.count_nonzero(pivot, axis=0).max()) + 4)
        factor_c = gamma(int(np.count_nonzero(coupling, axis=1).max()) + 4)
        ones_p, ones_b = np.ones(count), np.ones(len(front.boundary))
        w_rows = self._defect_times(defect, size_x, size_f, factor, ones_p)
        w_columns = ones_b @ defect * (1 + 4 * UNIT_ROUNDOFF) + factor * ((ones_b @ size_x) @ size_f)
        w_columns = w_columns + len(front.boundary) * _TINY
        self.error[front.pivots] += w_columns
        # row sums of the symmetric part of V: half the row sums and half the column sums of its bound
        v_rows = factor_c * (size_x @ (ones_b @ size_c)) + size_x @ w_columns
        x_columns = ones_b @ size_x
        v_columns = factor_c * (size_c @ x_columns) + self._defect_times(defect, size_x, size_f, factor, x_columns)
        # the subtraction and the symmetric mean round by u each; both are at most the mean of |raw| and its transpose
        size_s = np.abs(raw)
        rounding = 4 * UNIT_ROUNDOFF * (size_s.sum(axis=0) + size_s.sum(axis=1))
        self.error[front.boundary] += w_rows + (v_rows + v_columns) / 2 + rounding + len(front.boundary) * _TINY
        return remainder

    @staticmethod
    def _defect_times(
        defect: np.ndarray, size_x: np.ndarray, size_f: np.ndarray, factor: float, vector: np.ndarray
    ) -> np.ndarray:
        """Bound of |W| v for v >= 0: the computed residual, its rounding and gamma |X| |F| for the product."""
        bound = (defect @ vector) * (1 + 4 * UNIT_ROUNDOFF) + factor * (size_x @ (size_f @ vector))
        return np.asarray(bound + _TINY * vector.sum())


def _approximate_quotient(pivot: np.ndarray, coupling: np.ndarray) -> np.ndarray:
    """X ~ C F^-1: a guess."""
    try:
        factor = scipy.linalg.cho_factor(pivot, check_finite=False)
        return np.ascontiguousarray(scipy.linalg.cho_solve(factor, coupling.T, check_finite=False).T)
    except np.linalg.LinAlgError:
        pass
    try:
        return np.ascontiguousarray(np.linalg.solve(pivot, coupling.T).T)
    except np.linalg.LinAlgError:
        return np.zeros(coupling.shape)
