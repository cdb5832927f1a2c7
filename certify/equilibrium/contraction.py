"""Solving each row of a linear interval system for each of its unknowns."""

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import gamma, inflate_products


def contracted(
    matrix: Ball, values: Ball, boxes: Ball, lower: np.ndarray, upper: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of the zeros x with F(m) + A (x - m) = 0, from each row i and unknown j with 0 not in A_ij."""
    n = boxes.shape[1]
    reach = matrix.magnitude * boxes.rad[:, None, :]
    with np.errstate(invalid="ignore", over="ignore"):
        others = np.matmul(reach, np.ones((n, n)) - np.eye(n)) * (1.0 + 4 * gamma(n + 4))
        others = inflate_products(others, n + 2)
    spread = np.where(np.isfinite(others), others, np.inf)
    numerator = Ball(np.broadcast_to(values.mid[:, :, None], spread.shape), np.zeros(spread.shape))
    numerator = numerator.widened(values.rad[:, :, None]).widened(spread)
    solved = boxes.mid[:, None, :] - numerator / matrix
    low = np.where(np.isfinite(solved.rad), solved.lower, -np.inf).max(axis=1)
    high = np.where(np.isfinite(solved.rad), solved.upper, np.inf).min(axis=1)
    return np.maximum(lower, low), np.minimum(upper, high)
