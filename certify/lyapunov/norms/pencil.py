"""Proved eigenvalue bounds of symmetric pencils (M, P), also for stacks of small ones."""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.arithmetic.rounding import inflate


def pencil_bounds(matrix: Ball, metric: Ball) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds of all mu with det(M - mu P) = 0, for symmetric M and P > 0 inside the balls.

    matrix, metric: balls (..., d, d), of which the symmetric members are meant. Proof: with V ~ eigenvectors
    (any float matrix), M' = V^T M V and P' = V^T P V. If e >= ||P' - I|| with e < 1 then P' > 0, hence V is
    regular and P > 0. Every eigenvalue of M' lies in [a, b], the hull of the Gershgorin discs, and
    x^T M x / x^T P x = y^T M' y / y^T P' y with y^T P' y in [1 - e, 1 + e] y^T y. Answers -inf and +inf where
    e < 1 is not proved. [Rump, Verification methods, Acta Numerica 2010, section 13.4, in this simple form]
    """
    basis = _approximate_eigenvectors(matrix.mid, metric.mid)
    left = Ball.exact(np.swapaxes(basis, -1, -2))
    right = Ball.exact(basis)
    inner = matmul(matmul(left, matrix), right)
    gram = matmul(matmul(left, metric), right) - np.eye(basis.shape[-1])
    error = _row_sums(gram.magnitude).max(axis=-1)
    centre = np.diagonal(inner.mid, axis1=-2, axis2=-1)
    off_diagonal = np.where(np.eye(basis.shape[-1], dtype=bool), 0.0, inner.magnitude)
    reach = inflate(_row_sums(off_diagonal) + np.diagonal(inner.rad, axis1=-2, axis2=-1), 1)
    low = Ball(centre, reach).lower.min(axis=-1)
    high = Ball(centre, reach).upper.max(axis=-1)
    return _quotient(low, error, lower=True), _quotient(high, error, lower=False)


def pencil_upper(matrix: Ball, metric: Ball) -> float:
    """An upper bound of the largest eigenvalue of one pencil; +inf when P > 0 is not proved."""
    return float(pencil_bounds(matrix, metric)[1])


def _approximate_eigenvectors(matrix: np.ndarray, metric: np.ndarray) -> np.ndarray:
    """V with V^T P V ~ I and V^T M V ~ diagonal; zeros where P is no metric (an estimate: any V is sound)."""
    values, vectors = np.linalg.eigh((metric + np.swapaxes(metric, -1, -2)) / 2)
    positive = values[..., :1] > 0
    whitening = vectors / np.sqrt(np.where(positive, values, 1.0))[..., None, :] * positive[..., None]
    white = np.swapaxes(whitening, -1, -2) @ matrix @ whitening
    rotation = np.linalg.eigh((white + np.swapaxes(white, -1, -2)) / 2)[1]
    return np.asarray(whitening @ rotation)


def _row_sums(magnitude: np.ndarray) -> np.ndarray:
    return inflate(magnitude.sum(axis=-1), magnitude.shape[-1])


def _quotient(end: np.ndarray, error: np.ndarray, lower: bool) -> np.ndarray:
    """A bound of q / g over g in [1 - e, 1 + e] for the end q of the numerator range; infinite for e >= 1."""
    sound = (error < 1.0) & np.isfinite(end)
    safe = np.where(sound, error, 0.0)
    grows = (end < 0) if lower else (end > 0)
    divisor = Ball.exact(1.0) + np.where(grows, -safe, safe)
    value = Ball.exact(np.where(sound, end, 0.0)) / divisor
    ends, infinite = (value.lower, -np.inf) if lower else (value.upper, np.inf)
    return np.where(sound & np.isfinite(value.rad), ends, infinite)
