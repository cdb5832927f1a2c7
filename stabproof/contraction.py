"""certify_contraction: solutions approach each other in a metric, at a proved rate."""

from typing import Any

import numpy as np

from certify.certificate import Certificate, issue
from certify.inequality.contraction import ContractionProblem, contracts, is_invariant
from certify.inequality.problem import LARGEST_DIMENSION
from certify.morse.partition import pack
from foundation import InputError, positive_integer, positive_number
from foundation.computing_time import computing_time
from search.inequality.subdivision import Division, divided
from stabproof.boxes import box_bounds
from stabproof.fields import field_program
from stabproof.functions import matrix_program
from stabproof.progress import Progress, dividing
from stabproof.symbolic_input import is_symbolic, is_symbolic_matrix

_SAMPLES = 4096
# Rates that are tried, as parts of the smallest one that was found at the sampled points.
_PARTS = (0.99, 0.95, 0.85, 0.7, 0.5, 0.3, 0.1, 0.01)


def certify_contraction(
    field: Any,
    metric: Any,
    box: Any,
    *,
    rate: float | None = None,
    variables: Any = None,
    budget: float = 60.0,
    most_boxes: int = 5_000_000,
    progress: Progress | None = None,
) -> Certificate:
    """Prove that x' = f(x) contracts on a closed box in the metric M(x): M Df + Df^T M + M' < -2 rate M, M > 0.

    field: a JAX function R^n -> R^n, or SymPy expressions in `variables`; n <= 8. metric: a symmetric matrix (n, n), or
    a JAX function or SymPy matrix of x (its symmetric part is meant). box: n pairs (lower, upper). rate: what is to be
    proved, per unit of time; by default the largest of some that succeeds.

    PROVED: `number("rate").lower` is the proved rate. With a constant metric, two solutions approach each other at
    least so fast as long as both stay in the box; with a varying one, the length of every tangent vector carried along
    a solution in the box falls so fast. The claim `invariant`: no solution leaves the box (the field points inwards on
    every face), so that exactly one equilibrium lies in it and attracts all of it exponentially. UNDECIDED, with the
    reason: `attachments["undecided_boxes"]` (K, n, 2) are the boxes on which it was not proved for the last rate.
    `stabproof.check` repeats the proof without searching. Raises `InputError` on malformed input.
    """
    seconds, limit = positive_number(budget, "budget"), positive_integer(most_boxes, "most_boxes")
    lower, upper = box_bounds(box, LARGEST_DIMENSION)
    statement = _statement(field, metric, lower, upper, variables)
    largest = _sampled_rate(statement)
    if rate is None and not largest > 0:
        raise InputError(
            f"the metric does not contract at some point of the box: the rate there is about {largest:.3g}; take "
            "another metric or a smaller box"
        )
    wanted = None if rate is None else positive_number(rate, "rate")
    chosen, found = _searched(statement, wanted, largest, limit, seconds, progress)
    witness: dict[str, Any] = {"rate": chosen, "parts": pack(found.codes)}
    witness["invariant"] = not found.exhausted and is_invariant(statement)
    if found.exhausted:
        witness["exhausted"] = found.exhausted
    certificate = issue("contraction", statement.as_tree(), witness)
    return certificate.with_attachments(undecided_boxes=np.stack(found.open, axis=-1))


def _statement(field: Any, metric: Any, lower: np.ndarray, upper: np.ndarray, variables: Any) -> ContractionProblem:
    if is_symbolic(field):
        from stabproof.expressions import expression_list, ordered_variables

        variables = ordered_variables(expression_list(field), variables)
    program = field_program(field, lower / 2 + upper / 2, variables)
    symbols = variables if is_symbolic_matrix(metric) else None
    return ContractionProblem(program, matrix_program(metric, len(lower), symbols, "metric"), lower, upper)


def _searched(
    statement: ContractionProblem,
    wanted: float | None,
    largest: float,
    limit: int,
    seconds: float,
    progress: Progress | None,
) -> tuple[float, Division]:
    rates = [wanted] if wanted is not None else [part * largest for part in _PARTS]
    end = computing_time() + seconds
    for k, rate in enumerate(rates):
        last = k == len(rates) - 1
        left = max(end - computing_time(), 1e-3)

        def weighed(lower: np.ndarray, upper: np.ndarray, rate: float = rate) -> tuple[np.ndarray, np.ndarray]:
            with np.errstate(all="ignore"):
                return contracts(statement, rate, lower, upper), upper - lower

        found = divided(
            weighed,
            statement.lower,
            statement.upper,
            most_boxes=limit,
            seconds=left if last else left / 2,
            progress=dividing(progress),
        )
        if not found.exhausted or last or computing_time() > end:
            return rate, found
    raise AssertionError("there is a rate")


def _sampled_rate(statement: ContractionProblem) -> float:
    """The smallest rate at some points of the box: an estimate from above."""
    generator, n = np.random.default_rng(0), len(statement.lower)
    width = statement.upper - statement.lower
    points = statement.lower + width * generator.uniform(0, 1, (_SAMPLES, n))
    corners = np.stack(np.meshgrid(*[[0.0, 1.0]] * n), axis=-1).reshape(-1, n)
    points = np.concatenate([points, statement.lower + width * corners])
    values = statement.pair.forms(points, points).centre
    metric, change = values[:, : n * n].reshape(-1, n, n), values[:, n * n :].reshape(-1, n, n)
    sizes, vectors = np.linalg.eigh(metric)
    if not (sizes > 0).all():
        raise InputError("the metric is not positive definite at some point of the box")
    root = vectors / np.sqrt(sizes)[:, None, :]
    relative = np.swapaxes(root, 1, 2) @ change @ root
    return float(-np.linalg.eigvalsh(relative)[:, -1].max() / 2)
