"""A regression with an attained loss, as a regression of its residuals and as data for a certificate."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from certify.program import trace
from certify.program.custom_rules import custom_derivatives
from certify.training.anchored import PROGRAM, residuals_of
from foundation import InputError
from numeric import Regression
from numeric.precision import double_precision

_NEWTON_STEPS = 50


def loss_as_data(problem: Regression) -> dict[str, Any] | None:
    """The loss of the problem for a certificate; None for the squared error."""
    settings = problem.loss_settings
    if settings is None or isinstance(settings, dict):
        return settings
    return _traced_loss(problem, settings)


@double_precision
def _traced_loss(problem: Regression, function: Callable[..., Any]) -> dict[str, Any]:
    example = np.zeros(problem.outputs)
    scalar = _scalar(function)
    replaced = custom_derivatives(scalar, example + 0.5, example + 0.25)
    if replaced:
        raise InputError(f"the loss replaces its derivative ({replaced[0]}), so that training follows another field")
    centres = np.stack(
        [_minimiser(scalar, f, y) for f, y in zip(_predictions(problem), targets_of(problem), strict=True)]
    )
    return {"name": PROGRAM, "program": trace(scalar, example, example), "centres": centres}


def _scalar(function: Callable[..., Any]) -> Callable[..., Any]:
    def scalar(f: Array, y: Array) -> Array:
        value = jnp.asarray(function(f, y))
        if value.shape not in ((), (1,)):
            raise InputError(f"loss must return a scalar, but returns shape {value.shape}; sum it over the outputs")
        return value.reshape(())

    return scalar


def _predictions(problem: Regression) -> np.ndarray:
    return problem.residual().reshape(len(problem.inputs), -1) + targets_of(problem)


def targets_of(problem: Regression) -> np.ndarray:
    """The targets with shape (N, q)."""
    return problem.targets.reshape(problem.number_of_examples, problem.outputs)


def _minimiser(scalar: Callable[..., Any], start: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Newton's method from the prediction on one example's loss; an estimate."""
    slope, curvature = jax.grad(scalar), jax.hessian(scalar)
    point = start
    for _ in range(_NEWTON_STEPS):
        step = np.linalg.lstsq(np.asarray(curvature(point, target)), np.asarray(slope(point, target)), rcond=None)[0]
        moved = point - step
        if not np.isfinite(moved).all():
            break
        settled = np.abs(step).max() <= 1e-15 * (1 + np.abs(point).max())
        point = moved
        if settled:
            break
    return point


def squared_form(problem: Regression) -> Regression:
    """The same minima and the same Hessians there as a regression with the squared error, in floats.

    The residuals are R_i B^T (f_i - z_i): an example's input carries its matrix and its shift. The problem itself for
    the squared error. Raises `InputError` where some example's loss has no minimum.
    """
    loss = loss_as_data(problem)
    if loss is None:
        return problem
    residuals = residuals_of(loss, targets_of(problem))
    n, rank = problem.number_of_examples, residuals.rank
    matrices, size = residuals.matrix.mid.reshape(n, -1), problem.inputs[0].size
    packed = np.concatenate([problem.inputs.reshape(n, -1), matrices], axis=1)
    shape, outputs = problem.inputs.shape[1:], problem.outputs

    def residual(params: Any, x: Array) -> Array:
        matrix = x[size:].reshape(rank, outputs)
        return matrix @ jnp.reshape(problem.predict(params, x[:size].reshape(shape)), (outputs,))

    shift = residuals.shift.mid
    return Regression(residual, problem.params, packed, shift if rank > 1 else shift[:, 0])
