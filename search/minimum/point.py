"""Newton's method for a minimum near given parameters, and the approximate inverses of its proof."""

import numpy as np

from foundation import InputError
from numeric import Regression
from numeric.hessian import gradient, hessian
from numeric.ntk import jacobian
from numeric.training import polish
from search.newton import inverse_or_identity

# A point whose residual, relative to the targets, is above this is no minimum that polishing should look for.
_LARGEST_RESIDUAL = 1e-3
_LARGEST_STEP = 1e-2


def refined_parameters(problem: Regression) -> np.ndarray:
    """The parameters after a few Newton steps; raises `InputError` when they were not near a minimum."""
    interpolating = problem.residual().size <= problem.dimension
    if interpolating:
        _check_residual(problem)
    try:
        polished = polish(problem)
    except np.linalg.LinAlgError:
        raise InputError(
            "the derivative of the network at the parameters is not finite, so that no minimum can be proved there: "
            "its root, quotient or norm is not differentiable; move the parameters or smooth the network"
        ) from None
    moved = float(np.linalg.norm(polished.theta - problem.flat_params))
    if not polished.converged or moved > _LARGEST_STEP * (1.0 + float(np.linalg.norm(problem.flat_params))):
        raise InputError(_no_minimum(problem, interpolating, f"Newton steps moved them by {moved:.2g} and ended at: "
                                     f"{polished.message}"))  # fmt: skip
    return polished.theta


def _check_residual(problem: Regression) -> None:
    residual = float(np.abs(problem.residual()).max())
    if residual > _LARGEST_RESIDUAL * max(1.0, float(np.abs(problem.targets).max())):
        raise InputError(_no_minimum(problem, True, "train further"))


def _no_minimum(problem: Regression, interpolating: bool, detail: str) -> str:
    if interpolating:
        defect = f"the largest residual there is {float(np.abs(problem.residual()).max()):.3g}, not near 0"
    else:
        slope = float(np.linalg.norm(gradient(problem, problem.flat_params)))
        largest = float(np.abs(problem.residual()).max())
        defect = f"the gradient of the loss there has norm {slope:.3g} (largest residual {largest:.3g})"
    return f"the parameters are not near a minimum: {defect}; {detail}"


def proposed_inverse(problem: Regression, point: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """An approximate inverse of the Gram matrix or of the Hessian, and the Hessian's normal eigenvalues; estimates."""
    if problem.residual().size <= problem.dimension:
        rows = jacobian(problem, point)
        gram = rows @ rows.T
        return {"inverse_gram": inverse_or_identity(gram)}, np.linalg.eigvalsh(gram) / problem.number_of_examples
    matrix = hessian(problem, point)
    return {"inverse_hessian": inverse_or_identity(matrix)}, np.linalg.eigvalsh(matrix)
