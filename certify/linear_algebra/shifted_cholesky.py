"""A proved lower bound of the smallest eigenvalue from one floating Cholesky factor, whoever computed it."""

import math

import numpy as np
from scipy.linalg import lapack

from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, UNIT_ROUNDOFF, gamma
from certify.linear_algebra.norms import perron_square, square_root_of_squares, upward

# Columns of R to a product: wide enough for BLAS, narrow enough to skip the zeros of the triangle.
_PANEL = 128
# Inside these bounds no square of an entry that matters overflows or underflows.
_LARGEST_EXPONENT = 200


def smallest_eigenvalue_bound(matrix: np.ndarray, shift: float, sign: int = 1, iterations: int = 2) -> float:
    """Proved lower bound of the smallest eigenvalue of S = `sign` * `matrix`; -inf when it proves nothing.

    `matrix` holds floats, is exactly symmetric and taken as exact; `sign` is 1 or -1. A floating
    Cholesky factor R of B = fl(S - shift I) is a guess. For *any* triangular R, R^T R >= 0, so by Weyl
        lambda_min(S) >= shift - ||(S - shift I) - R^T R||.
    The residual is multiplied out, E = fl(B - fl(R^T R)), and
        ||(S - shift I) - R^T R|| <= (1 + u) ||E||_F + gamma_n || |R| ||^2 + (n + 2) n eta + 2u max |b_ii|,
    the middle term because |fl(R^T R) - R^T R| <= gamma_n |R|^T |R| + n eta entrywise in any order of summation
    [N. Higham, Accuracy and Stability, (3.13)]. || |R| ||^2 is at most tr(R^T R) (`iterations` = 0), and sharper by
    a Perron bound after `iterations` power steps. Nothing is assumed about LAPACK: the bound of S. Rump,
    Verification of positive definiteness, BIT 46 (2006), needs no residual but assumes a factorisation that
    divides by the diagonal, where OpenBLAS multiplies by inverted diagonals. Costs two thirds n^3 operations.
    """
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        shifted = np.multiply(matrix, float(sign), order="C")
        diagonal = shifted.reshape(-1)[:: len(matrix) + 1]  # a view
        diagonal -= shift
        exponent = _scale(shifted, diagonal)
        if exponent is None:
            return -math.inf
        moved = 2 * UNIT_ROUNDOFF * float(np.abs(diagonal).max())
        error = _residual_bound(shifted, iterations)
        total = upward(error + moved, 6)
        if not total < 2.0**500:
            return -math.inf
        slack = upward(float(np.ldexp(total, exponent)), 1)
        return math.nextafter(shift - slack, -math.inf)


def _scale(matrix: np.ndarray, diagonal: np.ndarray) -> int | None:
    """Bring the matrix into the range of safe squares by a power of two, in place; None when it is not definite.

    The largest entry of a positive definite matrix is on its diagonal.
    """
    largest = float(diagonal.max())
    if not (float(diagonal.min()) > 0.0 and largest < math.inf):
        return None
    exponent = math.frexp(largest)[1]
    if abs(exponent) < _LARGEST_EXPONENT:
        return 0
    np.ldexp(matrix, -exponent, out=matrix)
    return exponent


def _residual_bound(matrix: np.ndarray, iterations: int) -> float:
    """Bound of ||B - R^T R|| for the symmetric floats B and their computed Cholesky factor R."""
    # The transpose of a symmetric matrix is the same matrix in the order that LAPACK works on.
    factor, failure = lapack.dpotrf(matrix.T, lower=0, clean=0)
    if failure:
        return math.inf
    size = len(matrix)
    squares, trace = _residual_squares(matrix, factor)
    if not (math.isfinite(squares) and math.isfinite(trace)):
        return math.inf
    bulk = trace * (1.0 + 4 * gamma(size + 2)) + size * size * SMALLEST_SUBNORMAL
    if iterations:
        bulk = min(bulk, perron_square(np.abs(factor, out=factor), iterations))
    # Entries that the scaling pushed below the normal range moved by less than eta each.
    underflow = (size + 4) * size * SMALLEST_SUBNORMAL
    return upward(square_root_of_squares(squares, size * size) + gamma(size) * bulk + underflow, 6)


def _residual_squares(matrix: np.ndarray, factor: np.ndarray) -> tuple[float, float]:
    """||fl(R^T R) - B||_F^2 (computed) and tr fl(R^T R), by panels of R^T; zeroes `factor` below its diagonal."""
    size = len(matrix)
    buffer = np.empty(_PANEL * size)
    squares = trace = 0.0
    for start in range(0, size, _PANEL):
        stop = min(start + _PANEL, size)
        corner = factor[start:stop, start:stop]
        corner[...] = np.triu(corner)
        factor[stop:, start:stop] = 0.0
        panel = buffer[: (stop - start) * (size - start)].reshape(stop - start, size - start)
        np.matmul(factor[:stop, start:stop].T, factor[:stop, start:], out=panel)
        trace += float(np.trace(panel))
        panel -= matrix[start:stop, start:]
        inner = np.ascontiguousarray(panel[:, : stop - start]).ravel()
        squares += 2.0 * float(np.dot(panel.ravel(), panel.ravel())) - float(np.dot(inner, inner))
    return squares, trace
