"""certify_inequality: f > 0 on a box, or on the part of it where other functions are >= 0."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import Certificate, issue
from certify.inequality.problem import LARGEST_DIMENSION, InequalityProblem, sharp_value
from certify.inequality.prove import PositiveOrOutside
from certify.morse.partition import pack
from certify.program import evaluate
from certify.program.poles import defined_on
from foundation import InputError, positive_integer, positive_number
from search.inequality.subdivision import Division, divided
from stabproof.boxes import box_bounds
from stabproof.functions import scalar_program, vector_program
from stabproof.progress import Progress, dividing
from stabproof.symbolic_input import is_symbolic

_SAMPLES = 4096
_REFINEMENTS = 24


def certify_inequality(
    f: Any,
    box: Any,
    where: Any = None,
    *,
    variables: Any = None,
    budget: float = 60.0,
    most_boxes: int = 5_000_000,
    progress: Progress | None = None,
) -> Certificate:
    """Prove f(x) > 0 for every x of a closed box, or of the part of it where `where` is >= 0.

    f: a JAX function of x (d,) that returns one number, or a SymPy expression (variables: its symbols in the order of
    the box, by default sorted by name). box: d pairs (lower, upper) of finite floats, d <= 8. where: a function of the
    same kind that returns one or more numbers (an array or a list): the set is {x in the box: all of them >= 0}, such
    as the annulus [x @ x - 1/4, 1 - x @ x] or the sublevel set c - V(x).

    PROVED: f > 0 on the set; `number("infimum")` encloses the infimum of f there. REFUTED: a point of the set with
    f <= 0, `witness["counterexample"]`, is proved. UNDECIDED: `attachments["undecided_boxes"]` (K, d, 2) are lower and
    upper ends of boxes outside of which f > 0 is proved, and `.reason` says what ended the search: `budget` seconds,
    `most_boxes` boxes, or boxes too narrow to be divided. `stabproof.check` repeats the proof part by part, without
    searching. Raises `InputError` on malformed input.
    """
    seconds, limit = positive_number(budget, "budget"), positive_integer(most_boxes, "most_boxes")
    lower, upper = box_bounds(box, LARGEST_DIMENSION)
    size = len(lower)
    chosen = _all_variables(f, where) if variables is None else variables
    set_ = None if where is None else vector_program(where, size, chosen, "where")
    problem = InequalityProblem(scalar_program(f, size, chosen, "f"), lower, upper, set_)
    lowest = _lowest(problem)
    if lowest is not None and _is_counterexample(problem, lowest):
        return issue("inequality", problem.as_tree(), {"counterexample": lowest})
    found = _divided(problem, limit, seconds, progress)
    again = _counterexample_in(problem, found)
    if again is not None:
        return issue("inequality", problem.as_tree(), {"counterexample": again})
    witness: dict[str, Any] = {"parts": pack(found.codes)}
    if lowest is not None:
        witness["lowest"] = lowest
    if found.exhausted:
        witness["exhausted"] = found.exhausted
    certificate = issue("inequality", problem.as_tree(), witness)
    return certificate.with_attachments(undecided_boxes=np.stack(found.open, axis=-1))


def _all_variables(f: Any, where: Any) -> Any:
    """The symbols of both functions, sorted by name; None where they are no SymPy expressions."""
    parts = [part for part in (f, where) if part is not None]
    if not all(map(is_symbolic, parts)):
        if any(map(is_symbolic, parts)):
            raise InputError("f and where must both be functions, or both SymPy expressions")
        return None
    from stabproof.expressions import _natural, expression_list

    free = set().union(*(e.free_symbols for part in parts for e in expression_list(part)))
    return sorted(free, key=_natural)


def _divided(problem: InequalityProblem, limit: int, seconds: float, progress: Progress | None) -> Division:
    test = PositiveOrOutside(problem)

    def weighed(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with np.errstate(all="ignore"):
            return test(lower, upper), test.influence

    def undefined(lower: np.ndarray, upper: np.ndarray) -> bool:
        return not defined_on(problem.function, Ball.from_bounds(lower, upper)).any()

    return divided(
        weighed,
        problem.lower,
        problem.upper,
        most_boxes=limit,
        seconds=seconds,
        hopeless=undefined,
        progress=dividing(progress),
    )


def _lowest(problem: InequalityProblem) -> np.ndarray | None:
    """A point that is proved to belong to the set and where f is small, by sampling and shrinking neighbourhoods."""
    generator = np.random.default_rng(0)
    middle, half = problem.lower / 2 + problem.upper / 2, problem.upper / 2 - problem.lower / 2
    corners = np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * len(middle)), axis=-1).reshape(-1, len(middle))
    points = np.concatenate([corners, generator.uniform(-1, 1, (_SAMPLES, len(middle)))])
    best, width = _best(problem, middle + half * points), 0.5
    for _ in range(_REFINEMENTS):
        if best is None:
            break
        near = best + width * half * generator.uniform(-1, 1, (256, len(middle)))
        best, width = _best(problem, np.concatenate([best[None], near])), 0.6 * width
    known = best is not None and problem.holds(best) and sharp_value(problem.function, best) is not None
    return best if known else None


def _best(problem: InequalityProblem, points: np.ndarray) -> np.ndarray | None:
    points = np.clip(points, problem.lower, problem.upper)
    values = _estimates(problem.function, points)[:, 0]
    if problem.where is not None:
        inside = (_estimates(problem.where, points) >= 0).all(axis=1)
        values = np.where(inside, values, np.nan)
    return None if np.isnan(values).all() else np.array(points[np.nanargmin(values)])


def _estimates(program: Any, points: np.ndarray) -> np.ndarray:
    """Values at points (N, d), (N, m); NaN where there is none."""
    try:
        (value,) = evaluate(program, [points], batch=[True], undecided="split")
        flat = value.reshape(len(points), -1)
        return np.where(np.isfinite(flat.rad), flat.mid, np.nan)
    except InputError:
        if len(points) == 1:
            return np.full((1, program.output_signatures[0].size), np.nan)
        half = len(points) // 2
        return np.concatenate([_estimates(program, points[:half]), _estimates(program, points[half:])])


def _is_counterexample(problem: InequalityProblem, point: np.ndarray) -> bool:
    value = sharp_value(problem.function, point)
    return value is not None and bool(value[1][0] <= 0) and problem.holds(point)


def _counterexample_in(problem: InequalityProblem, found: Division) -> np.ndarray | None:
    """A proved counterexample among the middles and corners of the smallest open boxes."""
    lower, upper = found.open
    for k in np.argsort((upper - lower).max(axis=1), kind="stable")[:64] if len(lower) else ():
        for point in (lower[k] / 2 + upper[k] / 2, lower[k], upper[k]):
            if _is_counterexample(problem, point):
                return np.array(point)
    return None
