"""The gradient of a loss as a program of the parameters alone."""

from typing import Any

import numpy as np

from certify.program import Program, gradient_program, trace
from foundation import InputError
from numeric import Regression
from numeric.loss import Loss
from numeric.precision import double_precision


@double_precision
def loss_gradient(problem: Loss | Regression) -> Program:
    """The program theta (D,) -> grad L(theta) (D,), by our own derivative of the loss."""
    return gradient_program(_loss(problem))


def _loss(problem: Loss | Regression) -> Program:
    """L(theta), the data being constants."""
    import jax
    import jax.numpy as jnp

    if isinstance(problem, Loss):
        return trace(lambda theta: problem.flat(theta, *problem.data), problem.flat_params)
    if problem.loss_settings is not None:
        raise InputError("a Regression with another loss than the squared one: pass it as an sp.Loss")
    targets = problem.targets.reshape(problem.number_of_examples, problem.outputs)
    inputs = np.asarray(problem.inputs)

    def mean(theta: Any) -> Any:
        outputs = jax.vmap(lambda x: jnp.reshape(problem.predict_flat(theta, x), (-1,)))(inputs)
        return jnp.mean(jnp.sum((outputs - targets) ** 2, axis=1)) / 2

    return trace(mean, problem.flat_params)
