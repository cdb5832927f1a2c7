"""Cycles of the saturated map in ball arithmetic: existence, and the losses on them."""

from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import final

import flint
import numpy as np

from certify.arithmetic import Ball, exp, matmul
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.program.arb import to_arb, to_ball
from certify.zeros import Undecided, prove_zero
from foundation.arb_precision import arb_precision

_PRECISION, _REFINEMENTS = 160, 3
_EXP, _LOG = np.frompyfunc(lambda x: x.exp(), 1, 1), np.frompyfunc(lambda x: x.log(), 1, 1)


@final
class SaturatedBalls:
    """The map u -> u - kappa (s - p - (s_q - p_q)) for exact shares and kappa, on balls of points (m, q - 1)."""

    def __init__(self, shares: Sequence[Fraction], kappa: Fraction) -> None:
        self.shares = rational_ball(list(shares))
        self.kappa = rational_ball(kappa)
        self.exact_shares = np.array([flint.fmpq(p.numerator, p.denominator) for p in shares], dtype=object)
        self.exact_kappa = flint.fmpq(kappa.numerator, kappa.denominator)

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

    def precise_values(self, points: np.ndarray) -> np.ndarray:
        """The map on Arb balls (m, q - 1), with the exact shares and kappa."""
        powers = _EXP(points)
        total = powers.sum(axis=1, keepdims=True) + 1
        shares = self.exact_shares
        return np.asarray(points - self.exact_kappa * ((powers - 1) / total - (shares[:-1] - shares[-1])))

    def precise_losses(self, points: np.ndarray) -> Ball:
        """Cross-entropy, nats, (m,), on Arb balls (m, q - 1)."""
        with arb_precision(_PRECISION):
            total = _LOG(_EXP(points).sum(axis=1) + 1)
            return to_ball(total - (points * self.exact_shares[:-1]).sum(axis=1))


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
    losses = f.precise_losses(_refined(f, Ball(cycle, proof.box.reshape(cycle.shape)), derivative))
    return [losses[k].enclosure() for k in range(count)]


def _refined(f: SaturatedBalls, box: Ball, derivative: Callable[[Ball], Ball]) -> np.ndarray:
    """The only cycle in the box, as Arb balls (m, q - 1): Krawczyk's operator with residuals of 160 bits."""
    inverse = np.linalg.inv(derivative(box.reshape(-1)).mid)
    slopes = derivative(box.reshape(-1))
    defect = to_arb(Ball.exact(np.eye(len(inverse))) - matmul(Ball.exact(inverse), slopes))
    with arb_precision(_PRECISION):
        matrix, whole = _arbs(inverse), to_arb(box.reshape(-1))
        found = whole
        for _ in range(_REFINEMENTS):
            middle = np.array([entry.mid() for entry in found], dtype=object)
            if not all(ball.contains(point) for ball, point in zip(whole, middle, strict=True)):
                break  # the derivative is bounded over the box only
            images = f.precise_values(middle.reshape(box.shape))
            residual = images.reshape(-1) - np.roll(middle.reshape(box.shape), -1, axis=0).reshape(-1)
            found = middle - matrix @ residual + defect @ (found - middle)
        return np.asarray(found.reshape(box.shape))


def _arbs(values: np.ndarray) -> np.ndarray:
    return np.asarray(np.frompyfunc(flint.arb, 1, 1)(values), dtype=object)
