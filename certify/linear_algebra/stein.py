"""Stein's inequality P - N^* P N > 0 for defective and non-normal matrices, in factored form."""

import math

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.linear_algebra.inverse import precondition
from certify.linear_algebra.residual import exact, residual
from certify.linear_algebra.spectral_norm import spectral_norm

_LARGEST_SPREAD = 1e15
_DOUBLINGS = 24


def stein_factor(matrix: np.ndarray, radius: float) -> tuple[np.ndarray, np.ndarray] | None:
    """(V, s): P = sum_j (N^*)^j N^j ~ V diag(s^2) V^*, N = matrix / radius; an estimate, None when it overflows.

    P solves P - N^* P N = I; diag(s) V^* N V diag(1/s) then has spectral norm below 1. The factor is built by doubling,
    K_2j = [K_j; K_j N^j], and never squared, so s may span 15 orders of magnitude.
    """
    n = len(matrix)
    power, factor = matrix / radius, np.eye(n, dtype=matrix.dtype)
    with np.errstate(all="ignore"):
        for _ in range(_DOUBLINGS):
            addition = factor @ power
            size = np.linalg.norm(addition)
            if not np.isfinite(size) or size > _LARGEST_SPREAD:
                break
            factor = np.asarray(np.linalg.qr(np.concatenate([factor, addition]), mode="r"))
            if size < 1e-3:
                break
            power = power @ power
    if not np.isfinite(factor).all():
        return None
    _, spread, basis = np.linalg.svd(factor)
    return basis.conj().T, np.maximum(spread, 1.0)


def stein_bound(matrix: Ball, radius: float) -> float:
    """Upper bound of the spectral radius of every matrix in the real ball matrix (n, n), near `radius` at best.

    With V, s from `stein_factor` and B ~ V^-1 A V: V^-1 A V = B + W, |W| bounded through the residual A V - V B, and
    rho(A) <= || S (B + W) S^-1 ||_2, S = diag(s): the matrix S^2 satisfies Stein's inequality
    [R. Horn and C. Johnson, Topics in Matrix Analysis, 2.2]. Infinite when the bound fails.
    """
    guess = stein_factor(matrix.mid, radius)
    if guess is None:
        return math.inf
    basis, spread = guess
    proof = precondition(exact(basis))
    if proof is None:
        return math.inf
    block = proof.approximate_inverse @ (matrix.mid @ basis)
    left = Ball._unchecked(
        np.concatenate([basis, matrix.mid], axis=1),
        np.concatenate([np.zeros(basis.shape), np.broadcast_to(matrix.rad, basis.shape)], axis=1),
    )
    defect = residual(exact(np.zeros(basis.shape)), left, np.concatenate([block, -basis], axis=0))
    step = matmul(exact(proof.approximate_inverse), defect)
    whole = (exact(block) + step).widened(proof.correction(step.magnitude))
    scaling = exact(spread / spread.min())
    scaled = whole * scaling.reshape(-1, 1) / scaling
    if not np.isfinite(scaled.rad).all():
        return math.inf
    return float(spectral_norm(scaled).upper)
