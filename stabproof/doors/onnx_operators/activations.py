"""Activation functions, with the float32 constants of their schemas."""

from typing import Any

import jax
import jax.numpy as jnp

from stabproof.doors.rule import Table, demand

Array = Any


def elu(X: Array, alpha: float) -> Array:
    return jnp.where(X < 0, alpha * jnp.expm1(jnp.minimum(X, 0)), X)


def selu(X: Array, alpha: float, gamma: float) -> Array:
    return jnp.where(X > 0, gamma * X, gamma * (alpha * jnp.expm1(jnp.minimum(X, 0))))


def celu(X: Array, alpha: float) -> Array:
    return jnp.maximum(X, 0) + jnp.minimum(0, alpha * jnp.expm1(jnp.minimum(X, 0) / alpha))


def leaky_relu(X: Array, alpha: float) -> Array:
    return jnp.where(X < 0, alpha * X, X)


def thresholded_relu(X: Array, alpha: float) -> Array:
    return jnp.where(alpha < X, X, 0.0)


def prelu(X: Array, slope: Array) -> Array:
    return jnp.where(X < 0, slope * X, X)


def hard_sigmoid(X: Array, alpha: float, beta: float) -> Array:
    return jnp.maximum(0.0, jnp.minimum(1.0, alpha * X + beta))


def hard_swish(X: Array) -> Array:
    """x max(0, min(1, x/6 + 1/2)); the schema's constant is float32(1/6)."""
    sixth = 0.16666667163372039794921875
    return X * hard_sigmoid(X, sixth, 0.5)


def softplus(X: Array) -> Array:
    return jnp.logaddexp(X, 0.0)


def mish(X: Array) -> Array:
    return X * jnp.tanh(softplus(X))


def shrink(input: Array, lambd: float, bias: float) -> Array:
    return jnp.where(input < -lambd, input + bias, jnp.where(input > lambd, input - bias, 0.0))


def softmax(input: Array, axis: int) -> Array:
    return jax.nn.softmax(input, axis=axis)


def log_softmax(input: Array, axis: int) -> Array:
    return jax.nn.log_softmax(input, axis=axis)


def swish(X: Array, alpha: float) -> Array:
    demand(alpha > 0, "a Swish with alpha <= 0 is not modelled")
    return X * jax.lax.logistic(alpha * X)


TABLE: Table = {
    "Elu": elu,
    "Selu": selu,
    "Celu": celu,
    "LeakyRelu": leaky_relu,
    "ThresholdedRelu": thresholded_relu,
    "PRelu": prelu,
    "HardSigmoid": hard_sigmoid,
    "HardSwish": hard_swish,
    "Softplus": softplus,
    "Mish": mish,
    "Shrink": shrink,
    "Softmax": softmax,
    "LogSoftmax": log_softmax,
    "Swish": swish,
}
