"""Training to a minimum in double precision: Levenberg-Marquardt, then Newton steps down to rounding errors."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, final

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import scipy.linalg
from jaxtyping import Array, Float64

from foundation import positive_integer, positive_number
from foundation.progress import Progress, ProgressOption, silent, with_progress
from numeric.damped_step import levenberg_marquardt
from numeric.hessian import gradient, hessian
from numeric.ntk import jacobian, jacobian_chunk
from numeric.precision import double_precision
from numeric.problem import Regression


@final
@dataclass(frozen=True)
class Training:
    """The point reached, `theta` (D,), and how good it is; all estimates.

    `residual` is the largest |predict - target|, `gradient` the Euclidean norm of grad L, `losses` the loss after every
    step. `converged` says whether the requested tolerance was met; `message` says what happened and what to try.
    """

    theta: Float64[np.ndarray, " D"]
    residual: float
    gradient: float
    losses: Float64[np.ndarray, " steps"]
    converged: bool
    message: str


@with_progress
@double_precision
def train(
    problem: Regression, *, tolerance: float = 1e-6, steps: int = 500, progress: ProgressOption = None
) -> Training:
    """Levenberg-Marquardt (optimistix) from the problem's parameters, then `polish`.

    The first phase ends when every residual is below `tolerance`, when the steps have become negligible, or after
    `steps` trials. With fewer residuals than parameters the steps are taken in the dual form and J (Nq, D) is held in
    memory. `progress(message, fraction)` is called after every step.
    """
    limit, total = positive_number(tolerance, "tolerance"), positive_integer(steps, "steps")
    theta, losses = _levenberg_marquardt(problem, limit, total, progress if callable(progress) else silent)
    polished = polish(problem, theta, progress=progress if callable(progress) else None)
    return Training(
        polished.theta,
        polished.residual,
        polished.gradient,
        np.concatenate([losses, polished.losses]),
        polished.converged,
        f"{len(losses)} Levenberg-Marquardt steps; {polished.message}",
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
    respectively gradient entry, with `tolerance` times max(1, largest |target|).
    """
    limit = positive_number(tolerance, "tolerance") * max(1.0, float(np.abs(problem.targets).max()))
    interpolating = problem.residual().size <= problem.dimension
    defect, newton = (problem.residual, _minimum_norm_step) if interpolating else (_gradient_of(problem), _newton_step)
    report = progress or silent
    point, losses = problem.vector(theta), []
    value = defect(point)
    for step in range(positive_integer(steps, "steps")):
        report(f"polishing, step {step + 1}: defect {np.abs(value).max():.1e}", step / steps)
        candidate = point + newton(problem, point, value)
        if not np.isfinite(candidate).all():
            break
        after = defect(candidate)
        if not np.linalg.norm(after) < np.linalg.norm(value):
            break
        point, value = candidate, after
        losses.append(problem.loss(point))
    report("polished", 1.0)
    return _outcome(problem, point, losses, float(np.abs(value).max()), limit, interpolating)


def _outcome(
    problem: Regression, theta: np.ndarray, losses: list[float], defect: float, limit: float, interpolating: bool
) -> Training:
    converged = defect <= limit
    quantity = "residual" if interpolating else "gradient entry"
    advice = "" if converged else "; train longer, from another start, or with a wider model"
    message = f"{len(losses)} Newton steps; largest {quantity} {defect:.3g}{advice}"
    residual = float(np.abs(problem.residual(theta)).max())
    slope = float(np.linalg.norm(gradient(problem, theta)))
    return Training(theta, residual, slope, np.array(losses, dtype=np.float64), converged, message)


def _gradient_of(problem: Regression) -> Callable[[np.ndarray], np.ndarray]:
    return lambda theta: gradient(problem, theta)


def _minimum_norm_step(problem: Regression, theta: np.ndarray, residual: np.ndarray) -> np.ndarray:
    rows = jacobian(problem, theta)
    try:
        factor = scipy.linalg.cho_factor(rows @ rows.T)
    except (scipy.linalg.LinAlgError, ValueError):
        return -np.linalg.lstsq(rows, residual, rcond=None)[0]
    return -rows.T @ scipy.linalg.cho_solve(factor, residual)


def _newton_step(problem: Regression, theta: np.ndarray, slope: np.ndarray) -> np.ndarray:
    return -np.linalg.lstsq(hessian(problem, theta), slope, rcond=None)[0]


def _levenberg_marquardt(
    problem: Regression, tolerance: float, steps: int, report: Progress
) -> tuple[np.ndarray, np.ndarray]:
    data = (jnp.asarray(problem.inputs), jnp.asarray(problem.targets))

    def residuals(theta: Array, _: None) -> tuple[Array, None]:
        return problem.residual_traced(theta, *data), None

    dual = problem.residual().size <= problem.dimension
    solver = levenberg_marquardt(lambda theta: jacobian_chunk(problem, theta, data[0]), dual, 1e-3 * tolerance)
    fixed: dict[str, Any] = {"fn": residuals, "args": None, "options": {}, "tags": frozenset()}
    theta = jnp.asarray(problem.vector())
    shape = jax.ShapeDtypeStruct((problem.residual().size,), jnp.float64)
    state = solver.init(y=theta, f_struct=shape, aux_struct=None, **fixed)
    step = eqx.filter_jit(lambda y, s: solver.step(y=y, state=s, **fixed)[:2])
    losses: list[float] = []
    for count in range(1, steps + 1):
        theta, state = step(theta, state)
        residual = np.asarray(state.f_info.residual)
        losses.append(float(residual @ residual) / (2 * problem.number_of_examples))
        report(f"training, step {count}: loss {losses[-1]:.3e}", count / steps)
        if np.abs(residual).max() <= tolerance or bool(state.terminate):
            break
    return np.asarray(theta), np.array(losses)
