"""Mean-square growth over a shuffled epoch, by recursion over the sets of examples already used."""

from itertools import combinations

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.enclosure import Enclosure
from certify.lyapunov.concave_bound import read_metric
from certify.lyapunov.family import Witness
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.pencil import pencil_bounds
from certify.training.sampling.epochs import Epochs

_MOST_EXAMPLES = 10
_MOST_ENTRIES = 4_000_000

Used = tuple[int, ...]


def applies(epochs: Epochs) -> str | None:
    """None, or why the recursion would be too long."""
    size = epochs.dimension * (1 if epochs.momentum is None else 2)
    if epochs.examples > _MOST_EXAMPLES or 2**epochs.examples * size**2 > _MOST_ENTRIES:
        return f"the second moment runs over the 2^{epochs.examples} sets of used examples"
    return None


def prove(epochs: Epochs, witness: Witness) -> Enclosure:
    """Lambda(2) of shuffled epochs, nats an epoch, between log a and log b when a P <= E M^T P M <= b P and P > 0.

    P_U = mean over the batches S outside U of A_S^T P_(U + S) A_S, with P_U = P once the epoch is full; then P of the
    empty set is E M^T P M for the epoch map M, and P -> E M^T P M keeps the cone of semidefinite matrices.
    """
    recursion = Recursion(epochs)
    metric = Ball.exact(read_metric(witness["metric"], recursion.size))
    low, high = pencil_bounds(recursion.of_balls(metric), metric)
    return Enclosure(float(log_lower(np.maximum(low, 0.0))), float(log_upper(np.maximum(high, 0.0))))


class Recursion:
    """The layers of used sets, and for each set the batches that may come next."""

    def __init__(self, epochs: Epochs) -> None:
        self.epochs = epochs
        self.size = epochs.dimension * (1 if epochs.momentum is None else 2)
        self.updates: dict[Used, Ball] = {}
        for length in set(epochs.sizes):
            for batch in combinations(range(epochs.examples), length):
                self.updates[batch] = epochs.update(batch)

    def of_balls(self, metric: Ball) -> Ball:
        """E M^T P M, symmetric."""
        layer: dict[Used, Ball] = {}
        for step in reversed(range(self.epochs.steps)):
            layer = {used: self._mean(used, step, layer, metric) for used in self._used(step)}
        return layer[()]

    def of_floats(self, metric: np.ndarray) -> np.ndarray:
        """The same in floats, an estimate."""
        layer: dict[Used, np.ndarray] = {}
        for step in reversed(range(self.epochs.steps)):
            above, layer = layer, {}
            for used in self._used(step):
                pairs = self._next(used, step)
                stack = np.stack([self.updates[batch].mid for batch, _ in pairs])
                forms = np.stack([above.get(union, metric) for _, union in pairs])
                layer[used] = (stack.swapaxes(1, 2) @ forms @ stack).mean(axis=0)
        return layer[()]

    def _mean(self, used: Used, step: int, above: dict[Used, Ball], metric: Ball) -> Ball:
        pairs = self._next(used, step)
        stack = _stacked([self.updates[batch] for batch, _ in pairs])
        forms = _stacked([above.get(union, metric) for _, union in pairs])
        transposed = stack.map(lambda x: np.ascontiguousarray(x.swapaxes(1, 2)))
        mean = matmul(transposed, matmul(forms, stack)).sum(axis=0) / float(len(pairs))
        return _symmetric(mean)

    def _used(self, step: int) -> list[Used]:
        return list(combinations(range(self.epochs.examples), sum(self.epochs.sizes[:step])))

    def _next(self, used: Used, step: int) -> list[tuple[Used, Used]]:
        """(batch, used with the batch); after the last batch every set stands for the full epoch."""
        rest = [i for i in range(self.epochs.examples) if i not in used]
        batches = combinations(rest, self.epochs.sizes[step])
        return [(batch, tuple(sorted((*used, *batch)))) for batch in batches]


def _stacked(balls: list[Ball]) -> Ball:
    return Ball(np.stack([b.mid for b in balls]), np.stack([b.rad for b in balls]))


def _symmetric(matrix: Ball) -> Ball:
    """A ball matrix with a symmetric midpoint that holds the symmetric members of `matrix`."""
    lower = np.tril(matrix.mid) + np.tril(matrix.mid, -1).T
    radius = np.tril(matrix.rad) + np.tril(matrix.rad, -1).T
    return Ball(lower, radius)
