"""The weighted second moment of SGD, X -> E w_S A_S X A_S^T, in terms of the Gram matrix, without any list of batches.

A_S X A_S^T = X - c (E_S K X + X K E_S) + c^2 E_S K X K E_S with c = eta/B, so for weights w_S
   T(X) = s X - c (D K X + X K D) + c^2 W o (K X K),   s = E w_S, D = diag E w_S 1(i in S), W_ij = E w_S 1(i, j in S),
with o the entrywise product. The transposed products A_S^T have the same exponent, and X here is their metric; no
inverse of K is needed. If T(X) = mu X then P = K X K satisfies E w_S A_S^T P A_S = mu P, since A_S K = K A_S^T.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.lyapunov.families.sgd_family import SGDFamily


@final
@dataclass(frozen=True, eq=False)
class BatchWeights:
    """s (), D (n,) and W (n, n) of the formula above, as balls; W and D agree on the diagonal."""

    total: Ball
    single: Ball
    pairs: Ball


def uniform_weights(family: SGDFamily) -> BatchWeights:
    """Weights one: the plain second moment. P(i in S) = B/N, P(i, j in S) = B (B-1) / (N (N-1)) for two examples."""
    n, b = float(family.examples), float(family.batch_size)
    one = Ball.exact(b) / n
    two = one * ((b - 1.0) / Ball.exact(max(n - 1.0, 1.0)))
    same = family.same_example
    pairs = Ball(np.where(same, one.mid, two.mid), np.where(same, one.rad, two.rad))
    return BatchWeights(Ball.exact(1.0), _spread(one, family.dimension), pairs)


def single_weights(family: SGDFamily, weights: np.ndarray) -> BatchWeights:
    """Batches of one: weight `weights[i]` (N,) for example i, each of probability 1/N."""
    probabilities = Ball.exact(weights) / float(family.examples)
    rows = probabilities[np.arange(family.dimension) // family.outputs]
    same = family.same_example
    pairs = Ball(np.where(same, rows.mid[:, None], 0.0), np.where(same, rows.rad[:, None], 0.0))
    return BatchWeights(probabilities.sum(), rows, pairs)


def weighted_moment(family: SGDFamily, weights: BatchWeights, form: np.ndarray) -> Ball:
    """The symmetric ball matrix T(form) for a symmetric float matrix."""
    step = family.step
    left = matmul(family.gram, Ball.exact(form))
    outer = matmul(left, family.gram)
    drift = weights.single.reshape(-1, 1) * left
    noise = weights.pairs * outer
    moved = (drift + drift.T) * step
    image = weights.total * Ball.exact(form) - moved + noise * (step * step)
    return symmetric_ball(image)


def _spread(value: Ball, count: int) -> Ball:
    return Ball(np.full(count, float(value.mid)), np.full(count, float(value.rad)))


def symmetric_ball(image: Ball) -> Ball:
    """Equal balls at (i, j) and (j, i) that contain both: the symmetric matrices inside are kept."""
    mid = image.mid / 2 + image.mid.T / 2
    mid = np.where(np.eye(len(mid), dtype=bool), image.mid, mid)
    reach = np.maximum(np.maximum(image.upper, image.upper.T) - mid, mid - np.minimum(image.lower, image.lower.T))
    rad = np.maximum(reach, 0.0) * (1 + 2.0**-50) + 2.0**-1073
    return Ball(mid, np.maximum(rad, rad.T))
