"""Newton's method for a minimum near given parameters, and the approximate inverses of its proof."""

import numpy as np

from certify.minimum.repeated import Distinct, distinct
from certify.program import Program
from foundation import InputError
from numeric import Regression
from numeric.curvature import gradient, hessian
from numeric.ntk import jacobian
from numeric.training import Training, leads_there, polish, train
from search.minimum.by_program import refined_by_program
from search.newton import inverse_or_identity

# A point whose residual, relative to the targets, is above this is no minimum that polishing should look for.
_LARGEST_RESIDUAL = 1e-3
_LARGEST_STEP = 1e-2
# Levenberg-Marquardt starts from residuals up to this, takes so many trials, and may move the parameters by this part.
_LARGEST_TO_TRAIN, _TRIALS, _LARGEST_TRAINED_STEP = 0.1, 200, 0.1


def distinct_examples(problem: Regression) -> tuple[Regression, Distinct | None]:
    """The problem with each example once, and how often each occurs; None where none repeats another one.

    Its residuals vanish where those of the problem do. Losses other than the squared error are left as they are.
    """
    if problem.loss_settings is not None or problem.batched:
        return problem, None
    found = distinct(problem.inputs, problem.targets)
    if not found.copies:
        return problem, None
    return problem._moved(problem.flat_params, problem.inputs[found.kept], problem.targets[found.kept]), found


def given_parameters(problem: Regression) -> Training:
    """The parameters as they are, without a step."""
    value = problem.residual()
    slope = float(np.linalg.norm(gradient(problem, problem.flat_params)))
    return Training(
        problem.flat_params, float(np.abs(value).max()), slope, np.zeros(0), True, "the parameters as they were given"
    )


def refined_parameters(problem: Regression, program: Program | None = None) -> Training:
    """The point after a few Newton steps, or where these do not help after Levenberg-Marquardt steps.

    program: of predict, with which a small problem is refined without compiling anything. Raises `InputError` when the
    parameters were not near a minimum.
    """
    found = None if program is None else refined_by_program(problem, program, _LARGEST_RESIDUAL)
    if found is not None and _is_near(problem, found.theta, _LARGEST_STEP):
        return found
    interpolating = problem.residuals <= problem.dimension
    newton = None
    if not interpolating or _residual(problem) <= _LARGEST_RESIDUAL:
        newton = _polished(problem)
        if newton.converged and _is_near(problem, newton.theta, _LARGEST_STEP):
            return newton
    if interpolating and _residual(problem) > _LARGEST_TO_TRAIN:
        raise InputError(_no_minimum(problem, True, "train further"))
    trained = train(problem, steps=_TRIALS)
    if trained.converged and _is_near(problem, trained.theta, _LARGEST_TRAINED_STEP):
        return trained
    raise InputError(_no_minimum(problem, interpolating, _told(problem, newton, trained)))


def _polished(problem: Regression) -> Training:
    try:
        return polish(problem)
    except np.linalg.LinAlgError:
        raise InputError(
            "the derivative of the network at the parameters is not finite, so that no minimum can be proved there: "
            "its root, quotient or norm is not differentiable; move the parameters or smooth the network"
        ) from None


def _is_near(problem: Regression, theta: np.ndarray, step: float) -> bool:
    moved = float(np.linalg.norm(theta - problem.flat_params))
    return moved <= step * float(np.linalg.norm(problem.flat_params)) or leads_there(problem, theta)


def _told(problem: Regression, newton: Training | None, trained: Training) -> str:
    ways = [("Newton steps", newton), ("Levenberg-Marquardt steps", trained)]
    told = [
        f"{name} moved them by {float(np.linalg.norm(way.theta - problem.flat_params)):.2g} and ended at: {way.message}"
        for name, way in ways
        if way is not None
    ]
    return "; ".join(told)


def _residual(problem: Regression) -> float:
    """The largest residual in the unit of the targets; where all are 0, any unit will do."""
    return float(np.abs(problem.residual()).max()) / (float(np.abs(problem.targets).max()) or 1.0)


def _no_minimum(problem: Regression, interpolating: bool, detail: str) -> str:
    if interpolating:
        defect = f"the largest residual there is {float(np.abs(problem.residual()).max()):.3g}, not near 0"
    else:
        slope = float(np.linalg.norm(gradient(problem, problem.flat_params)))
        largest = float(np.abs(problem.residual()).max())
        defect = f"the gradient of the loss there has norm {slope:.3g} (largest residual {largest:.3g})"
    return f"the parameters are not near a minimum: {defect}; {detail}"


def proposed_inverse(
    problem: Regression, refined: Training, single: Distinct | None = None
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """An approximate inverse of the Gram matrix or of the Hessian, and the Hessian's normal eigenvalues; estimates.

    single: how often each example of the problem occurs, where some do more than once.
    """
    if problem.residuals <= problem.dimension:
        gram = refined.gram
        if gram is None:
            rows = jacobian(problem, refined.theta)
            gram = rows @ rows.T
        examples = problem.number_of_examples
        if single is not None:
            weights = single.weights(problem.outputs).mid
            gram, examples = gram * weights[:, None] * weights, int(single.counts.sum())
        return {"inverse_gram": inverse_or_identity(gram)}, np.linalg.eigvalsh(gram) / examples
    matrix = hessian(problem, refined.theta)
    return {"inverse_hessian": inverse_or_identity(matrix)}, np.linalg.eigvalsh(matrix)
