"""One epoch of SGD near an interpolating minimum: its batches, and the linearised update of each."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.linear_algebra import extreme_eigenvalues
from certify.lyapunov.families.sgd_family import SGDFamily, sgd_family
from foundation import InputError


@final
@dataclass(frozen=True, eq=False)
class Epochs:
    """m batches of distinct examples an epoch; batch S acts as A_S = I - (eta/|S|) E_S K on the normal space.

    gram: balls (N q, N q) around the symmetric K, the q rows of an example adjacent. learning_rate, momentum: balls ().
    The last batch has the N mod B examples that remain, and is left out with `drop_last`; every batch's loss is the
    mean over its own examples, as data loaders and losses compute it.
    """

    gram: Ball
    learning_rate: Ball
    batch_size: int
    outputs: int = 1
    drop_last: bool = False
    momentum: Ball | None = None

    @property
    def dimension(self) -> int:
        """N q."""
        return int(self.gram.shape[0])

    @property
    def examples(self) -> int:
        """N."""
        return self.dimension // self.outputs

    @property
    def sizes(self) -> tuple[int, ...]:
        """The numbers of examples in the epoch's batches."""
        full, rest = divmod(self.examples, self.batch_size)
        return (self.batch_size,) * full + ((rest,) if rest and not self.drop_last else ())

    @property
    def steps(self) -> int:
        """m, the number of batches an epoch."""
        return len(self.sizes)

    @property
    def uses_all(self) -> bool:
        """Whether an epoch runs through every example."""
        return sum(self.sizes) == self.examples

    def at_rate(self, learning_rate: Ball) -> "Epochs":
        """The same data with another learning rate."""
        made = Epochs(self.gram, learning_rate, self.batch_size, self.outputs, self.drop_last, self.momentum)
        if "curvature" in self.__dict__:
            made.__dict__["curvature"] = self.curvature
        return made

    def step(self, size: int) -> Ball:
        """eta / |S|."""
        return self.learning_rate / float(size)

    def independent(self, size: int) -> SGDFamily:
        """The same data with independent batches of `size`: each single batch of an epoch has this law."""
        return sgd_family(self.gram, self.learning_rate, size, self.outputs)

    def rows(self, batch: Sequence[int]) -> np.ndarray:
        """The rows of K that belong to the examples of a batch."""
        q = self.outputs
        return (np.asarray(batch)[:, None] * q + np.arange(q)).reshape(-1)

    @cached_property
    def curvature(self) -> tuple[float, float]:
        """Proved: a lower bound of lambda_min(K), an upper bound of lambda_max(K)."""
        smallest, largest = extreme_eigenvalues(self.gram)
        return float(smallest.lower), float(largest.upper)

    def update(self, batch: Sequence[int]) -> Ball:
        """A_S; with momentum b the block matrix [[A_S, -b I], [I - A_S, b I]] on (w, eta u)."""
        plain = self._plain(batch)
        return plain if self.momentum is None else with_memory(plain, self.momentum)

    def _plain(self, batch: Sequence[int]) -> Ball:
        rows = self.rows(batch)
        moved = np.eye(self.dimension)[rows] - self.step(len(batch)) * self.gram[rows]
        mid, rad = np.eye(self.dimension), np.zeros(self.gram.shape)
        mid[rows], rad[rows] = moved.mid, moved.rad
        return Ball(mid, rad)

    def product(self, batches: Sequence[Sequence[int]]) -> Ball:
        """The epoch's update A_(S_m) ... A_(S_1)."""
        total = self.update(batches[0])
        for batch in batches[1:]:
            total = self.update(batch) @ total
        return total


def epochs(
    gram: Ball,
    learning_rate: Ball,
    batch_size: int,
    outputs: int = 1,
    *,
    drop_last: bool = False,
    momentum: Ball | None = None,
) -> Epochs:
    """Epochs at the Gram matrix `gram`; a momentum of exactly 0 is none. Raises `InputError` where there is no
    batch."""
    still = momentum is None or (momentum.is_exact and float(momentum.mid) == 0.0)
    made = Epochs(gram, learning_rate, batch_size, outputs, drop_last, None if still else momentum)
    if made.steps == 0 or batch_size < 1:
        raise InputError(f"batches of {batch_size} leave no batch in an epoch of {made.examples} examples")
    return made


def with_memory(update: Ball, momentum: Ball) -> Ball:
    """[[A, -b I], [I - A, b I]]: (w, u) -> (w - u', u') with u' = b u + (I - A) w; the memory is scaled by eta."""
    identity = Ball.exact(np.eye(update.shape[0]))
    memory = identity * momentum
    rows = ((update, -memory), (identity - update, memory))
    return Ball(np.block([[x.mid for x in row] for row in rows]), np.block([[x.rad for x in row] for row in rows]))
