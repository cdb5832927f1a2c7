"""Matrix products of balls through BLAS."""

import numpy as np

from certify.arithmetic.ball import Ball, _checked
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL, gamma, inflate
from foundation import InputError

# Up to this inner dimension the entrywise error bound costs nothing that matters; above it the norms do.
_ENTRYWISE = 16


def matmul(a: Ball, b: Ball) -> Ball:
    """Enclosure of the matrix product `a @ b` (NumPy's shapes: stacks of matrices, vectors).

    With midpoints A, B and radii R, S the radius is at least |A|S + R(|B| + S) + gamma_k |A||B| + k eta
    [S. Rump, Fast interval matrix multiplication, Numer. Algorithms 61 (2012)]; the BLAS error bound holds
    for any order of summation and with fused operations [N. Higham, Accuracy and Stability, (3.13)].
    For large k, |A||B| is bounded by the products of row and column norms (Cauchy-Schwarz), at cost O(n^2).
    """
    if a.ndim == 0 or b.ndim == 0 or a.shape[-1] != b.shape[-2 if b.ndim > 1 else 0]:
        raise InputError(f"matrix product of shapes {a.shape} and {b.shape}: the inner dimensions must agree")
    count = a.shape[-1]
    with np.errstate(over="ignore", invalid="ignore"):
        mid = np.matmul(a.mid, b.mid)
        rad = _rounding(a.mid, b.mid, count)
        if not b.is_exact:
            rad = rad + _upper_product(np.abs(a.mid), b.rad, count)
        if not a.is_exact:
            reach = np.abs(b.mid) if b.is_exact else b.magnitude
            rad = rad + _upper_product(a.rad, reach, count)
        return _checked(np.asarray(mid), inflate(np.asarray(rad), 3))


def _upper_product(a: np.ndarray, b: np.ndarray, count: int) -> np.ndarray:
    """Entrywise upper bound of the product of non-negative matrices: the rule is applied to itself."""
    # inf * 0 gives nan: the entry becomes unbounded, which `_checked` records.
    return np.matmul(a, b) * (1.0 + 4 * gamma(count + 2)) + (count + 1) * SMALLEST_SUBNORMAL


def _rounding(a: np.ndarray, b: np.ndarray, count: int) -> np.ndarray:
    """Bound of |fl(a b) - a b|."""
    if a.ndim == 1 or b.ndim == 1 or count <= _ENTRYWISE:
        bound = np.matmul(np.abs(a), np.abs(b))
    else:
        bound = _norms(a, -1)[..., :, None] * _norms(b, -2)[..., None, :]
    return bound * (gamma(count) * (1.0 + 4 * gamma(count + 4))) + (count + 2) * SMALLEST_SUBNORMAL


def _norms(a: np.ndarray, axis: int) -> np.ndarray:
    """Upper bounds of Euclidean norms along `axis`, safe against underflow of the squares."""
    scale = np.abs(a).max(axis=axis, keepdims=True, initial=0.0)
    scale = np.where((scale > 0) & np.isfinite(scale), scale, 1.0)
    scaled = a / scale
    squares = np.einsum("...i,...i->...", *(np.moveaxis(scaled, axis, -1),) * 2)
    count = a.shape[axis]
    return inflate(np.sqrt(squares) * np.squeeze(scale, axis), 2 * count + 8)
