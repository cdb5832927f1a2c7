"""Cycles of the saturated map in ball arithmetic: existence, and the losses on them."""

from collections.abc import Sequence
from fractions import Fraction
from typing import final

import numpy as np

from certify.arithmetic import Ball, exp, log
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.zeros import Undecided, prove_zero


@final
class SaturatedBalls:
    """The map u -> u - kappa (s - p - (s_q - p_q)) for exact shares and kappa, on balls of points (m, q - 1)."""

    def __init__(self, shares: Sequence[Fraction], kappa: Fraction) -> None:
        self.shares = rational_ball(list(shares))
        self.kappa = rational_ball(kappa)

    def softmax(self, points: Ball) -> tuple[Ball, Ball]:
        """The first q - 1 entries (m, q - 1), and the last (m, 1)."""
        powers = exp(points)
        total = powers.sum(axis=1).reshape((len(points), 1)) + 1.0
        return powers / total, 1.0 / total

    def values(self, points: Ball) -> Ball:
        """The map, (m, q - 1)."""
        first, last = self.softmax(points)
        return points - self.kappa * ((first - self.shares[:-1]) - (last - self.shares[-1:]))

    def slopes(self, points: Ball) -> Ball:
        """Its derivative, (m, q - 1, q - 1): I - kappa (diag s - s s^T + s_q 1 s^T)."""
        first, last = self.softmax(points)
        count, size = points.shape
        identity = np.eye(size)
        rows, columns = first.reshape((count, size, 1)), first.reshape((count, 1, size))
        change = rows * (identity - columns) + last.reshape((count, 1, 1)) * columns
        return Ball.exact(identity) - self.kappa * change

    def losses(self, points: Ball) -> Ball:
        """Cross-entropy, nats, (m,)."""
        return log(exp(points).sum(axis=1) + 1.0) - (points * self.shares[:-1]).sum(axis=1)


def proved_losses(f: SaturatedBalls, cycle: np.ndarray) -> list[Enclosure] | None:
    """The losses at the points of the exact cycle near these floats (m, q - 1); None when none is proved."""
    count, size = cycle.shape

    def residual(points: Ball) -> Ball:
        images = f.values(points)
        following = points.map(lambda array: np.roll(array, -1, axis=0))
        return (images - following).reshape(-1)

    def derivative(flat: Ball) -> Ball:
        slopes = f.slopes(flat.reshape((count, size)))
        middle, radius = np.zeros((2, count, size, count, size))
        for k in range(count):
            middle[k, :, (k + 1) % count, :] -= np.eye(size)
            middle[k, :, k, :] += slopes.mid[k] if count > 1 else 0
            radius[k, :, k, :] += slopes.rad[k]
        result = Ball(middle.reshape(count * size, -1), radius.reshape(count * size, -1))
        return result if count > 1 else slopes[0] - np.eye(size)

    proof = prove_zero(residual(Ball.exact(cycle)), derivative, cycle.reshape(-1))
    if isinstance(proof, Undecided):
        return None
    losses = f.losses(Ball(cycle, proof.box.reshape(cycle.shape)))
    return [losses[k].enclosure() for k in range(count)]
