"""Minima: an exact one near the point, its curvature, and its stability under a deterministic optimiser or SGD.

For a Hessian eigenvalue h > 0 on the normal space the linearised update is a 1 x 1 or 2 x 2 map with the polynomial
z^2 - t z + d (derived here from the update rules):

    gradient descent   w+ = w - eta h w                                       t = 1 - eta h,            d = 0
    heavy ball         u+ = b u - eta h w,  w+ = w + u+                       t = 1 + b - eta h,        d = b
    Nesterov           u+ = b u - eta h (w + b u),  w+ = w + u+               t = (1 + b)(1 - eta h),  d = b (1 - eta h)
    Adam (zero v)      m+ = b1 m + (1 - b1) h w,  w+ = w - (eta / eps) m+     t = 1 + b1 - c h,         d = b1,
                       with c = (1 - b1) eta / eps

Its roots lie inside the unit circle iff |d| < 1 and |t| < 1 + d (Schur, Cohn). For these maps that is h < h_c; and the
largest root modulus over an interval of h is attained at an end: it grows with |t| for fixed d, and for Nesterov with
|1 - eta h| on either side of 0.
"""

from dataclasses import dataclass
from typing import Any

from flint import arb, arb_mat

from recheck.claims import Statement
from recheck.linear import extreme_eigenvalues, identity, is_nonsingular, symmetric
from recheck.newton import Zero, distance, exact_zero
from recheck.outcome import BadInput, NotCovered, Undecided
from recheck.program.machine import Work
from recheck.proof import Proof, exact, floats, number
from recheck.regression import Regression

_SMALL = 24
_RANGES = {"learning_rate": (0, False), "eps": (0, False), "momentum": (0, True), "b1": (0, True), "b2": (0, True)}


@dataclass(frozen=True)
class Minimum:
    """zero: the exact minimum. curvature: K = J J^T, or Hess L where it does not interpolate; `scale` divides it."""

    zero: Zero
    curvature: arb_mat
    scale: int
    interpolating: bool

    @property
    def eigenvalues(self) -> tuple[arb, arb]:
        low, high = extreme_eigenvalues(self.curvature)
        return low / self.scale, high / self.scale


def exact_minimum(statement: Statement, problem: Regression) -> Minimum:
    """The exact minimum near the witness's point."""
    start = exact(floats(statement.witness, "point", (problem.dimension,)))
    if "inverse_gram" in statement.witness:
        zero = exact_zero(problem.residual, problem.jacobian, start, onto=True)
        gram = symmetric(zero.jacobian * zero.jacobian.transpose())
        return Minimum(zero, gram, problem.examples, True)
    zero = exact_zero(problem.gradient, problem.hessian, start)
    return Minimum(zero, symmetric(zero.jacobian), 1, False)


def prove_minimum(statement: Statement, work: Work) -> Proof:
    """What is proved of the minimum near the witness's point."""
    require_covered(statement.problem, independent=False)
    problem = Regression(statement, work)
    optimizer = settings(statement.problem.get("optimizer"), problem.examples)
    found = exact_minimum(statement, problem)
    reach = distance(problem.params, found.zero.box)
    proof = Proof(bounds={"existence_radius": lambda stated: stated.lower <= 0 and bool(reach <= arb(stated.upper))})
    proof.said["existence_radius"] = {"what": "interpolating" if found.interpolating else "critical"}
    low, high = found.eigenvalues
    proof.never_negative |= {"smallest_curvature"} if found.interpolating else set()
    proof.values |= {"sharpness": high, "smallest_curvature": low}
    if optimizer["name"] == "sgd" and optimizer["batch_size"] < problem.examples:
        from recheck.stochastic import prove_sampled, prove_stochastic

        if statement.problem["optimizer"].get("sampling", "iid") != "iid":
            return prove_sampled(statement, problem, optimizer, found, proof)

        return prove_stochastic(statement, problem, optimizer, found, proof)
    if not low > 0:
        return proof
    _decide(statement, problem, optimizer, found, (low, high), proof)
    return proof


def require_covered(problem: dict[str, Any], independent: bool = True) -> None:
    """The squared error, the network's own derivative, our own optimisers; independent batches, where asked for."""
    for name in ("loss", "replaced", "batched"):
        if name in problem:
            raise NotCovered(f"minima whose problem has the entry {name!r} are not covered")
    given = problem.get("optimizer")
    if not isinstance(given, dict):
        raise BadInput("the optimiser is unknown")
    if given.get("name") == "optax":
        raise NotCovered("optimisers that are programs are not covered")
    if not independent and given.get("sampling", "iid") != "iid":
        return
    if given.get("sampling", "iid") != "iid" or "order" in given or "drop_last" in given:
        raise NotCovered("batches that are not drawn independently are not covered")


def settings(given: Any, examples: int) -> dict[str, Any]:
    """The optimiser's settings as balls in their ranges."""
    if not isinstance(given, dict) or given.get("name") not in (*_RULES, "sgd"):
        raise BadInput("the optimiser is unknown")
    wanted = {"sgd": ("learning_rate",), **_SETTINGS}[given["name"]]
    result: dict[str, Any] = {"name": given["name"]}
    for name in _RANGES:
        if name not in given and name not in wanted:
            continue
        value = number(given.get(name), name)
        least, closed = _RANGES[name]
        below = value >= least if closed else value > least
        if not (below and (name in ("learning_rate", "eps") or value < 1)):
            raise BadInput(f"the setting {name!r} is out of its range")
        result[name] = value
    if given["name"] == "sgd":
        batch = given.get("batch_size")
        if isinstance(batch, bool) or not isinstance(batch, int) or not 1 <= batch <= examples:
            raise BadInput("the batch size is out of its range")
        result["batch_size"] = batch
    return result


def _gradient_descent(s: dict[str, Any], h: arb) -> tuple[arb, arb]:
    return 1 - s["learning_rate"] * h, arb(0)


def _heavy_ball(s: dict[str, Any], h: arb) -> tuple[arb, arb]:
    return 1 + s["momentum"] - s["learning_rate"] * h, s["momentum"]


def _nesterov(s: dict[str, Any], h: arb) -> tuple[arb, arb]:
    step = 1 - s["learning_rate"] * h
    return (1 + s["momentum"]) * step, s["momentum"] * step


def _adam(s: dict[str, Any], h: arb) -> tuple[arb, arb]:
    return 1 + s["b1"] - (1 - s["b1"]) * s["learning_rate"] / s["eps"] * h, s["b1"]


_SETTINGS = {
    "gradient-descent": ("learning_rate",),
    "heavy-ball": ("learning_rate", "momentum"),
    "nesterov": ("learning_rate", "momentum"),
    "adam": ("learning_rate", "b1", "eps"),
}
_RULES = {"gradient-descent": _gradient_descent, "heavy-ball": _heavy_ball, "nesterov": _nesterov, "adam": _adam}


def _critical(name: str, s: dict[str, Any]) -> arb:
    """eta h_c: from |t| < 1 + d, that is -t < 1 + d."""
    if name == "gradient-descent":
        return arb(2)
    if name == "heavy-ball":
        return 2 * (1 + s["momentum"])
    if name == "nesterov":
        return 2 * (1 + s["momentum"]) / (1 + 2 * s["momentum"])
    return 2 * (1 + s["b1"]) * s["eps"] / (1 - s["b1"])


def rule_name(optimizer: dict[str, Any]) -> str:
    """SGD with one batch of all examples is gradient descent, or heavy ball where there is momentum."""
    if optimizer["name"] != "sgd":
        return str(optimizer["name"])
    momentum = optimizer.get("momentum")
    return "gradient-descent" if momentum is None or momentum.is_zero() else "heavy-ball"


def root_modulus(trace: arb, determinant: arb) -> arb:
    """The larger modulus of the roots of z^2 - t z + d."""
    discriminant = trace * trace - 4 * determinant
    size = trace.abs_lower().union(trace.abs_upper())
    real = (size + discriminant.nonnegative_part().sqrt()) / 2
    if discriminant < 0:
        return determinant.sqrt()
    if discriminant >= 0:
        return real
    return real.union(determinant.nonnegative_part().sqrt())


def _decide(
    statement: Statement,
    problem: Regression,
    optimizer: dict[str, Any],
    found: Minimum,
    ends: tuple[arb, arb],
    proof: Proof,
) -> None:
    name = rule_name(optimizer)
    rate, high = optimizer["learning_rate"], ends[1]
    critical = _critical(name, optimizer)
    radii = [root_modulus(*_RULES[name](optimizer, h)) for h in ends]
    proof.values["spectral_radius"] = radii[0].max(radii[1])
    proof.values["critical_learning_rate"] = critical / high
    proof.said["spectral_radius"] = {"radius": name, "update": name}
    if rate * high < critical:
        proof.verdict = "STABLE"
    elif rate * high > critical:
        proof.verdict = "UNSTABLE"
    proof.needed = {"H1", "H2", "H3", "smooth"} | (set() if name == "gradient-descent" else {"H4"})
    proof.proved |= {"H1", "smooth"}
    if _projects(optimizer, name):
        # what is sent to a null set as a whole: the memory is multiplied by 0
        proof.refuted.add("H3")
    if problem.is_analytic(proof) and _non_singular(problem, optimizer, found, name):
        proof.proved.add("H3")
    proof.notes.setdefault("H3", "the update map is not proved to be non-singular")


def _projects(optimizer: dict[str, Any], name: str) -> bool:
    """Whether a factor of the memory is exactly 0, so that the state map has the determinant 0 everywhere."""
    memory = {"heavy-ball": ("momentum",), "nesterov": ("momentum",), "adam": ("b1", "b2")}.get(name, ())
    return any(optimizer[factor].is_zero() for factor in memory if factor in optimizer)


def _non_singular(problem: Regression, optimizer: dict[str, Any], found: Minimum, name: str) -> bool:
    """det D(update) is an analytic function of the state; it is enough that it is not zero at one point.

    Heavy ball: det = b^D. Adam: (theta, m, v) -> (theta, m', v') -> (theta', m', v'), a shear after a map with the
    determinant (b1 b2)^D. Nesterov: det = b^D det(I - eta Hess L).
    """
    if name == "heavy-ball":
        return bool(optimizer["momentum"] > 0)
    if name == "adam":
        return bool(optimizer["b1"] > 0) and "b2" in optimizer and bool(optimizer["b2"] > 0)
    if name == "nesterov" and not optimizer["momentum"] > 0:
        return False
    rate = optimizer["learning_rate"]
    size = found.curvature.nrows()
    if is_nonsingular(identity(size) - found.curvature * (rate / found.scale)):
        return True
    if problem.dimension > _SMALL:
        return False
    for shift in (arb(2) ** -7, -(arb(2) ** -5), arb(2) ** -3):
        point = [(x * (1 + shift) + shift).mid() for x in problem.params]
        try:
            if is_nonsingular(identity(problem.dimension) - problem.hessian(point) * rate):
                return True
        except Undecided:
            continue
    return False
