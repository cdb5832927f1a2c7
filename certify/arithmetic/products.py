"""Matrix products of balls through BLAS."""

import math

import numpy as np

from certify.arithmetic.ball import Ball, _checked
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, gamma, inflate
from certify.effort import charge
from foundation import InputError

# Up to this inner dimension the entrywise error bound costs nothing that matters; above it the norms do.
_ENTRYWISE = 16
# Sums of squares that neither overflow nor lose what counts to underflow: n eta is below u times them for n < 2^100.
_SMALLEST_SQUARE, _LARGEST_SQUARE = 2.0**-900, 2.0**900


def matmul(a: Ball, b: Ball) -> Ball:
    """Enclosure of the matrix product `a @ b` (NumPy's shapes: stacks of matrices, vectors).

    With midpoints A, B and radii R, S the radius is at least |A|S + R(|B| + S) + gamma_k |A||B| + k eta
    [S. Rump, Fast interval matrix multiplication, Numer. Algorithms 61 (2012)]; the BLAS error bound holds
    for any order of summation and with fused operations [N. Higham, Accuracy and Stability, (3.13)].
    For large k, |A||B| is bounded by the products of row and column norms (Cauchy-Schwarz), at cost O(n^2).
    """
    if not _fit(a, b):
        raise InputError(f"matrix product of shapes {a.shape} and {b.shape}: the inner dimensions must agree")
    count = a.shape[-1]
    charge("products", _multiplications(a, b))
    with np.errstate(over="ignore", invalid="ignore"):
        mid = np.matmul(a.mid, b.mid)
        rad = _rounding(a.mid, b.mid, count)
        if not b.is_exact:
            rad = rad + _upper_product(np.abs(a.mid), b.rad, count)
        if not a.is_exact:
            reach = np.abs(b.mid) if b.is_exact else b.magnitude
            rad = rad + _upper_product(a.rad, reach, count)
        return _checked(np.asarray(mid), inflate(np.asarray(rad), 3))


def _multiplications(a: Ball, b: Ball) -> int:
    """How many the product of the midpoints takes."""
    rows = a.shape[-2] if a.ndim > 1 else 1
    columns = b.shape[-1] if b.ndim > 1 else 1
    stack = max(math.prod(a.shape[:-2]), math.prod(b.shape[:-2]))
    return stack * rows * a.shape[-1] * columns


def _upper_product(a: np.ndarray, b: np.ndarray, count: int) -> np.ndarray:
    """Entrywise upper bound of the product of non-negative matrices: the rule is applied to itself."""
    bad_rows, bad_columns = ~np.isfinite(a), ~np.isfinite(b)
    if not (bad_rows.any() or bad_columns.any()):
        return np.matmul(a, b) * (1.0 + 4 * gamma(count + 2)) + (count + 1) * SMALLEST_SUBNORMAL
    # BLAS may skip zeros, so an infinite radius must not be left to inf * 0.
    finite = _upper_product(np.where(bad_rows, 0.0, a), np.where(bad_columns, 0.0, b), count)
    spoilt = np.matmul(bad_rows * 1.0, np.ones(b.shape)) + np.matmul(np.ones(a.shape), bad_columns * 1.0)
    return np.where(spoilt > 0.5, np.inf, finite)


def _rounding(a: np.ndarray, b: np.ndarray, count: int) -> np.ndarray:
    """Bound of |fl(a b) - a b|."""
    if a.ndim == 1 or b.ndim == 1 or count <= _ENTRYWISE:
        bound = np.matmul(np.abs(a), np.abs(b))
    else:
        bound = vector_norms(a, -1)[..., :, None] * vector_norms(b, -2)[..., None, :]
    return bound * (gamma(count) * (1.0 + 4 * gamma(count + 4))) + (count + 2) * SMALLEST_SUBNORMAL


def vector_norms(a: np.ndarray, axis: int) -> np.ndarray:
    """Upper bounds of Euclidean norms along `axis`, safe against overflow and underflow of the squares."""
    rows = np.swapaxes(a, axis, -1) if axis in (-1, -2) else np.moveaxis(a, axis, -1)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = np.einsum("...i,...i->...", rows, rows)
        norms = inflate(np.sqrt(squares), 2 * a.shape[axis] + 8)
        # Inside these bounds what underflows is less than the part of the rounding errors that is rounded up.
        if squares.size and squares.min() > _SMALLEST_SQUARE and squares.max() < _LARGEST_SQUARE:
            return norms
        safe = (squares > _SMALLEST_SQUARE) & (squares < _LARGEST_SQUARE)
    norms = np.asarray(norms)
    norms[~safe] = _scaled_norms(rows[~safe], -1)
    return norms


def _scaled_norms(a: np.ndarray, axis: int) -> np.ndarray:
    """The same for vectors of any length, zeros among them."""
    scale = np.abs(a).max(axis=axis, keepdims=True, initial=0.0)
    scale = np.where(scale > 0, scale, 1.0)
    scaled = a / scale
    squares = np.einsum("...i,...i->...", *(np.moveaxis(scaled, axis, -1),) * 2)
    norms = inflate(np.sqrt(squares) * np.squeeze(scale, axis), 2 * a.shape[axis] + 8)
    # The product with a subnormal scale loses up to eta / 2, which no factor near 1 makes good.
    return np.where(squares > 0, norms + SMALLEST_SUBNORMAL, 0.0)


def _fit(a: Ball, b: Ball) -> bool:
    """Whether NumPy's matmul accepts the two shapes."""
    if a.ndim == 0 or b.ndim == 0 or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        return False
    pairs = zip(reversed(a.shape[:-2]), reversed(b.shape[:-2]), strict=False)
    return all(m == n or 1 in (m, n) for m, n in pairs)
