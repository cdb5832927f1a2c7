"""Gradient descent as a map that depends on its learning rate."""

from typing import Any

import numpy as np

from certify.program import Program, Signature, gradient_program, trace
from certify.program.builder import Builder
from foundation import InputError
from numeric import Regression
from numeric.loss import Loss
from numeric.precision import double_precision


@double_precision
def descent_program(problem: Loss | Regression) -> Program:
    """The program (theta, eta) (D + 1,) -> theta - eta grad L(theta), by our own derivative of the loss."""
    gradient, builder = gradient_program(_loss(problem)), Builder()
    size = problem.dimension
    z = builder.input(Signature((size + 1,)))
    theta, rate = (
        builder.emit("slice", z, starts=(low,), limits=(high,), strides=(1,))
        for low, high in ((0, size), (size, size + 1))
    )
    slope = builder.inline(gradient, [theta])[gradient.outputs[0]]
    step = builder.emit("mul", builder.emit("reshape", rate, shape=()), slope)
    return builder.program([builder.emit("sub", theta, step)])


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
