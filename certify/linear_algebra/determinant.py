"""Verified determinants and log-determinants from an approximate LU factorisation."""

import math
import warnings
from typing import Any

import numpy as np
import scipy.linalg
from flint import arb

from certify.arithmetic import Ball, matmul
from certify.arithmetic.elementary.arb import float_bounds
from certify.enclosure import Enclosure
from certify.linear_algebra.inverse import equilibrated, integer_matrix
from certify.linear_algebra.matrix_input import is_bounded, square_ball
from certify.linear_algebra.norms import frobenius_norm_bound, two_norm_bound
from certify.linear_algebra.residual import exact
from foundation.arb_precision import arb_precision

_PRECISION = 192
# Exact integer elimination is used at once up to the first order, and up to the second where LU proves nothing.
_EXACT_ORDER, _LARGEST_EXACT_ORDER = 12, 100


def determinant(matrix: Any) -> Enclosure:
    """Enclosure of det A over the square ball matrix (n, n); [-inf, inf] for unbounded radii.

    With P A ~ L U, X ~ L^-1 unit triangular, Y ~ U^-1 triangular and M = X P A Y = I + E, ||E||_2 < 1:
    det A = +- det M / prod_i Y_ii and |log det M - tr E| <= ||E||_F^2 / (2 (1 - ||E||_2)), from the series of
    log(I + E) and |tr E^k| <= ||E||_F^2 ||E||_2^(k-2).
    Small float matrices are eliminated exactly in integers; where nothing else holds, Hadamard's inequality for
    Q^T A, Q nearly orthogonal, bounds |det A|. Raises `InputError` on malformed input.
    """
    with arb_precision(_PRECISION):
        value = _determinant(square_ball(matrix))
        return Enclosure(0.0, 0.0) if value.is_zero() else Enclosure(*float_bounds(value))


def log_determinant(matrix: Any) -> tuple[int | None, Enclosure]:
    """(sign, log |det A|), enclosed over the square ball matrix (n, n), without over- or underflow of det A.

    The sign is 1, -1, or 0 with log -inf for a matrix proved to be singular; None when it is undecided, and the
    enclosure then has an infinite lower bound. The method is that of `determinant`.
    """
    with arb_precision(_PRECISION):
        value = _determinant(square_ball(matrix))
        if value.is_zero():
            return 0, Enclosure(-math.inf, -math.inf)
        if value > 0 or value < 0:
            return (1 if value > 0 else -1), Enclosure(*float_bounds(abs(value).log()))
        if not value.is_finite():
            return None, Enclosure(-math.inf, math.inf)
        return None, Enclosure(-math.inf, float_bounds(value.abs_upper().log())[1])


def _determinant(a: Ball) -> arb:
    if not is_bounded(a):
        return arb("0 +/- inf")
    if a.is_exact and len(a) <= _EXACT_ORDER:
        return _exact_determinant(a.mid)
    scaled, rows, columns = equilibrated(a)
    value = _factored(scaled)
    if value is None and a.is_exact and len(a) <= _LARGEST_EXACT_ORDER:
        return _exact_determinant(a.mid)
    if value is None:
        bound = _hadamard(scaled)
        value = arb("0 +/- inf") if not math.isfinite(bound) else arb(0, bound)
    # the scalings are powers of two, undone exactly
    exponent = sum(int(e) - 1 for e in np.frexp(np.concatenate([rows, columns]))[1])
    return value / arb(2) ** exponent


def _exact_determinant(matrix: np.ndarray) -> arb:
    integers, exponents = integer_matrix(matrix)
    return arb(integers.det()) * arb(2) ** sum(exponents)


def _factored(a: Ball) -> arb | None:
    """det A from the approximate triangular factors; None when ||E||_2 < 1 is not proved."""
    factors = _inverse_factors(a.mid)
    if factors is None:
        return None
    order, lower, upper = factors
    near_identity = matmul(matmul(exact(lower), a[order]), exact(upper))
    error = near_identity - exact(np.eye(len(a)))
    norm, square = two_norm_bound(error), frobenius_norm_bound(error)
    if not norm < 1:
        return None
    trace = sum((arb(float(m), float(r)) for m, r in zip(*_diagonal(error), strict=True)), arb(0))
    remainder = arb(square) ** 2 / (2 * (1 - arb(norm)))
    logarithm = trace + arb(0, 1) * remainder
    product = arb(_permutation_sign(order))
    for value in upper.diagonal().tolist():
        product = product * arb(value)
    return logarithm.exp() / product


def _inverse_factors(matrix: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """(order, X, Y): rows A[order] ~ L U, X ~ L^-1 unit lower and Y ~ U^-1 upper triangular, exactly so."""
    identity = np.eye(len(matrix))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        try:
            order, lower, upper = scipy.linalg.lu(matrix, p_indices=True)
            left = scipy.linalg.solve_triangular(lower, identity, lower=True, unit_diagonal=True)
            right = scipy.linalg.solve_triangular(upper, identity)
        except (np.linalg.LinAlgError, ValueError):
            return None
    left = np.tril(left, -1) + identity
    right = np.triu(right)
    if not (np.isfinite(left).all() and np.isfinite(right).all() and right.diagonal().all()):
        return None
    # scipy returns A = L[order] U: the rows of P A are found by the inverse permutation
    return np.argsort(order), left, right


def _permutation_sign(order: np.ndarray) -> int:
    seen, sign = np.zeros(len(order), bool), 1
    for start in range(len(order)):
        length, position = 0, start
        while not seen[position]:
            seen[position], position, length = True, int(order[position]), length + 1
        sign = -sign if length and length % 2 == 0 else sign
    return sign


def _hadamard(a: Ball) -> float:
    """Upper bound of |det A| = |det(Q^T A)| / |det Q| by the norms of the rows of Q^T A."""
    basis = np.linalg.qr(a.mid)[0]
    defect = two_norm_bound(matmul(exact(basis.T), exact(basis)) - exact(np.eye(len(a))))
    if not defect < 1:
        return math.inf
    rows = matmul(exact(basis.T), a)
    norms = [frobenius_norm_bound(rows[row : row + 1]) for row in range(len(a))]
    with arb_precision(_PRECISION):
        bound = arb(1)
        for norm in norms:
            bound = bound * arb(norm)
        return float_bounds(bound / (1 - arb(defect)) ** (arb(len(a)) / 2))[1]


def _diagonal(a: Ball) -> tuple[list[float], list[float]]:
    return a.mid.diagonal().tolist(), np.broadcast_to(a.rad, a.shape).diagonal().tolist()
