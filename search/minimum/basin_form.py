"""The search for the quadratic form in which an iteration contracts."""

import math
from typing import Any

import numpy as np
import scipy.linalg

from certify.training.basin.frame import NESTEROV, PLAIN, Iteration

# The form contracts at the spectral radius moved by this part of its distance to one.
_SLACK = 0.25
_DOUBLINGS = 60


def propose_form(iteration: Iteration, stiffness: np.ndarray) -> dict[str, Any]:
    """P and q for `frame`, one block of size two an eigenvalue, each scaled to the norm one; an estimate.

    Empty for gradient descent, and where the linear iteration does not contract.
    """
    if iteration.name == PLAIN:
        return {}
    values, vectors = scipy.linalg.eigh(stiffness)
    b = float(iteration.momentum.mid)
    blocks = np.zeros((len(values), 2, 2))
    blocks[:, 1, 0] = 1.0
    if iteration.name == NESTEROV:
        blocks[:, 0, 0], blocks[:, 0, 1] = (1 + b) * (1 - values), -b * (1 - values)
    else:
        blocks[:, 0, 0], blocks[:, 0, 1] = 1 + b - values, -b
    radius = float(np.abs(np.linalg.eigvals(blocks)).max())
    if not radius < 1:
        return {}
    q = radius + _SLACK * (1 - radius)
    forms = _sums(blocks / q)
    forms /= np.linalg.norm(forms, 2, axis=(1, 2))[:, None, None]
    parts = [[(vectors * forms[:, i, j]) @ vectors.T for j in range(2)] for i in range(2)]
    form = np.block(parts)
    return {"form": (form + form.T) / 2, "contraction": q}


def _sums(matrices: np.ndarray) -> np.ndarray:
    """sum_k (M^T)^k M^k for each matrix, by doubling."""
    total, power = np.broadcast_to(np.eye(2), matrices.shape).copy(), matrices
    for _ in range(_DOUBLINGS):
        addition = power.swapaxes(1, 2) @ total @ power
        total = total + addition
        if not math.isfinite(float(addition.max())) or np.abs(addition).max() < 1e-14 * np.abs(total).max():
            break
        power = power @ power
    return total
