"""SGD whose epochs run through all examples: shuffled, or in one order. Own proofs for the exponent of a step.

With c_S = eta / |S| and A_S = I - c_S E_S K an epoch acts by A_(S_m) .. A_(S_1). While c_S lambda_max(K_SS) < 2 for
every batch that may occur, |A_S w|_K^2 = |w|_K^2 - d^T (2/c_S - K_SS) d <= |w|_K^2 with d = c_S (K w)_S, since
|A w|_K^2 = |w|_K^2 - 2 (K w)_S^T d + d^T K_SS d. The first batch S of a shuffled epoch is uniform among those of its
size, so E |(K w)_S|^2 = (|S|/N) |K w|^2 >= (|S|/N) lambda_min(K) |w|_K^2, and

    E |M w|_K^2 <= (1 - (eta/N) (2 - c_S max lambda_max(K_SS)) lambda_min(K)) |w|_K^2 .

Jensen's inequality bounds the exponent. From below: the exponents of an epoch sum to E sum_S log|det A_S|.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import reduce
from itertools import accumulate, combinations, pairwise, permutations
from math import comb, factorial
from typing import Any

from flint import arb, arb_mat

from recheck.linear import extreme_eigenvalues, highest, identity, lowest
from recheck.outcome import BadInput, NotCovered, Undecided
from recheck.proof import Proof, Statement, floats, half_line, is_size, suggestions
from recheck.random_products import Bounds, Family, bound_exponent, log_radius, logarithm, mean, mean_square_growth

MOST_BATCHES = 5000
_THEOREMS = {"shuffled": "sampling.theorem-B-epochs", "fixed": "sampling.theorem-A-epoch"}
_LISTED = 300_000
_MOST_ORDERS = 24
_LARGEST = 40


class Batches:
    """gram: K in balls, symmetric, `outputs` rows an example. rate: eta. sizes: the numbers of examples in batches."""

    def __init__(self, gram: arb_mat, rate: arb, outputs: int, sizes: list[int]) -> None:
        self.gram, self.rate, self.outputs, self.sizes = gram, rate, outputs, sizes
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

    def log_determinants(self) -> Any:
        """E sum_S log|det A_S| over batches of these sizes; unbounded where it is not computed."""
        found = [self.mean_log_determinant(size) for size in self.sizes]
        return sum(found, arb(0)) if all(x.is_finite() for x in found) else half_line(None, None)

    def grows_beyond(self) -> bool:
        """E sum_S log|det A_S| > 0, all c_S k > 1 for the eigenvalues k of all K_SS: both persist at greater rates."""
        return bool(self.log_determinants().lower() > 0) and all(
            self.rate / size * lowest(extreme_eigenvalues(self.block(batch))[0] for batch in self.of_size(size)) > 1
            for size in set(self.sizes)
        )

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


class Epoch(Batches):
    """sizes: those of an epoch's batches."""

    def __init__(self, gram: arb_mat, rate: arb, batch: int, outputs: int, drop_last: bool) -> None:
        full, rest = divmod(int(gram.nrows()) // outputs, batch)
        super().__init__(gram, rate, outputs, [batch] * full + ([rest] if rest and not drop_last else []))
        BadInput.unless(self.sizes, "an epoch has no batch")
        NotCovered.when(self.size > _LARGEST, f"epochs of more than {_LARGEST} residuals are not covered")

    def product(self, order: Sequence[int]) -> arb_mat:
        """The epoch in this order of the examples."""
        ends = pairwise(accumulate(self.sizes, initial=0))
        return reduce(lambda total, step: step * total, (self.update(order[a:b]) for a, b in ends))

    def largest_block(self, size: int) -> arb:
        """An upper bound of lambda_max(K_SS) over all sets of that size."""
        if comb(self.examples, size) > MOST_BATCHES:
            return extreme_eigenvalues(self.gram)[1].upper()
        return highest(extreme_eigenvalues(self.block(s))[1] for s in self.of_size(size))

    def critical(self) -> arb:
        """Every smaller rate keeps eta lambda_max(K_SS) / |S| below 2 for all batches."""
        return lowest(2 * size / self.largest_block(size) for size in set(self.sizes))


def prove_epochs(statement: Statement, epoch: Epoch, scheme: str, order: Sequence[int], proof: Proof) -> None:
    """The exponent of a step under shuffled epochs, or in one order, and the rates at which every order contracts."""
    bounds = _shuffled(epoch, statement.witness.get("shuffled")) if scheme == "shuffled" else Bounds()
    if scheme == "fixed":
        bounds.exactly(log_radius(epoch.product(order)))
    steps = len(epoch.sizes)
    own = bounds.enclosure
    proof.values["lyapunov_exponent"] = half_line(own.lower() / steps, own.upper() / steps)
    proof.verdict, proof.theorem = bounds.verdict, _THEOREMS[scheme]
    proof.weak |= {"lyapunov_exponent", "verdict", "contracting_learning_rate", "second_moment_exponent"}
    critical = epoch.critical()
    proof.bounds["contracting_learning_rate"] = is_size(lambda rate: bool(rate <= critical))
    proof.needed = {"H1", "H2", "H3", "smooth"}
    proof.proved |= {"H1", "smooth"}
    if scheme == "shuffled":
        if statement.stated("second_moment_exponent") is not None:
            add_second_moment(_orders(epoch), steps, proof)
        proof.needed |= {"shuffling", "epochs"}
        if proof.verdict == "STABLE":
            # subadditivity and independent, identically distributed epoch maps are all that this half needs
            proof.proved.add("epochs")


def _orders(epoch: Epoch) -> Family | None:
    """The maps of all orders, equally likely; None where they are too many."""
    if factorial(epoch.examples) > _MOST_ORDERS:
        return None
    return evenly([epoch.product(order) for order in permutations(range(epoch.examples))])


def _shuffled(epoch: Epoch, witness: Any) -> Bounds:
    bounds = Bounds()
    determinants = epoch.log_determinants()
    if determinants.is_finite():
        bounds.below(determinants / epoch.size)
    smallest = extreme_eigenvalues(epoch.gram)[0]
    slack = [2 - epoch.rate / size * epoch.largest_block(size) for size in epoch.sizes]
    if smallest > 0 and all(s > 0 for s in slack):
        share = epoch.rate / epoch.examples * slack[0] * smallest
        # the true share is at most one; what the balls add beyond is of no use
        if share < 1:
            bounds.above((1 - share.lower()).log() / 2)
    family = _orders(epoch)
    if family is not None:
        with suppress(NotCovered, Undecided):
            bound_exponent(family, suggestions(witness), bounds)
    return bounds


def read_order(given: dict[str, Any], examples: int) -> list[int]:
    """The order of a fixed epoch; raises `BadInput` where it is no permutation."""
    order = floats(given, "order", (examples,), "int64").data if "order" in given else list(range(examples))
    BadInput.when(sorted(order) != list(range(examples)), "the order does not name each example once")
    return order
