"""lyapunov_exponent: the engines' search, and the certificate of what they proved."""

from typing import TYPE_CHECKING, Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate import ExponentCertificate, issue
from certify.lyapunov.confidence.confidence_bound import ConfidenceBound
from certify.lyapunov.families.family import Family, family_as_data, matrix_family
from certify.lyapunov.families.sgd_family import sgd_family
from foundation import InputError
from search.lyapunov.confidence.confidence_bound import confidence_bound as sample
from search.lyapunov.driver import lyapunov_exponent as search
from search.lyapunov.witness import witness_of
from stabproof.progress import ProgressOption, with_progress

if TYPE_CHECKING:
    from numeric import SGD


@with_progress
def lyapunov_exponent(
    matrices: Any,
    probabilities: Any = None,
    *,
    tolerance: float | None = None,
    budget: float | None = None,
    progress: ProgressOption = None,
) -> ExponentCertificate:
    """A certificate that encloses the top Lyapunov exponent of independent random matrices, in nats per step.

    matrices (k, d, d): exact floats, exact rationals, or balls; probabilities (k,): uniform by default. The search
    stops at a decided sign, or at a width of at most `tolerance` when one is given, or after `budget` seconds (60).
    `.enclosure` is proved, `.verdict` is the proved sign (STABLE: negative), and UNDECIDED carries the reason
    and what to try. Raises `InputError` on bad matrices, probabilities, tolerance or budget.
    """
    family = matrices if isinstance(matrices, Family) else matrix_family(matrices, probabilities)
    report = (lambda text: progress(text, 0.5)) if callable(progress) else None
    found = search(family, tolerance=tolerance, budget=budget, progress=report)
    certificate: ExponentCertificate = issue("lyapunov-exponent", family_as_data(family), witness_of(found))
    return certificate.with_attachments(
        lower_engine=found.lower_engine,
        upper_engine=found.upper_engine,
        reason=found.reason,
        next_step=found.next_step,
        refused=found.refused,
        seconds=found.seconds,
        history=[list(entry) for entry in found.history],
    )


def confidence_bound(
    problem: Any, optimizer: "SGD | None" = None, *, delta: float = 1e-9, seed: int | None = None, budget: float = 60.0
) -> ConfidenceBound:
    """An upper bound of the Lyapunov exponent that fails with probability at most `delta`: sampled, never proved.

    problem: a `Regression` at an interpolating minimum together with an `SGD` optimiser (the tangent kernel is then the
    float64 one at these parameters, taken as exact), or random matrices alone. SGD draws its batches independently,
    each without replacement: not as a reshuffled pass through the data. Nats per step. The seed is derived from the
    input and delta unless one is given, which is then reported as chosen by the user; seed and generator are recorded,
    so that the sample can be drawn again. Raises `InputError` on bad input.
    """
    # JAX is loaded with these, and random matrices do without it
    from numeric import SGD, Regression, gram
    from stabproof.derivatives import require_true_derivatives
    from stabproof.losses import squared_form

    if isinstance(problem, Regression) != isinstance(optimizer, SGD):
        raise InputError("pass a Regression together with an SGD optimiser, or matrices alone")
    if isinstance(problem, Regression) and isinstance(optimizer, SGD):
        require_true_derivatives(problem)
        if optimizer.sampling not in (None, "iid"):
            raise InputError('confidence bounds are sampled for independent batches; pass sampling="iid"')
        kernel = Ball.exact(_symmetric(gram(squared_form(problem))))
        batch = optimizer.checked_batch_size(problem.number_of_examples)
        return sample(
            sgd_family(kernel, optimizer.learning_rate, batch, problem.outputs), delta, seed=seed, budget=budget
        )
    family = problem if isinstance(problem, Family) else matrix_family(problem)
    return sample(family, delta, seed=seed, budget=budget)


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    return (matrix + matrix.T) / 2
