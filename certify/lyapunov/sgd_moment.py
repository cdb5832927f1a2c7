"""The weighted second moment of SGD, X -> E w_S A_S X A_S^T, in terms of the Gram matrix, without any list of batches.

A_S X A_S^T = X - c (E_S K X + X K E_S) + c^2 E_S K X K E_S with c = eta/B, so for weights w_S
   T(X) = s X - c (D K X + X K D) + c^2 W o (K X K),   s = E w_S, D = diag E w_S 1(i in S), W_ij = E w_S 1(i, j in S),
with o the entrywise product. The transposed products A_S^T have the same exponent, and X here is their metric; no
inverse of K is needed. If T(X) = mu X then P = K X K satisfies E w_S A_S^T P A_S = mu P, since A_S K = K A_S^T.
"""

from dataclasses import dataclass
from typing import NamedTuple, final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.lyapunov.sgd_family import SGDFamily


@final
@dataclass(frozen=True, eq=False)
class BatchWeights:
    """s (), D (n,) and W (n, n) of the formula above, as balls; W and D agree on the diagonal."""

    total: Ball
    single: Ball
    pairs: Ball


def uniform_weights(members: SGDFamily) -> BatchWeights:
    """Weights one: the plain second moment. P(i in S) = B/N, P(i, j in S) = B (B-1) / (N (N-1)) for two examples."""
    n, b = float(members.examples), float(members.batch_size)
    one = Ball.exact(b) / n
    two = one * ((b - 1.0) / Ball.exact(max(n - 1.0, 1.0)))
    same = members.same_example
    pairs = Ball(np.where(same, one.mid, two.mid), np.where(same, one.rad, two.rad))
    return BatchWeights(Ball.exact(1.0), _spread(one, members.dimension), pairs)


def single_weights(members: SGDFamily, weights: np.ndarray) -> BatchWeights:
    """Batches of one: weight `weights[i]` (N,) for example i, each of probability 1/N."""
    chances = Ball.exact(weights) / float(members.examples)
    rows = chances[np.arange(members.dimension) // members.outputs]
    same = members.same_example
    pairs = Ball(np.where(same, rows.mid[:, None], 0.0), np.where(same, rows.rad[:, None], 0.0))
    return BatchWeights(chances.sum(), rows, pairs)


def weighted_moment(members: SGDFamily, weights: BatchWeights, form: np.ndarray) -> Ball:
    """The symmetric ball matrix T(form) for a symmetric float matrix."""
    step = members.step
    left = matmul(members.gram, Ball.exact(form))
    outer = matmul(left, members.gram)
    drift = weights.single.reshape(-1, 1) * left
    noise = weights.pairs * outer
    moved = (drift + drift.T) * step
    image = weights.total * Ball.exact(form) - moved + noise * (step * step)
    return _symmetric(image)


class Pair(NamedTuple):
    """An estimate: T(form) = radius * form nearly, and dual = K form K."""

    radius: float
    form: np.ndarray
    dual: np.ndarray


class MomentSolver:
    """Estimates of the Perron pair of T: a power iteration on the noise with the drift inverted exactly.

    T(X) = mu X reads L(X) = c^2 W o (K X K) with L(X) = gamma X + c (D K X + X K D), gamma = mu - s. In eigenvectors of
    D^(1/2) K D^(1/2) the operator L is diagonal. The trace of the noise decreases in gamma, which Newton's
    method adjusts until the noise reproduces itself.
    """

    def __init__(self, members: SGDFamily) -> None:
        self.gram = (members.gram.mid + members.gram.mid.T) / 2
        self.step = float(members.step.mid)
        self.noise: np.ndarray | None = None

    def solve(self, weights: BatchWeights, tolerance: float = 1e-8, steps: int = 200, slack: float = 0.0) -> Pair:
        """The Perron pair; `slack` > 0 stops at a form with T(form) <= radius * form instead, radius slightly larger."""
        self._prepare(weights)
        noise = weights.pairs.mid * self.gram if self.noise is None else self.noise
        gamma = self._start(noise)
        for _ in range(steps):
            inner = self._invert(noise, gamma)
            following = self._noise(inner)
            ratio, slope = self._ratio(noise, inner, gamma)
            change = np.abs(following / ratio - noise).max() / np.abs(noise).max()
            noise = following / np.trace(following) * len(following)
            move = np.clip((1.0 - ratio) / slope, -0.5 * (gamma - self.floor), np.inf) if slope < 0 else 0.0
            gamma += move
            if change < tolerance and abs(ratio - 1.0) < tolerance:
                break
        self.noise = noise
        gamma += slack * self.step * float(self.values[-1])
        inner = self._invert(noise, gamma)
        form = self._form(inner)
        return Pair(float(weights.total.mid) + gamma, (form + form.T) / 2, self._dual(inner))

    def _prepare(self, weights: BatchWeights) -> None:
        root = np.sqrt(weights.single.mid)
        values, vectors = np.linalg.eigh(root[:, None] * self.gram * root[None, :])
        self.values = np.maximum(values, values[-1] * 1e-15)
        self.right = root[:, None] * vectors  # D^(1/2) U
        self.left = vectors / root[:, None]  # D^(-1/2) U
        self.pairs = weights.pairs.mid
        self.floor = -2 * self.step * float(self.values[0])

    def _start(self, noise: np.ndarray) -> float:
        return float(self.floor + self.step * self.values.mean())

    def _denominators(self, gamma: float) -> np.ndarray:
        return gamma + self.step * (self.values[:, None] + self.values[None, :])

    def _invert(self, noise: np.ndarray, gamma: float) -> np.ndarray:
        rotated = self.left.T @ noise @ self.left
        return np.asarray(self.step**2 * rotated / self._denominators(gamma))

    def _noise(self, inner: np.ndarray) -> np.ndarray:
        return np.asarray(self.pairs * self._dual(inner))

    def _dual(self, inner: np.ndarray) -> np.ndarray:
        scaled = self.left * self.values
        return np.asarray(scaled @ inner @ scaled.T)

    def _form(self, inner: np.ndarray) -> np.ndarray:
        return np.asarray(self.right @ inner @ self.right.T)

    def _ratio(self, noise: np.ndarray, inner: np.ndarray, gamma: float) -> tuple[float, float]:
        """tr(noise after) / tr(noise before) and its derivative in gamma; tr(W o Z) = tr(D Z)."""
        parts = self.values**2 * np.diagonal(inner)
        scale = float(np.trace(noise))
        slope = -float((parts / (gamma + 2 * self.step * self.values)).sum())
        return float(parts.sum()) / scale, slope / scale


def _spread(value: Ball, count: int) -> Ball:
    return Ball(np.full(count, float(value.mid)), np.full(count, float(value.rad)))


def _symmetric(image: Ball) -> Ball:
    """Equal balls at (i, j) and (j, i) that contain both: the symmetric matrices inside are kept."""
    mid = image.mid / 2 + image.mid.T / 2
    mid = np.where(np.eye(len(mid), dtype=bool), image.mid, mid)
    reach = np.maximum(np.maximum(image.upper, image.upper.T) - mid, mid - np.minimum(image.lower, image.lower.T))
    rad = np.maximum(reach, 0.0) * (1 + 2.0**-50) + 2.0**-1073
    return Ball(mid, np.maximum(rad, rad.T))
