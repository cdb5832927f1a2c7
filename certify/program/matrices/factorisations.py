"""Cholesky, LU and QR factors of one matrix of Arb balls, enclosed a posteriori.

An approximate factor from LAPACK preconditions the matrix to one near the identity, whose factors interval
elimination encloses without growth; they are brought back by exact triangular matrices. Everything is proved: the
floats are only guesses. Matrices are object arrays of `flint.arb`, shape (m, n).
"""

import warnings
from typing import NamedTuple

import flint
import numpy as np
import scipy.linalg

from certify.program.errors import UndecidedBranch
from foundation import InputError

# Exact matrices up to this order are eliminated in rational numbers, where ties of pivots are decided.
_EXACT_ORDER = 12


def product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The matrix product."""
    if x.shape[1] == 0:
        return arbs(np.zeros((x.shape[0], y.shape[1])))
    return _array(flint.arb_mat(x.tolist()) * flint.arb_mat(y.tolist()))


def arbs(floats: np.ndarray) -> np.ndarray:
    """Floats as exact Arb numbers."""
    return np.asarray(np.frompyfunc(flint.arb, 1, 1)(floats), dtype=object).reshape(floats.shape)


def midpoints(x: np.ndarray) -> np.ndarray:
    """Floats near the midpoints; NaN and infinities where there is none."""
    return np.array([float(entry.mid()) for entry in x.flat]).reshape(x.shape)


def solution(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """{A^-1 b}, shapes (n, n) and (n, p); unbounded where non-singularity is not proved."""
    if not b.size:
        return b
    exact = _exact_triangular_solution(a, b)
    if exact is not None:
        return exact
    result = _array(flint.arb_mat(a.tolist()).solve(flint.arb_mat(b.tolist()), nonstop=True, algorithm="precond"))
    if all(entry.is_finite() for entry in result.flat):
        return result
    result = _array(flint.arb_mat(a.tolist()).solve(flint.arb_mat(b.tolist()), nonstop=True))
    return np.asarray(_BOUNDED(result), dtype=object)


def _exact_triangular_solution(a: np.ndarray, b: np.ndarray) -> np.ndarray | None:
    """By substitution, which keeps zeros, for exact triangular matrices with a diagonal free of zeros; else None."""
    if not all(entry.is_exact() for entry in a.flat) or any(entry.is_zero() for entry in a.diagonal()):
        return None
    if all(entry.is_zero() for entry in a[np.triu_indices(len(a), 1)]):
        return substituted(a, b)
    if all(entry.is_zero() for entry in a[np.tril_indices(len(a), -1)]):
        return substituted(a[::-1, ::-1], b[::-1])[::-1]
    return None


_BOUNDED = np.frompyfunc(lambda x: x if x.is_finite() else flint.arb(0, float("inf")), 1, 1)


def _array(matrix: flint.arb_mat) -> np.ndarray:
    result = np.empty((matrix.nrows(), matrix.ncols()), dtype=object)
    result.reshape(-1)[:] = matrix.entries()
    return result


def cholesky(a: np.ndarray) -> np.ndarray:
    """The lower triangular L with positive diagonal and L L^T = A, where A is proved positive definite.

    Only the lower triangle of A is read. With X ~ L^-1 lower triangular: L = X^-1 chol(X A X^T).
    """
    full = symmetric_from_lower(a)
    inverse = _inverse_of_factor(midpoints(full))
    if inverse is None:
        return plain_cholesky(full)
    x = arbs(inverse)
    return np.asarray(_ZERO_ABOVE(solution(x, plain_cholesky(product(product(x, full), x.T))), _above(len(a))))


_ZERO_ABOVE = np.frompyfunc(lambda value, zero: flint.arb(0) if zero else value, 2, 1)


def _above(size: int) -> np.ndarray:
    return np.triu(np.ones((size, size), bool), 1)


def symmetric_from_lower(a: np.ndarray) -> np.ndarray:
    """The symmetric matrix with the lower triangle of `a`."""
    rows, columns = np.indices(a.shape)
    return np.where(rows >= columns, a, a.T)


def _inverse_of_factor(matrix: np.ndarray) -> np.ndarray | None:
    try:
        factor = np.linalg.cholesky(matrix)
        inverse = scipy.linalg.solve_triangular(factor, np.eye(len(matrix)), lower=True)
    except (np.linalg.LinAlgError, ValueError):
        return None
    inverse = np.tril(inverse)
    return inverse if np.isfinite(inverse).all() and inverse.diagonal().all() else None


def plain_cholesky(a: np.ndarray) -> np.ndarray:
    """Column by column [Higham, Accuracy and Stability, section 10.1]; a pivot that is not proved positive refuses."""
    size = len(a)
    factor = arbs(np.zeros((size, size)))
    for j in range(size):
        pivot = a[j, j] - _squares(factor[j, :j])
        if not pivot > 0:
            raise InputError("the Cholesky factor of a matrix that is not proved positive definite; shrink the balls")
        factor[j, j] = pivot.sqrt()
        for i in range(j + 1, size):
            factor[i, j] = (a[i, j] - dot(factor[i, :j], factor[j, :j])) / factor[j, j]
    return factor


def dot(x: np.ndarray, y: np.ndarray) -> flint.arb:
    return sum((a * b for a, b in zip(x, y, strict=True)), flint.arb(0))


def _squares(x: np.ndarray) -> flint.arb:
    return sum((abs(a) * abs(a) for a in x), flint.arb(0))


class Elimination(NamedTuple):
    """A[order] = L U: `packed` holds the strict lower triangle of L and the upper triangle of U, shape (m, n)."""

    packed: np.ndarray
    order: np.ndarray


def elimination(a: np.ndarray) -> Elimination:
    """LU factors with partial pivoting: each pivot is the first entry of largest magnitude in its column.

    |L_ij| < 1 proves that the pivots are those; where two entries may tie, `UndecidedBranch` (exact matrices
    up to order 12 are eliminated in rational numbers).
    """
    if max(a.shape) <= _EXACT_ORDER and all(entry.is_exact() for entry in a.flat):
        return _rational_elimination(a)
    return decided_elimination(a)


def decided_elimination(a: np.ndarray) -> Elimination:
    """As `elimination`, where each pivot is proved larger than all entries below it: around A the order is one."""
    size = min(a.shape)
    order = _guessed_order(midpoints(a))
    packed = _plain_elimination(a[order])
    for j in range(size):
        if not all(abs(entry) < 1 for entry in packed[j + 1 :, j]):
            raise UndecidedBranch("the pivots of an LU factorisation cannot be decided by the balls; shrink them")
    return Elimination(packed, order)


def _guessed_order(matrix: np.ndarray) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            indices = scipy.linalg.lu(matrix, p_indices=True)[0]
        except ValueError:
            raise InputError("the LU factors of a matrix with unbounded entries; shrink the balls") from None
    return np.argsort(indices)


def _plain_elimination(a: np.ndarray) -> np.ndarray:
    """Doolittle's elimination without pivoting [Higham, section 9.1], square part preconditioned to near the identity.

    With X ~ L^-1 unit lower, Y ~ U^-1 upper, M = X A Y: L = X^-1 L_M and U = U_M Y^-1.
    """
    size = min(a.shape)
    guesses = _inverse_factors(midpoints(a[:size, :size]))
    if guesses is None:
        return _doolittle(a)
    x, y = (arbs(guess) for guess in guesses)
    middle = _doolittle(product(product(x, a[:size, :size]), y))
    rows, columns = np.indices(middle.shape)
    zero = arbs(np.zeros(middle.shape))
    unit = np.where(rows > columns, middle, arbs(np.eye(size)))
    lower = solution(x, unit)
    upper = solution(y.T, np.where(rows <= columns, middle, zero).T).T
    packed = np.where(rows > columns, lower, upper)
    if a.shape[0] > size:  # L_below = A_below U^-1
        below = solution(np.where(rows <= columns, upper, zero).T, a[size:].T).T
        return np.concatenate([packed, below])
    if a.shape[1] > size:  # U_right = L^-1 A_right
        right = solution(np.where(rows > columns, lower, arbs(np.eye(size))), a[:, size:])
        return np.concatenate([packed, right], axis=1)
    return packed


def _inverse_factors(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    size = len(matrix)
    packed = matrix.copy()
    with np.errstate(all="ignore"):
        for k in range(size):
            packed[k + 1 :, k] /= packed[k, k]
            packed[k + 1 :, k + 1 :] -= np.outer(packed[k + 1 :, k], packed[k, k + 1 :])
    if not np.isfinite(packed).all() or not packed.diagonal().all():
        return None
    identity = np.eye(size)
    lower = scipy.linalg.solve_triangular(np.tril(packed, -1) + identity, identity, lower=True, unit_diagonal=True)
    upper = scipy.linalg.solve_triangular(np.triu(packed), identity)
    lower, upper = np.tril(lower, -1) + identity, np.triu(upper)
    good = np.isfinite(lower).all() and np.isfinite(upper).all() and upper.diagonal().all()
    return (lower, upper) if good else None


def _doolittle(a: np.ndarray) -> np.ndarray:
    packed = a.copy()
    for k in range(min(a.shape)):
        if packed[k, k].contains(0):
            if k + 1 == len(packed):
                break
            raise UndecidedBranch("an LU factorisation meets a pivot that may be zero; shrink the balls")
        for i in range(k + 1, len(packed)):
            packed[i, k] = packed[i, k] / packed[k, k]
            packed[i, k + 1 :] = packed[i, k + 1 :] - packed[i, k] * packed[k, k + 1 :]
    return packed


def _rational_elimination(a: np.ndarray) -> Elimination:
    """In exact rational numbers; a column of zeros is left as it is, as LAPACK does."""
    packed = np.array([_rational(entry) for entry in a.flat], dtype=object).reshape(a.shape)
    order = np.arange(len(a))
    for k in range(min(a.shape)):
        pivot = k + max(range(len(a) - k), key=lambda i: (abs(packed[k + i, k]), -i))
        packed[[k, pivot]], order[[k, pivot]] = packed[[pivot, k]], order[[pivot, k]]
        if packed[k, k] == 0:
            continue
        for i in range(k + 1, len(a)):
            packed[i, k] = packed[i, k] / packed[k, k]
            packed[i, k + 1 :] = packed[i, k + 1 :] - packed[i, k] * packed[k, k + 1 :]
    return Elimination(np.asarray(np.frompyfunc(flint.arb, 1, 1)(packed), dtype=object), order)


def _rational(x: flint.arb) -> flint.fmpq:
    mantissa, exponent = x.man_exp()
    two = flint.fmpq(2)
    return flint.fmpq(mantissa) * (two ** int(exponent))


def substituted(lower: np.ndarray, b: np.ndarray) -> np.ndarray:
    """L^-1 b by forward substitution; zeros of L are skipped."""
    result = b.copy()
    for i in range(len(lower)):
        for j in range(i):
            if not lower[i, j].is_zero():
                result[i] = result[i] - lower[i, j] * result[j]
        result[i] = result[i] / lower[i, i]
    return result
