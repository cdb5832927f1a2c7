"""SGD at an interpolating minimum: the exponent of its linearised updates, and ranges of learning rates.

On the normal space, in the coordinates J^T w, a batch S of B examples acts by A_S = I - c E_S K, c = eta / B, with E_S
the mask of its rows. For i.i.d. uniform batches:

    E A_S X A_S^T = X - c p (K X + X K) + c^2 V o (K X K),  V = p inside one example, p_2 between two,
    p = B/N, p_2 = B (B - 1) / (N (N - 1)).

If X > 0 and this is <= mu X, then E |A_n .. A_1|^2 <= const mu^n, and lambda <= (1/2) log mu (the transposed
products have the same exponent). With weights 1/t_i for B = 1: lambda <= (1/2) (E log t + log mu) by Jensen.
From below: all exponents sum to E log |det A_S| = E log |det(I - c K_SS)|.
"""

from itertools import product
from typing import Any

from flint import arb, arb_mat

from recheck.document import Bounds as Ends
from recheck.epochs import Batches, Epoch, add_second_moment, evenly, prove_epochs, read_order
from recheck.linear import connected, extreme_eigenvalues, identity, inverse, is_nonsingular, is_positive, symmetric
from recheck.minimum import Minimum, Options, exact_minimum, linearised, require_covered, settings
from recheck.newton import distance
from recheck.outcome import BadInput, NotCovered, Undecided, Work
from recheck.proof import Proof, Statement, entry, is_reach, suggestions
from recheck.random_products import Bounds, Family, bound_exponent, largest_ratio, logarithm, matrix_of, numbers_of
from recheck.regression import Regression


class Updates(Batches):
    """The updates for batches of B examples of q rows each."""

    def __init__(self, gram: arb_mat, rate: arb, batch: int, outputs: int) -> None:
        super().__init__(gram, rate, outputs, [batch])
        self.batch, self.step = batch, rate / batch

    def noise(self, form: arb_mat, weights: list[arb] | None) -> arb_mat:
        """V o (K X K), or its weighted form for single examples."""
        full, n, q = self.gram * form * self.gram, self.size, self.outputs
        total, batch = self.examples, self.batch
        same = arb(batch) / total
        other = arb(batch * (batch - 1)) / (total * (total - 1)) if total > 1 else arb(0)
        inside = [same if weights is None else weights[i // q] / total for i in range(n)]
        pairs = product(range(n), repeat=2)
        return arb_mat(n, n, [(inside[i] if i // q == j // q else other) * full[i, j] for i, j in pairs])

    def drift(self, form: arb_mat, weights: list[arb] | None) -> arb_mat:
        """D K X + X K D with D the mean of E_S."""
        left, n, q = self.gram * form, self.size, self.outputs
        shares = [arb(self.batch)] * self.examples if weights is None else weights
        probabilities = [shares[i // q] / self.examples for i in range(n)]
        return arb_mat(
            n, n, [probabilities[i] * left[i, j] + probabilities[j] * left[j, i] for i in range(n) for j in range(n)]
        )

    def upper(self, form: arb_mat, scales: list[arb] | None) -> arb:
        """The bound (1/2) (E log t + log mu) of the exponent for the form X; infinite where none is proved."""
        if scales is not None and self.batch > 1:
            return arb("inf")
        weights = None if scales is None else [1 / t for t in scales]
        total = arb(1) if weights is None else sum(weights, arb(0)) / self.examples
        image = form * total - self.drift(form, weights) * self.step
        image += self.noise(form, weights) * (self.step * self.step)
        largest = largest_ratio(symmetric(image), form)
        if largest is None:
            return arb("inf")
        logs = arb(0) if scales is None else sum((t.log() for t in scales), arb(0)) / self.examples
        return (logs + logarithm(largest)) / 2

    def decays(self, form: arb_mat) -> bool:
        """X > 0 and D K X + X K D > c V o (K X K): then E A_S X A_S^T < X, at this rate and at every smaller one."""
        return is_positive(form) and is_positive(symmetric(self.drift(form, None) - self.noise(form, None) * self.step))

    def canonical_forms(self) -> list[arb_mat]:
        """K^-1 (the Euclidean norm of parameter space) and I."""
        try:
            return [symmetric(inverse(self.gram.mid()).mid()), identity(self.size)]
        except Undecided:
            return [identity(self.size)]


def bound_updates(updates: Updates, witnesses: list[tuple[str, Any]], bounds: Bounds) -> None:
    """Every method that applies to the updates of SGD."""
    if updates.batch == updates.examples:
        low, high = extreme_eigenvalues(updates.gram)
        ends = [abs(1 - updates.step * k) for k in (low, high)]
        bounds.exactly(logarithm(ends[0].max(ends[1])))
        return
    volume = updates.mean_log_determinant(updates.batch)
    if volume.is_finite():
        bounds.below(volume / updates.size)
    for form in updates.canonical_forms():
        bounds.above(updates.upper(form, None))
    for _, witness in witnesses:
        given = matrix_of(witness, "form", updates.size)
        if given is not None:
            bounds.above(updates.upper(given, numbers_of(witness, "scales", updates.examples)))
    listed = updates.listed(updates.batch)
    if listed is not None:
        bound_exponent(listed, [(n, w) for n, w in witnesses if n.startswith("explicit/")], bounds)


def with_momentum(updates: Updates, momentum: arb) -> Family:
    """The blocks [[A_S, -b I], [I - A_S, b I]] on (w, eta u): u+ = b u + (1/B) E_S K w, w+ = w - eta u+."""
    listed = updates.listed(updates.batch)
    NotCovered.when(listed is None, "SGD with momentum is covered for short lists of batches only")
    assert listed is not None
    n, matrices = updates.size, []
    for a in listed.matrices:
        memory = identity(n, momentum).tolist()
        top = [[*row, *(-m for m in moved)] for row, moved in zip(a.tolist(), memory, strict=True)]
        low = [[*row, *moved] for row, moved in zip((identity(n) - a).tolist(), memory, strict=True)]
        matrices.append(arb_mat(top + low))
    return evenly(matrices)


def prove_stochastic(statement: Statement, problem: Regression, given: Options, found: Minimum, proof: Proof) -> Proof:
    """The sign of the exponent of SGD at the minimum, and gradient descent beside it."""
    NotCovered.unless(found.interpolating, "SGD at a minimum that does not interpolate")
    updates = Updates(found.curvature, given["learning_rate"], given["batch_size"], problem.outputs)
    bounds = Bounds(statement.stated("lyapunov_exponent"))
    witnesses = suggestions(statement.witness)
    listed = with_momentum(updates, given["momentum"]) if "momentum" in given else None
    if listed is None:
        bound_updates(updates, witnesses, bounds)
    else:
        bound_exponent(listed, witnesses, bounds)
    proof.values["lyapunov_exponent"] = bounds.enclosure
    proof.weak |= {"lyapunov_exponent", "verdict", "second_moment_exponent"}
    proof.verdict, proof.theorem = bounds.verdict, "minimum.theorem-B"
    if statement.stated("second_moment_exponent") is not None:
        add_second_moment(listed or updates.listed(updates.batch), 1, proof)
    _add_gradient_descent(given["learning_rate"], proof)
    _hypotheses(problem, updates, listed, proof)
    return proof


def prove_sampled(statement: Statement, problem: Regression, optimizer: Options, found: Minimum, proof: Proof) -> Proof:
    """The sign of the exponent of SGD under shuffled epochs, or in a fixed order."""
    NotCovered.unless(found.interpolating, "SGD at a minimum that does not interpolate")
    NotCovered.when("momentum" in optimizer, "epochs with momentum are not covered")
    given = statement.problem["optimizer"]
    scheme, drop_last = given.get("sampling"), given.get("drop_last", False)
    NotCovered.when(scheme not in ("shuffled", "fixed"), "two ways of drawing side by side are not covered")
    if not isinstance(drop_last, bool) or ("order" in given and scheme != "fixed"):
        raise BadInput("the sampling is defective")
    batch = optimizer["batch_size"]
    BadInput.when(scheme == "fixed" and drop_last and problem.examples % batch, "a fixed order leaves examples out")
    epoch = Epoch(found.curvature, optimizer["learning_rate"], batch, problem.outputs, drop_last)
    prove_epochs(statement, epoch, scheme, read_order(given, problem.examples), proof)
    _add_gradient_descent(optimizer["learning_rate"], proof)
    if problem.is_analytic(proof) and epoch.log_determinants().is_finite():
        proof.proved.add("H3")
    return proof


def _add_gradient_descent(rate: arb, proof: Proof) -> None:
    ends, beside = (proof.values["smallest_curvature"], proof.values["sharpness"]), Proof()
    linearised({"name": "gradient-descent", "learning_rate": rate}, ends, beside)
    proof.values |= {f"gradient_descent_{name}": value for name, value in beside.values.items()}
    proof.said["gradient_descent_spectral_radius"] = {"verdict": (beside.verdict or "undecided").lower()}


def _hypotheses(problem: Regression, updates: Updates, listed: Family | None, proof: Proof) -> None:
    proof.needed = {"H1", "H2", "H3", "smooth", "sampling"}
    proof.proved |= {"H1", "smooth"}
    if updates.batch > 1 or updates.outputs > 1 or listed is not None:
        proof.needed.add("extension")
    (proof.needed if proof.verdict == "UNSTABLE" else proof.not_needed).add("regular")
    if problem.is_analytic(proof) and _all_invertible(updates, listed):
        proof.proved.add("H3")
    if updates.batch == updates.outputs == 1 and listed is None:
        apart = all(updates.rate * updates.gram[i, i] != v for i in range(updates.size) for v in (1, 2))
        edges = [(i, j) for i in range(updates.size) for j in range(i) if updates.gram[i, j] != 0]
        if apart and connected(updates.size, edges):
            proof.proved.add("regular")


def _all_invertible(updates: Updates, listed: Family | None) -> bool:
    if listed is not None:
        return all(is_nonsingular(m) for m in listed.matrices)
    if updates.step * extreme_eigenvalues(updates.gram)[1] < 1:
        return True
    return bool(updates.mean_log_determinant(updates.batch).is_finite())


def prove_rates(statement: Statement, work: Work) -> Proof:
    """The bracket of SGD's critical learning rate: the stable rates from 0 without a gap, the unstable ones."""
    require_covered(statement.problem, rates=True)
    problem = Regression(statement, work)
    optimizer = settings(statement.problem.get("optimizer"), problem.examples)
    good = optimizer["name"] == "sgd" and "momentum" not in optimizer
    BadInput.unless(good, "ranges of learning rates are those of SGD without momentum")
    found = exact_minimum(statement, problem)
    NotCovered.unless(found.interpolating, "the minimum does not interpolate")
    is_drawn = statement.problem["optimizer"].get("sampling", "iid") == "iid"
    prove = _covered if is_drawn else _of_epochs
    stable, unstable, top = prove(statement, found.curvature, optimizer["batch_size"], problem.outputs)
    proof = Proof(weak={"critical_learning_rate", "unstable_up_to", "verdict"})
    proof.bounds["existence_radius"] = is_reach(distance(problem.params, found.zero.box))
    # the lower end is a rate up to which all are stable, the upper end one from which all are unstable
    proof.bounds["critical_learning_rate"] = lambda s: 0 < s.lower <= stable and unstable <= s.upper < float("inf")
    proof.bounds["unstable_up_to"] = lambda s: s.lower == s.upper <= top and unstable < float("inf")
    proof.said["existence_radius"] = {"what": "interpolating"}
    proof.verdict = "PROVED" if stable > 0 and unstable < float("inf") else ""
    proof.theorem = "learning-rates.sign" if is_drawn else "learning-rates.sign-epochs"
    proof.proved |= {"H1", "smooth"}
    proof.needed = {"H1", "H2"} if is_drawn else {"H1", "H2", "shuffling"}
    return proof


def _covered(statement: Statement, gram: arb_mat, batch: int, outputs: int) -> tuple[float, float, float]:
    """(stable up to, unstable from, unstable up to): the segments of the certificate that are proved here."""
    segments = entry(statement.witness, "segments", list)
    good: dict[str, list[tuple[float, float]]] = {"STABLE": [], "UNSTABLE": []}
    for segment in segments:
        keys = {"lower", "upper", "verdict", "method", "witness"}
        if not isinstance(segment, dict) or set(segment) != keys or segment["verdict"] not in good:
            raise BadInput("a segment of the witness is defective")
        low, high = segment["lower"], segment["upper"]
        if not isinstance(low, float) or not isinstance(high, float) or not 0 <= low <= high or not high > 0:
            raise BadInput("a segment of the witness has no ends")
        if _holds(segment, gram, batch, outputs):
            good[segment["verdict"]].append((low, high))
    stable = 0.0
    for low, high in sorted(good["STABLE"]):
        stable = max(stable, high) if low <= stable else stable
    unstable = top = max((high for _, high in good["UNSTABLE"]), default=float("inf"))
    for low, high in sorted(good["UNSTABLE"], key=lambda s: -s[1]):
        unstable = min(unstable, low) if high >= unstable else unstable
    return stable, unstable, top


def _holds(segment: dict[str, Any], gram: arb_mat, batch: int, outputs: int) -> bool:
    """Whether every rate of the segment has the verdict's sign."""
    low, high, witness = (segment[name] for name in ("lower", "upper", "witness"))
    is_stable = segment["verdict"] == "STABLE"

    def at(rate: arb) -> Updates:
        return Updates(gram, rate, batch, outputs)

    if is_stable and low == 0 and high < float("inf"):
        updates = at(arb(high))
        if batch * outputs == gram.nrows():
            ends = extreme_eigenvalues(gram)
            return bool(ends[0] > 0 and updates.step * ends[1] < 2)
        given = matrix_of(witness, "form", updates.size)
        return any(updates.decays(form) for form in [*([] if given is None else [given]), *updates.canonical_forms()])
    if not is_stable and high == float("inf"):
        updates = at(arb(low))
        if batch * outputs == gram.nrows():
            return bool(updates.step * extreme_eigenvalues(gram)[1] > 2)
        return low > 0 and updates.grows_beyond()
    if not 0 < low <= high < float("inf"):
        return False
    form = matrix_of(witness, "form", gram.nrows())
    if is_stable and form is not None:
        # mu is a convex function of the rate: E A X A^T is quadratic in it with a semidefinite leading part
        scales = numbers_of(witness, "scales", gram.nrows() // outputs)
        return all(at(arb(end)).upper(form, scales) < 0 for end in (low, high))
    bounds = Bounds()
    bound_updates(at(arb(low).union(arb(high))), suggestions(witness), bounds)
    return bounds.verdict == segment["verdict"]


def _of_epochs(statement: Statement, gram: arb_mat, batch: int, outputs: int) -> tuple[float, float, float]:
    """The same for shuffled epochs: the stated ends of the bracket, where the sign is proved on their sides."""
    stated = statement.stated("critical_learning_rate") or Ends(0.0, float("inf"))
    epoch = Epoch(gram, arb(stated.upper), batch, outputs, False)
    stable = stated.lower if extreme_eigenvalues(gram)[0] > 0 and arb(stated.lower) < epoch.critical() else 0.0
    return stable, stated.upper if epoch.grows_beyond() else float("inf"), float("inf")
