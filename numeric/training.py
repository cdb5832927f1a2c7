"""Training to a minimum in double precision: Levenberg-Marquardt, then Newton steps down to rounding errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import numpy as np
import scipy.linalg
from jaxtyping import Float64

from foundation import positive_integer, positive_number
from foundation.progress import Progress, ProgressOption, silent, with_progress
from numeric.curvature import gradient, hessian
from numeric.damped_step import levenberg_marquardt
from numeric.ntk import jacobian
from numeric.precision import double_precision
from numeric.problem import Regression

# Where Newton does not take over, Levenberg-Marquardt goes on to a hundredth of the tolerance, down to rounding errors.
_TIGHTER, _SMALLEST_TOLERANCE = 1e-2, 1e-14
_STRAIGHT = 0.25


@final
@dataclass(frozen=True)
class Training:
    """The point reached, `theta` (D,), and how good it is; all estimates.

    `residual` is the largest |predict - target|, `gradient` the Euclidean norm of grad L, `losses` the loss after every
    step. `converged` says whether the requested tolerance was met; `message` says what happened and what to try.
    `gram` is J J^T at `theta` where the last step was tried from there, else None.
    """

    theta: Float64[np.ndarray, " D"]
    residual: float
    gradient: float
    losses: Float64[np.ndarray, " steps"]
    converged: bool
    message: str
    gram: Float64[np.ndarray, "m m"] | None = None


@with_progress
@double_precision
def train(
    problem: Regression, *, tolerance: float = 1e-6, steps: int = 500, progress: ProgressOption = None
) -> Training:
    """Levenberg-Marquardt from the problem's parameters, then `polish`.

    The first phase ends when every residual is below `tolerance` times the largest |target|, when the steps have become
    negligible, or after `steps` trials. Where Newton's full step does not help from there, it goes on with a hundredth
    of the tolerance: `message` names the one that was needed. With fewer residuals
    than parameters the steps are taken in the dual form and J (Nq, D) is held in memory. `progress(message, fraction)`
    is called after every step.
    """
    limit, total = positive_number(tolerance, "tolerance"), positive_integer(steps, "steps")
    report = progress if callable(progress) else silent
    start, losses, used = problem, np.zeros(0), limit
    while True:
        theta, more = _levenberg_marquardt(start, used * _size(problem), total - len(losses), report)
        losses = np.concatenate([losses, more])
        polished = polish(problem, theta, progress=report)
        tighter = used * _TIGHTER
        if polished.converged or len(losses) >= total or tighter < _SMALLEST_TOLERANCE or len(more) <= 1:
            break
        start, used = problem.with_params(theta), tighter
    needed = "" if used == limit else f" (tolerance {used:.3g}: from {limit:.3g} Newton's step did not help)"
    return Training(
        polished.theta,
        polished.residual,
        polished.gradient,
        np.concatenate([losses, polished.losses]),
        polished.converged,
        f"{len(losses)} Levenberg-Marquardt steps{needed}; {polished.message}",
    )


@double_precision
def polish(
    problem: Regression,
    theta: Any = None,
    *,
    tolerance: float = 1e-12,
    steps: int = 30,
    progress: Progress | None = None,
) -> Training:
    """Newton steps from a point near a minimum (default: the problem's parameters) until they stop to help.

    At most as many residuals as parameters: minimum-norm Gauss-Newton steps -J^T (J J^T)^-1 r on the residual. More
    residuals than parameters: Newton steps -H^-1 grad L on the gradient. `converged` compares the largest residual,
    respectively gradient entry, with `tolerance` times the largest |target| (1 where all are 0), respectively times
    max(1, largest |target|).
    """
    interpolating = problem.residual().size <= problem.dimension
    limit = positive_number(tolerance, "tolerance") * (_size(problem) if interpolating else _size_or_one(problem))
    defect, newton = (problem.residual, _minimum_norm_step) if interpolating else (_gradient_of(problem), _newton_step)
    report = progress or silent
    point, losses = problem.vector(theta), []
    value, gram = defect(point), None
    for step in range(positive_integer(steps, "steps")):
        report(f"polishing, step {step + 1}: defect {np.abs(value).max():.1e}", step / steps)
        step_taken, gram = newton(problem, point, value)
        candidate = point + step_taken
        if not np.isfinite(candidate).all():
            break
        after = defect(candidate)
        if not np.linalg.norm(after) < np.linalg.norm(value):
            break
        point, value, gram = candidate, after, None
        losses.append(problem.loss(point))
    report("polished", 1.0)
    return _outcome(problem, point, losses, value, limit, interpolating, gram)


@double_precision
def leads_there(problem: Regression, theta: np.ndarray) -> bool:
    """Whether the first Newton step from the problem's parameters leads to `theta` up to a quarter of the way: the
    derivatives hardly change between the two, whatever the unit of the parameters.
    """
    interpolating = problem.residual().size <= problem.dimension
    defect, newton = (problem.residual, _minimum_norm_step) if interpolating else (_gradient_of(problem), _newton_step)
    start = problem.vector()
    way = theta - start
    gap = newton(problem, start, defect(start))[0] - way
    return bool(np.linalg.norm(gap) <= _STRAIGHT * np.linalg.norm(way))


def _size(problem: Regression) -> float:
    """The largest |target|: the unit of residuals; 1 where all targets are 0."""
    return float(np.abs(problem.targets).max()) or 1.0


def _size_or_one(problem: Regression) -> float:
    return max(1.0, float(np.abs(problem.targets).max()))


def _outcome(
    problem: Regression,
    theta: np.ndarray,
    losses: list[float],
    value: np.ndarray,
    limit: float,
    interpolating: bool,
    gram: np.ndarray | None,
) -> Training:
    defect = float(np.abs(value).max())
    converged = defect <= limit
    quantity = "residual" if interpolating else "gradient entry"
    advice = "" if converged else "; train longer, from another start, or with a wider model"
    message = f"{len(losses)} Newton steps; largest {quantity} {defect:.3g}{advice}"
    residual = defect if interpolating else float(np.abs(problem.residual(theta)).max())
    slope = float(np.linalg.norm(_slope(problem, theta, value if interpolating else None)))
    return Training(theta, residual, slope, np.array(losses, dtype=np.float64), converged, message, gram)


def _slope(problem: Regression, theta: np.ndarray, residual: np.ndarray | None) -> np.ndarray:
    """grad L; of the squared error it is J^T r / N, whose J is compiled already where Newton steps were taken."""
    if residual is None or problem.loss_settings is not None:
        return gradient(problem, theta)
    return jacobian(problem, theta).T @ residual / problem.number_of_examples


def _gradient_of(problem: Regression) -> Callable[[np.ndarray], np.ndarray]:
    return lambda theta: gradient(problem, theta)


def _minimum_norm_step(
    problem: Regression, theta: np.ndarray, residual: np.ndarray
) -> tuple[np.ndarray, np.ndarray | None]:
    """The step, and J J^T at `theta`."""
    rows = jacobian(problem, theta)
    gram = rows @ rows.T
    try:
        factor = scipy.linalg.cho_factor(gram)
    except (scipy.linalg.LinAlgError, ValueError):
        return -np.linalg.lstsq(rows, residual, rcond=None)[0], gram
    return -rows.T @ scipy.linalg.cho_solve(factor, residual), gram


def _newton_step(problem: Regression, theta: np.ndarray, slope: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    return -np.linalg.lstsq(hessian(problem, theta), slope, rcond=None)[0], None


def _levenberg_marquardt(
    problem: Regression, tolerance: float, steps: int, report: Progress
) -> tuple[np.ndarray, np.ndarray]:
    trials = levenberg_marquardt(
        problem.residual, lambda theta: jacobian(problem, theta), problem.vector(), 1e-3 * tolerance
    )
    losses: list[float] = []
    for count, trial in zip(range(1, steps + 1), trials, strict=False):
        losses.append(float(trial.residual @ trial.residual) / (2 * problem.number_of_examples))
        report(f"training, step {count}: loss {losses[-1]:.3e}", count / steps)
        if np.abs(trial.residual).max() <= tolerance or trial.negligible:
            break
    return trial.point, np.array(losses)
