"""The updates of SGD on the normal space: A_S = I - (eta / |S|) E_S K for the batches S of examples."""

from collections.abc import Sequence
from itertools import combinations
from math import comb
from typing import Any

from flint import arb, arb_mat

from recheck.linear import identity
from recheck.outcome import NotCovered, Undecided
from recheck.proof import Proof, half_line
from recheck.random_products import Family, logarithm, mean, mean_square_growth

MOST_BATCHES = 5000
_LISTED = 300_000


class Batches:
    """gram: K in balls, symmetric, `outputs` rows an example. rate: eta."""

    def __init__(self, gram: arb_mat, rate: arb, outputs: int) -> None:
        self.gram, self.rate, self.outputs = gram, rate, outputs
        self.size = int(gram.nrows())
        self.examples = self.size // outputs

    def rows(self, batch: Sequence[int]) -> list[int]:
        return [i * self.outputs + j for i in batch for j in range(self.outputs)]

    def of_size(self, size: int) -> list[tuple[int, ...]]:
        NotCovered.when(comb(self.examples, size) > MOST_BATCHES, "there are more batches than are listed")
        return list(combinations(range(self.examples), size))

    def block(self, batch: Sequence[int]) -> arb_mat:
        """K_SS."""
        rows = self.rows(batch)
        return arb_mat([[self.gram[i, j] for j in rows] for i in rows])

    def update(self, batch: Sequence[int]) -> arb_mat:
        """A_S."""
        chosen, step, n = set(self.rows(batch)), self.rate / len(batch), self.size
        change = [[step * self.gram[i, j] if i in chosen else 0 for j in range(n)] for i in range(n)]
        return identity(n) - arb_mat(change)

    def mean_log_determinant(self, size: int) -> Any:
        """E log|det A_S| = E log|det(I - (eta / |S|) K_SS)|; unbounded where it is not computed or may be singular."""
        if comb(self.examples, size) > MOST_BATCHES:
            return half_line(None, None)
        step, one = self.rate / size, identity(size * self.outputs)
        logs = [logarithm((one - self.block(batch) * step).det()) for batch in self.of_size(size)]
        return mean([arb(1) / len(logs)] * len(logs), logs)

    def listed(self, size: int) -> Family | None:
        """All A_S with |S| = size, equally likely; None where they are too many."""
        if comb(self.examples, size) * self.size**2 > _LISTED:
            return None
        return evenly([self.update(batch) for batch in self.of_size(size)])


def evenly(matrices: list[arb_mat]) -> Family:
    """The matrices with one probability."""
    return Family(matrices, [arb(1) / len(matrices)] * len(matrices))


def add_second_moment(family: Family | None, steps: int, proof: Proof) -> None:
    """Lambda(2) of the family divided by the number of steps that one of its matrices stands for."""
    if family is None:
        return
    try:
        growth = mean_square_growth(family) / steps
    except (NotCovered, Undecided) as reason:
        proof.notes["second_moment_exponent"] = str(reason)
        return
    proof.values["second_moment_exponent"] = growth
    verdict = "stable" if growth < 0 else "unstable" if growth > 0 else "undecided"
    proof.said["second_moment_exponent"] = {"verdict": verdict}
