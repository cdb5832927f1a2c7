"""For which learning rates epochs are stable in every order, and from which on they are unstable."""

import math
from collections.abc import Sequence

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.elementary import log
from certify.effort import charge
from certify.linear_algebra import symmetric_eigenvalues
from certify.training.sampling.epochs import Epochs
from certify.training.sampling.order_free import critical_rate

# Contraction is proved strictly below the critical rate.
_BELOW = 1.0 - 2.0**-40
_BISECTIONS = 80
_MARGIN = 1.0 + 2.0**-40


def stable_up_to(epochs: Epochs) -> float:
    """Every rate in (0, stable_up_to] contracts over an epoch in every order; 0 where nothing is proved.

    `epochs` is read for K and the batches alone. An epoch that leaves examples out contracts on average over the
    shuffles, since each example is left out with a probability below one.
    """
    if epochs.momentum is not None or not epochs.curvature[0] > 0:
        return 0.0
    return max(critical_rate(epochs) * _BELOW, 0.0)


def unstable_from(epochs: Epochs, batches: Sequence[Sequence[int]] | None = None) -> float:
    """Every rate from this one on has a positive top exponent; inf where nothing is proved.

    The exponents of an epoch sum to E sum_S log|det A_S|, det A_S the product of the 1 - (eta/|S|) mu over the
    eigenvalues mu of K_SS. Where all (eta/|S|) mu exceed one the sum increases with eta; where it is positive, so is
    the largest exponent. batches: those of a fixed order, whose mu are enclosed one by one; for shuffled epochs the
    blocks of single examples, or the smallest eigenvalues of K (Cauchy's interlacing).
    """
    if epochs.momentum is not None:
        return math.inf
    scaled = np.concatenate([_least(epochs, size, block) for size, block in _blocks(epochs, batches)])
    if not (scaled > 0).all():
        return math.inf
    low = 1.0 / float(scaled.min()) * _MARGIN
    high = max(low, 4.0 / float(scaled.min()))
    while low < high and not _grows(scaled, high):
        high *= 2.0
        if not math.isfinite(high):
            return math.inf
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        low, high = (low, middle) if _grows(scaled, middle) else (middle, high)
    return high if _grows(scaled, high) else math.inf


def _blocks(epochs: Epochs, batches: Sequence[Sequence[int]] | None) -> list[tuple[int, Sequence[int] | None]]:
    if batches is not None:
        return [(len(batch), batch) for batch in batches]
    if set(epochs.sizes) == {1} and epochs.uses_all:
        return [(1, (k,)) for k in range(epochs.examples)]
    return [(size, None) for size in epochs.sizes]


def _least(epochs: Epochs, size: int, block: Sequence[int] | None) -> np.ndarray:
    """Lower bounds of mu / |S| for the eigenvalues of a batch's block."""
    if block is None:
        found = symmetric_eigenvalues(epochs.gram)
        mu = found.lower[: size * epochs.outputs]
    else:
        rows = epochs.rows(block)
        charge("products", len(rows) ** 3)
        inner = epochs.gram[np.ix_(rows, rows)]
        mu = inner.lower.reshape(-1) if len(rows) == 1 else symmetric_eigenvalues(inner).lower
    return np.asarray((Ball.exact(mu) / float(size)).lower)


def _grows(scaled: np.ndarray, rate: float) -> bool:
    """Whether all eta mu > 1 and sum log(eta mu - 1) > 0 are proved at this rate, hence at every larger one."""
    above = Ball.exact(scaled) * rate - 1.0
    return bool((above.lower > 0).all()) and bool(log(above).sum().lower > 0)
