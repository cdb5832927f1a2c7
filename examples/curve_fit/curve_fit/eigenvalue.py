"""The largest eigenvalue of a symmetric matrix by power iteration; an estimate."""

import numpy as np


def largest_eigenvalue(matrix: np.ndarray, steps: int = 200) -> float:
    """Rayleigh's quotient after `steps` products with matrix + s I, whose eigenvalues are positive."""
    shift = float(np.abs(matrix).sum(axis=1).max()) + 1.0
    vector = np.random.default_rng(0).normal(size=len(matrix))
    for _ in range(steps):
        vector = matrix @ vector + shift * vector
        vector /= np.linalg.norm(vector)
    return float(vector @ matrix @ vector)
