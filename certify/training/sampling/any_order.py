"""Momentum in any order of the batches: a norm on (parameters, memory) that no step expands and every epoch contracts.

Statement and proof: docs/theory/momentum-any-order.md.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import final

from certify.arithmetic import Ball
from certify.arithmetic.elementary import log1p

# A true decrease never exceeds one; what rounding adds is cut here.
_MOST = 1.0 - 2.0**-30


@final
@dataclass(frozen=True, eq=False)
class MemoryStep:
    """u' = b u + g, w' = w - p u - q g with the batch's gradient g = (1/|S|) E_S K w, near an interpolating minimum.

    decay b, carried p, direct q: balls (). SGD with momentum: p = eta b, q = eta.
    """

    decay: Ball
    carried: Ball
    direct: Ball

    @property
    def shift(self) -> Ball:
        """beta = p / (1 - b): w - beta u moves along the gradient alone."""
        return self.carried / (1.0 - self.decay)

    @property
    def total(self) -> Ball:
        """r = q + beta: what one gradient moves in the end."""
        return self.direct + self.shift

    @property
    def covered(self) -> bool:
        """Whether 0 < b < 1, p > 0 and r > 0 are proved."""
        signs = bool(self.decay.lower > 0) and bool(self.decay.upper < 1) and bool(self.carried.lower > 0)
        return signs and bool(self.total.lower > 0)


def critical_block(step: MemoryStep) -> float:
    """A lower bound of 2 / (r + 2 beta / (1 - b)): no batch with lambda_max(K_SS) / |S| below it expands the norm."""
    if not step.covered:
        return 0.0
    return float((2.0 / (step.total + 2.0 * step.shift / (1.0 - step.decay))).lower)


def _decrease(step: MemoryStep, block: Ball) -> Ball:
    """mu with V - V' >= mu (y^2 + r^2 |u|_K^2) where lambda_max(K_SS) / |S| <= block; negative where nothing is proved.

    The form [[2 r - (r^2 + R) h, -B], [-B, C]] in (y, r |u|_K): B = (r beta + R b) sqrt(h) / r, C = R (1 - b^2) / r^2,
    R = r beta. Its least eigenvalue is at least the determinant by the trace.
    """
    r, beta, b = step.total, step.shift, step.decay
    weight = r * beta
    first = 2.0 * r - (r.square() + weight) * block
    cross = (beta * (1.0 + b)) * block.sqrt()
    second = beta * (1.0 - b.square()) / r
    if not (bool(first.lower > 0) and bool(second.lower > 0)):
        return Ball.exact(-1.0)
    return (first * second - cross.square()) / (first + second)


def _spread(step: MemoryStep) -> Ball:
    """(2 beta^2 + R) / r^2, with V <= 2 |w|_K^2 + that r^2 |u|_K^2."""
    return step.shift * (2.0 * step.shift + step.total) / step.total.square()


def mean_bound(step: MemoryStep, blocks: Iterable[float], least: float, examples: int) -> float:
    """log of a factor by which the mean of V falls in a step with a uniformly drawn batch; inf where it is not proved.

    blocks: upper bounds of lambda_max(K_SS) / |S|, one for each size; least: a lower bound of lambda_min(K).
    """
    worst = _worst(step, blocks)
    if worst is None or not least > 0:
        return math.inf
    size = max(float((2.0 * examples / Ball.exact(least)).upper), float(_spread(step).upper))
    return _log_of(worst[0] / size)


def epoch_bound(step: MemoryStep, blocks: Iterable[float], least: float, sizes: tuple[int, ...]) -> float:
    """log of a factor by which V falls over an epoch that uses every example, in any order; inf where not proved."""
    worst = _worst(step, blocks)
    if worst is None or not least > 0:
        return math.inf
    mu, block = worst
    reach = math.sqrt(len(sizes) * (len(sizes) - 1) / 2) * (1 + 2.0**-50)
    own = 1.0 + block * abs(step.direct) * reach
    from_memory = block.sqrt() * reach * step.carried / step.total
    moved = 2.0 * float(max(sizes)) * (own.square() + from_memory.square()) / Ball.exact(least)
    return _log_of(mu / (moved + _spread(step)).upper)


def _worst(step: MemoryStep, blocks: Iterable[float]) -> tuple[Ball, Ball] | None:
    """(mu, h) for the largest block; None where mu > 0 is not proved."""
    largest = Ball.exact(max(blocks))
    if not step.covered:
        return None
    mu = _decrease(step, largest)
    return (mu, largest) if bool(mu.lower > 0) else None


def _log_of(decrease: Ball) -> float:
    """log(1 - x) for the smallest x in the ball."""
    return float(log1p(Ball.exact(-min(float(decrease.lower), _MOST))).upper)
