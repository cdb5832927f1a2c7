"""All epochs of a small data set: the epoch maps as a finite family of matrices."""

import math
from collections.abc import Iterator
from functools import reduce
from itertools import combinations

import numpy as np

from certify.arithmetic import Ball
from certify.lyapunov.families.family import Family, matrix_family
from certify.training.sampling.epochs import Epochs

_MOST_EPOCHS = 720
_MOST_ENTRIES = 300_000

Batches = tuple[tuple[int, ...], ...]


def count(epochs: Epochs) -> int:
    """How many different epochs there are: N! / (|S_1|! ... |S_m|! (N - sum |S_j|)!), all equally likely."""
    left = epochs.examples - sum(epochs.sizes)
    return math.factorial(epochs.examples) // reduce(
        lambda total, size: total * math.factorial(size), (*epochs.sizes, left), 1
    )


def applies(epochs: Epochs) -> str | None:
    """None, or why the epochs cannot be listed."""
    size = epochs.dimension * (1 if epochs.momentum is None else 2)
    number = count(epochs)
    if number > _MOST_EPOCHS or number * size**2 > _MOST_ENTRIES:
        return f"an epoch can run in {number} ways, more than can be listed"
    return None


def orders(epochs: Epochs) -> Iterator[Batches]:
    """Every sequence of batches of an epoch, once."""
    yield from _orders(tuple(range(epochs.examples)), epochs.sizes)


def _orders(rest: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[Batches]:
    if not sizes:
        yield ()
        return
    for batch in combinations(rest, sizes[0]):
        left = tuple(i for i in rest if i not in batch)
        for following in _orders(left, sizes[1:]):
            yield (batch, *following)


def epoch_family(epochs: Epochs) -> Family:
    """The epoch maps with equal probabilities; their exponent is that of an epoch, m steps."""
    products = [epochs.product(batches) for batches in orders(epochs)]
    return matrix_family(Ball(np.stack([p.mid for p in products]), np.stack([p.rad for p in products])))
