"""Minima: an exact one near the point, its curvature, and its stability under a deterministic optimiser or SGD.

For a Hessian eigenvalue h > 0 on the normal space the linearised update is a 1 x 1 or 2 x 2 map with the polynomial
z^2 - t z + d (derived here from the update rules):

    gradient descent   w+ = w - eta h w                                       t = 1 - eta h,            d = 0
    heavy ball         u+ = b u - eta h w,  w+ = w + u+                       t = 1 + b - eta h,        d = b
    Nesterov           u+ = b u - eta h (w + b u),  w+ = w + u+               t = (1 + b)(1 - eta h),  d = b (1 - eta h)
    Adam (zero v)      m+ = b1 m + (1 - b1) h w,  w+ = w - (eta / eps) m+     t = 1 + b1 - c h,         d = b1,
                       with c = (1 - b1) eta / eps

Its roots lie inside the unit circle iff |d| < 1 and |t| < 1 + d (Schur, Cohn). For these maps, for which t and d are
linear in h, that is h < h_c = (1 + d(0) + t(0)) / -(t + d)'; and the largest root modulus over an interval of h is
attained at an end: it grows with |t| for fixed d, and for Nesterov with |1 - eta h| on either side of 0.
"""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from flint import arb, arb_mat

from recheck.fields import Entries
from recheck.linear import extreme_eigenvalues, identity, is_nonsingular, symmetric
from recheck.newton import Zero, distance, exact_zero
from recheck.npy import Array
from recheck.outcome import BadInput, NotCovered, Undecided, Work
from recheck.program.machine import Machine
from recheck.program.reader import Program
from recheck.proof import Proof, Statement, entry, exact, floats, is_reach, number
from recheck.regression import Regression

_SMALL, _LARGEST_HESSIAN = 24, 400


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
    NotCovered.when(problem.loss, "other losses are covered where all examples are met")
    zero = exact_zero(problem.gradient, problem.hessian, start)
    return Minimum(zero, symmetric(zero.jacobian), 1, False)


def prove_minimum(statement: Statement, work: Work) -> Proof:
    """What is proved of the minimum near the witness's point."""
    require_covered(statement.problem, rates=False)
    problem = Regression(statement, work)
    optimizer = settings(statement.problem.get("optimizer"), problem.examples)
    found = exact_minimum(statement, problem)
    reach = distance(problem.params, found.zero.box)
    proof = Proof(bounds={"existence_radius": is_reach(reach)})
    proof.said["existence_radius"] = {"what": "interpolating" if found.interpolating else "critical"}
    if problem.loss:
        proof.said["existence_radius"] = {"loss": problem.loss}
    low, high = found.eigenvalues
    proof.never_negative |= {"smallest_curvature"} if found.interpolating else set()
    proof.values |= {"sharpness": high, "smallest_curvature": low}
    if optimizer["name"] == "sgd" and optimizer["batch_size"] < problem.examples:
        NotCovered.when(problem.loss or "batched" in statement.problem, "SGD is covered for the squared error alone")
        from recheck.stochastic import prove_sampled, prove_stochastic

        is_drawn = statement.problem["optimizer"].get("sampling", "iid") == "iid"
        return (prove_stochastic if is_drawn else prove_sampled)(statement, problem, optimizer, found, proof)
    if low > 0:
        linearised(optimizer, (low, high), proof)
        _non_singular_step(problem, optimizer, found, proof)
    return proof


def prove_strict_minimum(statement: Statement, work: Work) -> Proof:
    """A zero of the stored field, the gradient of a loss, with a positive derivative: symmetric if it is a gradient."""
    given, start = statement.problem, exact(floats(statement.witness, "point", (None,)))
    if given.get("replaced") is not False or entry(given, "optimizer", dict).get("name") not in _MEMORY:
        raise NotCovered("fields that are not gradients, and other optimisers than the known ones, are not covered")
    params, machine, data = _with_data(given, "field", None, work)
    zero = exact_zero(lambda x: machine.outputs([x, *data]), lambda x: arb_mat(machine.jacobian([x, *data])[1]), start)
    low, high = extreme_eigenvalues(symmetric(zero.jacobian))
    proof = Proof(bounds={"existence_radius": is_reach(distance(params, zero.box))})
    proof.said["existence_radius"] = {"field": "gradient"}
    proof.values |= {"sharpness": high, "smallest_curvature": low}
    if low > 0:
        linearised(settings(given["optimizer"], 1), (low, high), proof)
    proof.needed = {"H1", "smooth", "field"}
    return proof


def _with_data(given: dict[str, Any], name: str, shape: Any, work: Work) -> tuple[Entries, Machine, list[Entries]]:
    """The parameters, the program of them and the data, and the data; the output's shape is that of the parameters."""
    params, arrays, program = floats(given, "params", (None,)), entry(given, "data", list), entry(given, name, Program)
    shapes = [(params.shape, "float64"), *((x.shape, x.dtype) for x in arrays if isinstance(x, Array))]
    output = (params.shape if shape is None else shape, "float64")
    if [tuple(s) for s in program.inputs] != shapes or [tuple(s) for s in program.output_signatures] != [output]:
        raise BadInput("the program does not take the parameters and the data, or gives something else")
    machine = Machine(program, (True, *[False] * len(arrays)), work)
    return exact(params), machine, [exact(x) for x in arrays]


def prove_sharpness(statement: Statement, work: Work) -> Proof:
    """The extreme eigenvalues of Hess L at the given parameters."""
    size = len(floats(statement.problem, "params", (None,)).data)
    NotCovered.when(size > _LARGEST_HESSIAN, f"Hessians of {size} parameters are not covered")
    if "loss" in statement.problem:
        params, machine, data = _with_data(statement.problem, "loss", (), work)
        hessian = symmetric(arb_mat(machine.second([params, *data], [arb(1)])))
    else:
        problem = Regression(statement, work)
        hessian = problem.hessian(problem.params)
    low, high = extreme_eigenvalues(hessian)
    values = {"sharpness": high, "smallest_curvature": low}
    return Proof(values, verdict="PROVED", proved={"smooth"}, needed={"smooth"}, weak=set(values))


def require_covered(problem: dict[str, Any], rates: bool) -> None:
    """The squared error, the network's own derivative, our own optimisers; for `rates` random batches of one size."""
    for name in ("replaced", "batched", "loss") if rates else ("replaced",):
        NotCovered.when(name in problem, f"minima whose problem has the entry {name!r} are not covered")
    given = entry(problem, "optimizer", dict)
    NotCovered.when(given.get("name") == "optax", "optimisers that are programs are not covered")
    drawn = given.get("sampling", "iid") in ("iid", "shuffled") and not {"order", "drop_last"} & set(given)
    NotCovered.unless(drawn or not rates, "batches that are drawn in other ways are not covered")


Options = dict[str, Any]
_SETTINGS = {
    "gradient-descent": ({"learning_rate"}, set()),
    "heavy-ball": ({"learning_rate", "momentum"}, set()),
    "nesterov": ({"learning_rate", "momentum"}, set()),
    "adam": ({"learning_rate", "b1", "b2", "eps"}, set()),
    "sgd": ({"learning_rate", "batch_size"}, {"momentum", "sampling", "order", "drop_last"}),
}
# settings above 0, and settings from 0 to below 1
_RATES, _FACTORS = {"learning_rate", "eps"}, {"momentum", "b1", "b2"}


def settings(given: Any, examples: int) -> Options:
    """The optimiser's settings as balls in their ranges."""
    BadInput.when(not isinstance(given, dict) or given.get("name") not in _SETTINGS, "the optimiser is unknown")
    needed, possible = _SETTINGS[given["name"]]
    BadInput.when(not needed <= set(given) - {"name"} <= needed | possible, "the optimiser has other settings")
    result: dict[str, Any] = {"name": given["name"]}
    for name in (_RATES | _FACTORS) & set(given):
        value = result[name] = number(given[name], name)
        BadInput.unless(value > 0 if name in _RATES else 0 <= value < 1, f"{name!r} is out of its range")
    if given["name"] == "sgd":
        batch = result["batch_size"] = given["batch_size"]
        BadInput.unless(type(batch) is int and 1 <= batch <= examples, "the batch size is out of its range")
        if "momentum" in result and result["momentum"].is_zero():
            del result["momentum"]
    return result


def _rule(name: str, s: dict[str, Any]) -> tuple[arb, arb, arb, arb]:
    """(t0, t1, d0, d1) with t = t0 - t1 h and d = d0 - d1 h."""
    rate, zero = s["learning_rate"], arb(0)
    if name == "gradient-descent":
        return arb(1), rate, zero, zero
    if name == "adam":
        return 1 + s["b1"], (1 - s["b1"]) * rate / s["eps"], s["b1"], zero
    memory = s["momentum"]
    if name == "heavy-ball":
        return 1 + memory, rate, memory, zero
    return 1 + memory, (1 + memory) * rate, memory, memory * rate


def rule_name(optimizer: Options) -> str:
    """SGD with one batch of all examples is gradient descent, or heavy ball where there is momentum."""
    if optimizer["name"] != "sgd":
        return str(optimizer["name"])
    return "heavy-ball" if "momentum" in optimizer else "gradient-descent"


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


def linearised(optimizer: Options, ends: tuple[arb, arb], proof: Proof) -> None:
    """Spectral radius, critical learning rate and verdict for curvatures h > 0 between the ends."""
    name = rule_name(optimizer)
    t0, t1, d0, d1 = _rule(name, optimizer)
    # -t < 1 + d for smaller h only
    critical = (1 + d0 + t0) / (t1 + d1)
    radii = [root_modulus(t0 - t1 * h, d0 - d1 * h) for h in ends]
    proof.values["spectral_radius"] = radii[0].max(radii[1])
    proof.values["critical_learning_rate"] = optimizer["learning_rate"] * critical / ends[1]
    proof.said["spectral_radius"] = {"radius": name, "update": name, "rule": name}
    proof.verdict = "STABLE" if ends[1] < critical else "UNSTABLE" if ends[1] > critical else ""
    proof.proved |= {"H1", "smooth"}


def _non_singular_step(problem: Regression, optimizer: Options, found: Minimum, proof: Proof) -> None:
    name = rule_name(optimizer)
    proof.needed = {"H1", "H2", "H3", "smooth"} | (set() if name == "gradient-descent" else {"H4"})
    # stability is that of the linearised step alone
    proof.open = {"H3"} if proof.verdict == "STABLE" else set()
    factors = [optimizer[factor] for factor in _MEMORY[name]]
    is_smooth = problem.is_analytic(proof) and all(factor > 0 for factor in factors)
    if any(factor.is_zero() for factor in factors):
        # what is sent to a null set as a whole: the memory is multiplied by 0
        proof.refuted.add("H3")
    elif is_smooth and (name in ("heavy-ball", "adam") or _non_singular(problem, optimizer["learning_rate"], found)):
        proof.proved.add("H3")
    proof.notes.setdefault("H3", "the update map is not proved to be non-singular")


_MEMORY = {"gradient-descent": (), "heavy-ball": ("momentum",), "nesterov": ("momentum",), "adam": ("b1", "b2")}


def _non_singular(problem: Regression, rate: arb, found: Minimum) -> bool:
    """det D(update) is an analytic function of the state; it is enough that it is not zero at one point.

    Heavy ball: det = b^D. Adam: (theta, m, v) -> (theta, m', v') -> (theta', m', v'), a shear after a map with the
    determinant (b1 b2)^D. Gradient descent and Nesterov: det(I - eta Hess L), and b^D times that.
    """
    size = found.curvature.nrows()
    if is_nonsingular(identity(size) - found.curvature * (rate / found.scale)):
        return True
    if problem.dimension > _SMALL or problem.loss:
        return False
    for shift in (arb(2) ** -7, -(arb(2) ** -5), arb(2) ** -3):
        point = [(x * (1 + shift) + shift).mid() for x in problem.params]
        with suppress(Undecided):
            if is_nonsingular(identity(problem.dimension) - problem.hessian(point) * rate):
                return True
    return False
