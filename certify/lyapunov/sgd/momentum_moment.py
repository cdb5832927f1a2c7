"""The mean-square growth of SGD with momentum, in terms of the Gram matrix, without any list of batches.

In the coordinates of docs/theory/momentum-blocks.md a batch acts by M_S = M_0 + c G E_S (K 0), c = eta/B,
   M_0 = [[I, -b I], [0, b I]],   G = (-I, I)^T,
so that for symmetric X with the blocks X_11, X_12, ... and uniform batches of B of the N examples
   E M_S X M_S^T = M_0 X M_0^T + (Y + Y^T) + c^2 G (W o (K X_11 K)) G^T,   Y = c G D K (X_11 X_12) M_0^T,
D the chance of an example, W that of a pair. The transposed products have the same law, and X is their metric.
"""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Witness
from certify.lyapunov.families.sgd_family import SGDFamily
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.norms.jensen_bound import read_metric
from certify.lyapunov.norms.pencil import pencil_bounds
from certify.lyapunov.sgd.sgd_moment import symmetric_ball, uniform_weights

_MOST_ROWS = 300


def applies(family: SGDFamily) -> str | None:
    """None, or why the recursion would take too long."""
    if family.dimension > _MOST_ROWS:
        return f"the second moment with momentum is looked at up to {_MOST_ROWS} residuals"
    return None


def prove(family: SGDFamily, momentum: Ball, witness: Witness) -> Enclosure:
    """Lambda(2), nats a step, between log a and log b when a X <= E M_S X M_S^T <= b X and X > 0."""
    metric = read_metric(witness["metric"], 2 * family.dimension)
    low, high = pencil_bounds(mean_image(family, momentum, metric), Ball.exact(metric))
    return Enclosure(float(log_lower(np.maximum(low, 0.0))), float(log_upper(np.maximum(high, 0.0))))


def mean_image(family: SGDFamily, momentum: Ball, form: np.ndarray) -> Ball:
    """E M_S X M_S^T for a symmetric float matrix X (2 n, 2 n), a symmetric ball matrix."""
    n, weights, step = family.dimension, uniform_weights(family), family.step
    still = _still(n, momentum)
    seen = matmul(family.gram, Ball.exact(form[:n]))
    drift = step * (weights.single.reshape(-1, 1) * seen)
    outer = weights.pairs * matmul(seen[:, :n], family.gram) * (step * step)
    kept = matmul(matmul(still, Ball.exact(form)), still.T)
    moved = matmul(drift, still.T)
    both = _stacked(-moved, moved)
    noise = _stacked(_beside(outer, -outer), _beside(-outer, outer))
    return symmetric_ball(kept + both + both.T + noise)


def _still(n: int, momentum: Ball) -> Ball:
    """M_0: a step whose gradient vanishes."""
    memory = Ball.exact(np.eye(n)) * momentum
    return _stacked(_beside(Ball.exact(np.eye(n)), -memory), _beside(Ball.exact(np.zeros((n, n))), memory))


def _beside(x: Ball, y: Ball) -> Ball:
    return Ball(np.hstack([x.mid, y.mid]), np.hstack([x.rad, y.rad]))


def _stacked(x: Ball, y: Ball) -> Ball:
    return Ball(np.vstack([x.mid, y.mid]), np.vstack([x.rad, y.rad]))
