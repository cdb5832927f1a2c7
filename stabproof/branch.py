"""certify_branch: equilibria and fixed points that depend on a parameter, with their bifurcations."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.branch.descent import descent_map
from certify.branch.pieces import Pieces
from certify.branch.problem import BranchProblem
from certify.certificate import Certificate, issue
from certify.program import Program, piecewise_obstacle, trace
from foundation import CertificateError, InputError, number_in, positive_integer, positive_number
from numeric import Regression
from numeric.loss import Loss
from search.branch.continuation import Followed, follow
from search.branch.points import proposed_points
from search.branch.walk import even_solution, scale_of
from stabproof.branch_subspace import subspace_entry
from stabproof.derivatives import require_true_derivatives
from stabproof.descent import loss_gradient
from stabproof.fields import start_point
from stabproof.progress import Progress, silent
from stabproof.symbolic_input import is_symbolic

_KINDS = ("flow", "map")
_NEWTON_STEPS = 60
# An equilibrium is near x0 when it is within this part of the size of the variables.
_REACH = 0.4


def certify_branch(
    field: Any,
    x0: Any = None,
    parameter: Any = None,
    kind: str | None = None,
    *,
    symmetry: Any = None,
    absent: Any = None,
    variables: Any = None,
    budget: float = 60.0,
    most_pieces: int = 20_000,
    progress: Progress | None = None,
) -> Certificate:
    """Prove a curve of equilibria of x' = f(x, p), or of fixed points of a map, with what happens on it.

    field: a JAX function (x (n,), p) -> (n,), or SymPy expressions in `variables` and the parameter's symbol.
    parameter: (name, lower, upper); name is the symbol, or its name. x0: n numbers near an equilibrium at p = lower,
    from where the curve is followed by pseudo-arclength, also around folds, until it leaves the range of p.

    PROVED: the pieces of `witness` form one smooth curve that leaves the range at both ends. The claims `part_k` say,
    for runs of pieces, how many directions are unstable (-1: not proved, near bifurcations) and which parameters they
    cover. `point_k` are proved bifurcation points on it, with their parameter: folds and Hopf points of a flow; folds,
    flips and Neimark-Sacker points of a map. `coefficient_k` encloses the normal form's coefficient; its claim says
    super- or subcritical, or to which side a fold opens; `crossing_k` is the speed at which the critical eigenvalues
    cross. Where every part of a run is hyperbolic nothing bifurcates. UNDECIDED: the curve ends inside of the range, as
    at a point where branches cross; the claims hold all the same. `stabproof.check` repeats the proof.

    symmetry: a matrix R (n, n) that permutes coordinates up to signs, R^2 = I, with f(R x, p) = R f(x, p), or "odd" for
    -I. The curve is followed among the states with R x = x, where branches without the symmetry cannot cross it; their
    pitchforks are points on it. absent: indices of components (or symbols) that stay 0 where they are 0, as of
    species: the curve is followed there, and the points where others grow are transcritical. That R is a symmetry, or
    the subspace invariant, is proved. Stability is that in the whole space.

    An `sp.Loss` or an `sp.Regression` as the field: gradient descent at a strict minimum, parameter=("learning_rate",
    lower, upper); x0 is where its parameters are, unless it is given. The flip lies at 2 / sharpness; supercritical, a
    stable 2-cycle is born there (find it with `certify_periodic_point`), subcritical, training leaves.

    Raises `InputError` on malformed input, kinks, and where no equilibrium is found near x0 at p = lower.
    """
    if isinstance(field, Loss | Regression):
        if absent is not None:
            raise InputError("absent is for fields; for gradient descent pass symmetry, a matrix for the parameters")
        return _of_training(field, x0, parameter, kind, symmetry, budget, most_pieces, progress)
    kind = "flow" if kind is None else kind
    if kind not in _KINDS:
        raise InputError(f'kind must be "flow" or "map", but is {kind!r}')
    seconds, limit = positive_number(budget, "budget"), positive_integer(most_pieces, "most_pieces")
    name, lower, upper = _range(parameter)
    if x0 is None:
        raise InputError("x0 is missing: pass n numbers near the equilibrium at the parameter's lower end")
    start = start_point(x0)
    program = _program(field, start, name, lower, variables)
    inside = subspace_entry(symmetry, absent, start, variables)
    return _certified(program, kind, lower, upper, start, name, inside, limit, seconds, progress)


def _of_training(
    problem: Any,
    x0: Any,
    parameter: Any,
    kind: Any,
    symmetry: Any,
    budget: float,
    most_pieces: int,
    progress: Progress | None,
) -> Certificate:
    seconds, limit = positive_number(budget, "budget"), positive_integer(most_pieces, "most_pieces")
    name, lower, upper = _range(parameter)
    if str(name) != "learning_rate" or not lower > 0:
        raise InputError('for gradient descent pass parameter=("learning_rate", lower, upper) with 0 < lower')
    if isinstance(problem, Regression) and problem.dimension > problem.outputs * problem.number_of_examples:
        raise InputError(
            f"{problem.dimension} parameters fit {problem.outputs * problem.number_of_examples} numbers: minima form "
            "manifolds, where no fixed point is isolated; certify_minimum(problem, GradientDescent(rate)) proves the "
            "critical learning rate, 2 / sharpness across the manifold; for a branch add a weight decay, as an sp.Loss"
        )
    if kind not in (None, "map"):
        raise InputError('gradient descent is a map: leave kind out, or pass "map"')
    start = problem.flat_params if x0 is None else start_point(x0)
    if start.shape != problem.flat_params.shape:
        raise InputError(f"x0 has {start.size} entries, but the problem has {problem.dimension} parameters")
    inside = subspace_entry(symmetry, None, start, None)
    require_true_derivatives(problem)
    gradient = loss_gradient(problem)
    if inside:
        gradient, kind = descent_map(gradient), "map"
    else:
        kind = "descent"
    return _certified(gradient, kind, lower, upper, start, name, inside, limit, seconds, progress)


def _certified(
    program: Program,
    kind: str,
    lower: float,
    upper: float,
    start: np.ndarray,
    name: Any,
    inside: dict[str, np.ndarray],
    limit: int,
    seconds: float,
    progress: Progress | None,
) -> Certificate:
    obstacle = piecewise_obstacle(program)
    if obstacle:
        raise InputError(f"a branch needs a field without kinks and jumps, but {obstacle}; smooth it")
    tree = {"field": program, "kind": kind, "lower": lower, "upper": upper} | inside
    try:
        problem = BranchProblem.from_tree(tree)
    except CertificateError as error:
        raise InputError(f"the branch cannot be followed: {error}") from None
    if problem.invariant is not None:
        start = (problem.invariant.back @ start)[: problem.invariant.along] if problem.invariant.along else np.zeros(1)
    z = _polished(problem, np.append(start, lower))
    found = follow(problem, z, most_pieces=limit, seconds=seconds, progress=progress or silent)
    if found.pieces is None:
        raise InputError(
            f"no curve of equilibria is proved through x0 at {name} = {lower:g}: the linearisation is singular there; "
            "start at another parameter; a minimum with flat directions has no isolated fixed point: add a "
            "small weight decay"
        )
    return issue("branch", problem.as_tree(), _witness(problem, found, found.pieces))


def _witness(problem: BranchProblem, found: Followed, pieces: Pieces) -> dict[str, Any]:
    return {
        "centres": pieces.centres,
        "frames": pieces.frames,
        "scale": pieces.scale,
        "half": pieces.half,
        "radii": pieces.radii,
        "inverses": pieces.inverses,
        "ahead": found.ahead,
        "unstable": found.unstable,
        "points": proposed_points(problem, pieces),
    }


def _range(parameter: Any) -> tuple[Any, float, float]:
    if not isinstance(parameter, list | tuple) or len(parameter) != 3:
        raise InputError("parameter must be (name, lower, upper)")
    name, lower, upper = parameter
    low, high = (
        number_in(lower, "the parameter's lower end", -1e300, 1e300),
        number_in(upper, "the parameter's upper end", -1e300, 1e300),
    )
    if not low < high:
        raise InputError(f"the parameter needs lower < upper, but has {low} and {high}")
    return name, low, high


def _program(field: Any, x: np.ndarray, name: Any, lower: float, variables: Any) -> Program:
    if is_symbolic(field):
        from stabproof.expressions import expression_list, program_of

        expressions = expression_list(field)
        return program_of(expressions, _symbols(expressions, len(x), name, variables))
    if variables is not None:
        raise InputError("variables name the symbols of SymPy expressions, but the field is a function")
    if not callable(field):
        raise InputError(f"field must be a JAX function of (x, p) or SymPy expressions, but is {field!r:.80}")

    def joined(z: Any) -> Any:
        import jax.numpy as jnp

        value = field(z[:-1], z[-1])
        return jnp.stack([jnp.asarray(v) for v in value]) if isinstance(value, list | tuple) else value

    program = trace(joined, np.zeros(len(x) + 1), near=[np.append(x, lower)])
    shapes = [signature.shape for signature in program.output_signatures]
    if shapes != [x.shape]:
        raise InputError(f"the field maps shape {x.shape} and a parameter to {shapes}; a square field is needed")
    return program


def _symbols(expressions: Any, n: int, name: Any, variables: Any) -> list[Any]:
    import sympy

    from stabproof.expressions import _natural

    free = sorted(set().union(*(e.free_symbols for e in expressions)), key=_natural)
    symbol = next((s for s in free if s == name or s.name == str(name)), None)
    if symbol is None:
        raise InputError(f"the parameter {name} does not occur in the field, whose symbols are {free}")
    chosen = [s for s in free if s != symbol] if variables is None else list(np.atleast_1d(variables))
    if symbol in chosen or len(chosen) != n or not all(isinstance(s, sympy.Symbol) for s in chosen):
        raise InputError(f"the variables are {chosen}, but x0 has {n} entries; pass variables=[...] without {symbol}")
    missing = [str(s) for s in free if s not in chosen and s != symbol]
    if missing or len(expressions) != n:
        raise InputError(f"{len(expressions)} expressions in {n} variables; substitute numbers for {missing}")
    return [*chosen, symbol]


def _polished(problem: BranchProblem, z: np.ndarray) -> np.ndarray:
    """An equilibrium near x at this parameter, by Newton's method."""
    n, point = problem.dimension, z
    for _ in range(_NEWTON_STEPS):
        value = problem.values(Ball.exact(point[None]))
        slope = problem.derivatives(Ball.exact(point[None])).mid[0][:, :n]
        if not np.isfinite(value.rad).all():
            break
        step = even_solution(slope, value.mid[0], z[:n])
        point = np.append(point[:n] - step, point[n])
        if (np.abs(step) <= 2.0**-51 * np.abs(point[:n])).all():
            break
    scale = scale_of(problem, z)  # sizes of the variables: nothing here has a unit of its own
    rest = problem.values(Ball.exact(point[None])).mid[0]
    rows = np.abs(problem.derivatives(Ball.exact(point[None])).mid[0]) @ np.maximum(scale, np.abs(point))
    reach = _REACH * float(np.maximum(scale, np.abs(z))[:n].max())
    far = not np.isfinite(point).all() or not np.abs(point - z).max() <= reach
    if far or not (np.abs(rest) <= 1e-9 * rows).all():
        raise InputError(f"no equilibrium was found near x0 at the parameter {z[n]:g}; start closer to one")
    return point
