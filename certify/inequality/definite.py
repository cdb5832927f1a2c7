"""Which of many symmetric ball matrices are proved positive definite."""

import numpy as np

from certify.arithmetic import Ball, matmul


def are_positive_definite(matrices: Ball) -> np.ndarray:
    """(N,) bool for matrices (N, n, n): whether every symmetric matrix in the ball is proved positive definite.

    With V near the eigenvectors of the midpoint, T = V^T A V is close to diagonal; T_ii > sum_(j != i) |T_ij| makes
    every symmetric member positive definite [S. Gershgorin, 1931], hence V injective, so invertible, and A positive
    definite [J. Sylvester's law of inertia]. Nothing is assumed of V.
    """
    n = matrices.shape[-1]
    sound = np.isfinite(matrices.rad).all(axis=(1, 2))
    middle = np.where(sound[:, None, None], matrices.mid, np.eye(n))
    middle = middle / 2 + np.swapaxes(middle, 1, 2) / 2
    vectors = Ball.exact(np.linalg.eigh(middle)[1])
    turned = matmul(vectors.map(lambda a: np.swapaxes(a, 1, 2)), matmul(matrices, vectors))
    diagonal = turned.lower[:, np.arange(n), np.arange(n)]
    with np.errstate(over="ignore", invalid="ignore"):
        size = turned.magnitude * (1 - np.eye(n))
        # 2^-40: the roundings of the sum
        return np.asarray(sound & (diagonal > size.sum(axis=2) * (1 + 2.0**-40)).all(axis=1))
