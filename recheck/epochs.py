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
from itertools import permutations
from math import comb, factorial
from typing import Any

from flint import arb, arb_mat

from recheck.batches import MOST_BATCHES, Batches, add_second_moment, evenly
from recheck.claims import Statement
from recheck.linear import extreme_eigenvalues, log_spectral_radius_bounds
from recheck.lyapunov import suggestions
from recheck.npy import Array
from recheck.outcome import BadInput, NotCovered, Undecided
from recheck.proof import Proof, half_line
from recheck.random_products import Bounds, Family, bound_exponent

_MOST_ORDERS = 24
_LARGEST = 40


class Epoch(Batches):
    """sizes: the numbers of examples in an epoch's batches."""

    def __init__(self, gram: arb_mat, rate: arb, batch: int, outputs: int, drop_last: bool) -> None:
        super().__init__(gram, rate, outputs)
        full, rest = divmod(self.examples, batch)
        self.sizes = [batch] * full + ([rest] if rest and not drop_last else [])
        BadInput.unless(self.sizes, "an epoch has no batch")

    def product(self, order: Sequence[int]) -> arb_mat:
        """The epoch in this order of the examples."""
        start, total = 0, None
        for size in self.sizes:
            step = self.update(order[start : start + size])
            total, start = step if total is None else step * total, start + size
        assert total is not None
        return total

    def largest_block(self, size: int) -> arb:
        """An upper bound of lambda_max(K_SS) over all sets of that size."""
        if comb(self.examples, size) > MOST_BATCHES:
            return extreme_eigenvalues(self.gram)[1].upper()
        return max((extreme_eigenvalues(self.block(s))[1].upper() for s in self.of_size(size)), key=float)

    def critical(self) -> arb:
        """Every smaller rate keeps eta lambda_max(K_SS) / |S| below 2 for all batches."""
        found = [2 * size / self.largest_block(size) for size in sorted(set(self.sizes))]
        return min((x.lower() for x in found), key=float)

    def log_determinants(self) -> Any:
        """E sum_S log|det A_S| over the batches of a shuffled epoch; unbounded where it is not computed."""
        found = [self.mean_log_determinant(size) for size in self.sizes]
        return sum(found, arb(0)) if all(x.is_finite() for x in found) else half_line(None, None)


def prove_epochs(statement: Statement, epoch: Epoch, scheme: str, order: Sequence[int], proof: Proof) -> None:
    """The exponent of a step under shuffled epochs, or in one order, and the rates at which every order contracts."""
    NotCovered.when(epoch.size > _LARGEST, f"epochs of more than {_LARGEST} residuals are not covered")
    bounds = _fixed(epoch, order) if scheme == "fixed" else _shuffled(epoch, statement.witness.get("shuffled"))
    steps = len(epoch.sizes)
    proof.values["lyapunov_exponent"] = half_line(
        None if bounds.lower is None else bounds.lower / steps, None if bounds.upper is None else bounds.upper / steps
    )
    proof.verdict = bounds.verdict
    proof.weak |= {"lyapunov_exponent", "verdict", "contracting_learning_rate", "second_moment_exponent"}
    critical = epoch.critical()
    proof.bounds["contracting_learning_rate"] = lambda stated: (
        0 < stated.lower == stated.upper and bool(arb(stated.upper) <= critical)
    )
    proof.needed = {"H1", "H2", "H3", "smooth"}
    proof.proved |= {"H1", "smooth"}
    if scheme == "shuffled":
        if statement.stated("second_moment_exponent") is not None:
            add_second_moment(_orders(epoch), steps, proof)
        proof.needed |= {"shuffling", "epochs"}
        if proof.verdict == "STABLE":
            # subadditivity and independent, identically distributed epoch maps are all that this half needs
            proof.proved.add("epochs")


def _fixed(epoch: Epoch, order: Sequence[int]) -> Bounds:
    bounds = Bounds()
    low, high = log_spectral_radius_bounds(epoch.product(order))
    if low > 0:
        bounds.below(low.log())
    bounds.above(high.log() if high > 0 else arb("-inf"))
    return bounds


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
    stored = given.get("order")
    if stored is None:
        return list(range(examples))
    if not isinstance(stored, Array) or stored.dtype != "int64" or stored.shape != (examples,):
        raise BadInput("the order of the examples is defective")
    order = [int(i) for i in stored.data]
    BadInput.when(sorted(order) != list(range(examples)), "the order does not name each example once")
    return order
