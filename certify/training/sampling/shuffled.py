"""Shuffled epochs: the exponent of the epoch maps, through every engine that applies."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.prove import prove_one
from certify.lyapunov.sgd import sgd_determinant
from certify.lyapunov.statement import read_proofs
from certify.training.sampling import order_free, shuffled_moment, shuffled_words
from certify.training.sampling.epochs import Epochs

UNBOUNDED = Enclosure(-math.inf, math.inf)


def prove(epochs: Epochs, witness: Mapping[str, Any]) -> tuple[Enclosure, Enclosure | None, tuple[str, ...]]:
    """(exponent, mean-square growth, engines), in nats per step: what is proved for an epoch, divided by m.

    The epoch maps of independent permutations are independent and identically distributed. The mean-square growth is
    None where no metric is stored.
    """
    total, used = immediate(epochs), []
    if total.upper < math.inf:
        used.append("every-order")
    if total.lower > -math.inf:
        used.append("determinants")
    growth = None
    if "moment" in witness and shuffled_moment.applies(epochs) is None:
        growth = shuffled_moment.prove(epochs, witness["moment"])
        total = total.intersect(Enclosure(-math.inf, growth.upper / 2))
        used.append("second-moment")
        growth = per_step(growth, epochs.steps)
    if "proofs" in witness and shuffled_words.applies(epochs) is None:
        family = shuffled_words.epoch_family(epochs)
        for engine, found in read_proofs(witness):
            total = total.intersect(prove_one(family, engine, found))
            used.append(engine)
    return per_step(total, epochs.steps), growth, tuple(dict.fromkeys(used))


def immediate(epochs: Epochs) -> Enclosure:
    """Contraction from above, determinants from below, nats an epoch."""
    return Enclosure(_determinants(epochs), order_free.shuffled_bound(epochs))


def _determinants(epochs: Epochs) -> float:
    """(1/n) sum over the steps of E log |det A_S|: each batch of an epoch is uniform among those of its size, so that
    the sum of the exponents is the same as with independent batches of these sizes; -inf with momentum."""
    if epochs.momentum is not None:
        return -math.inf
    total = Ball.exact(0.0)
    for size in dict.fromkeys(epochs.sizes):
        lower = sgd_determinant.prove(epochs.independent(size), {}).lower
        if not math.isfinite(lower):
            return -math.inf
        total = total + Ball.exact(lower) * float(epochs.sizes.count(size))
    return float(total.lower)


def per_step(total: Enclosure, steps: int) -> Enclosure:
    """What holds for an epoch, divided by its number of steps, rounded outward."""
    ends = [x if math.isinf(x) else Ball.exact(x) / float(steps) for x in (total.lower, total.upper)]
    low = ends[0] if isinstance(ends[0], float) else float(ends[0].lower)
    high = ends[1] if isinstance(ends[1], float) else float(ends[1].upper)
    return Enclosure(low, high)


def is_finite(enclosure: Enclosure) -> bool:
    """Whether both ends are numbers."""
    return bool(np.isfinite([enclosure.lower, enclosure.upper]).all())
