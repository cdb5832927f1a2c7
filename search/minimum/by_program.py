"""Newton's method for a small network by its traced program, which needs nothing compiled."""

import numpy as np
import scipy.linalg

from certify.program import Program, evaluate, jacobian
from foundation import InputError
from numeric import Regression
from numeric.training import Training

# As `numeric.training.polish`: steps at most, and the largest residual in the unit of the targets.
_STEPS, _TOLERANCE = 30, 1e-12
# Beyond these sizes the program takes longer than compiling the network and its gradient, about half a second.
_MOST_EQUATIONS, _MOST_ENTRIES = 300, 300_000


def refined_by_program(problem: Regression, program: Program, largest: float) -> Training | None:
    """Minimum-norm Gauss-Newton steps from the parameters of a small interpolation problem of the squared error.

    program: of predict on one example. The midpoints of balls are the floats of a step. None where the problem is of
    another kind or large, where a residual at the start is above `largest` in the unit of the targets, where the
    program has no value or the steps do not end at a minimum: then `refined_parameters` knows more. An estimate.
    """
    if not _is_small(problem, program):
        return None
    try:
        return _steps(problem, program, largest)
    except (InputError, np.linalg.LinAlgError):
        return None


def _is_small(problem: Regression, program: Program) -> bool:
    if problem.loss_settings is not None or problem.batched or problem.residuals > problem.dimension:
        return False
    entries = program.work * problem.number_of_examples * problem.dimension
    return len(program.equations) <= _MOST_EQUATIONS and entries <= _MOST_ENTRIES


def _steps(problem: Regression, program: Program, largest: float) -> Training | None:
    targets = problem.targets.reshape(-1)
    unit = float(np.abs(targets).max()) or 1.0

    def residual(theta: np.ndarray) -> np.ndarray:
        (output,) = evaluate(program, [theta, problem.inputs], batch=[False, True])
        return np.asarray(output.mid).reshape(-1) - targets

    def rows_at(theta: np.ndarray) -> np.ndarray:
        found = jacobian(program, [theta, problem.inputs], batch=[False, True])
        return np.asarray(found.mid).reshape(-1, problem.dimension)

    point, losses = problem.flat_params, []
    value = residual(point)
    if not np.abs(value).max() <= largest * unit:
        return None
    rows = rows_at(point)
    for _ in range(_STEPS if value.any() else 0):
        candidate = point + _minimum_norm_step(rows, value)
        if not np.isfinite(candidate).all():
            break
        after = residual(candidate)
        if not np.linalg.norm(after) < np.linalg.norm(value):
            break
        point, value, rows = candidate, after, rows_at(candidate)
        losses.append(float(value @ value) / (2 * problem.number_of_examples))
    left = float(np.abs(value).max())
    if not (left <= _TOLERANCE * unit and np.isfinite(rows).all()):
        return None
    slope = float(np.linalg.norm(rows.T @ value)) / problem.number_of_examples
    message = f"{len(losses)} Newton steps; largest residual {left:.3g}"
    return Training(point, left, slope, np.array(losses, dtype=np.float64), True, message, rows @ rows.T)


def _minimum_norm_step(rows: np.ndarray, value: np.ndarray) -> np.ndarray:
    try:
        return -rows.T @ scipy.linalg.cho_solve(scipy.linalg.cho_factor(rows @ rows.T), value)
    except (scipy.linalg.LinAlgError, ValueError):
        return -np.linalg.lstsq(rows, value, rcond=None)[0]
