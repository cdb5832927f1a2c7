"""Activation functions, by the formulas of torch's documentation."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from stabproof.doors.rule import Table, demand

Array = Any


def elu(self: Array, alpha: float = 1, scale: float = 1, input_scale: float = 1) -> Array:
    """scale x for x > 0, else scale alpha (exp(input_scale x) - 1); the exponent is kept from overflowing."""
    negative = jnp.minimum(self, 0) * input_scale
    return jnp.where(self > 0, self * scale, (alpha * scale) * jnp.expm1(negative))


def gelu(self: Array, approximate: str = "none") -> Array:
    if approximate == "none":
        return 0.5 * self * (1 + jax.lax.erf(self * math.sqrt(0.5)))
    demand(approximate == "tanh", f"approximate={approximate!r} is not modelled")
    # torch holds sqrt(2) (2/sqrt(pi)) / 2 as a double and 0.044715 as a double
    return 0.5 * self * (1 + jnp.tanh(math.sqrt(2 / math.pi) * (self + 0.044715 * self**3)))


def hardtanh(self: Array, min_val: float = -1, max_val: float = 1) -> Array:
    return jnp.minimum(jnp.maximum(self, min_val), max_val)


def leaky_relu(self: Array, negative_slope: float = 0.01) -> Array:
    return jnp.where(self > 0, self, self * negative_slope)


def softplus(self: Array, beta: float = 1, threshold: float = 20) -> Array:
    """log(1 + exp(beta x))/beta, and x itself where beta x is above the threshold: torch's function jumps there."""
    scaled = self * beta
    return jnp.where(scaled > threshold, self, jnp.logaddexp(scaled, 0.0) / beta)


def threshold(self: Array, threshold: float, value: float) -> Array:
    return jnp.where(self > threshold, self, value)


def softshrink(self: Array, lambd: float = 0.5) -> Array:
    return jnp.where(self > lambd, self - lambd, jnp.where(self < -lambd, self + lambd, 0.0))


def hardshrink(self: Array, lambd: float = 0.5) -> Array:
    return jnp.where((self >= -lambd) & (self <= lambd), 0.0, self)


def celu(self: Array, alpha: float = 1) -> Array:
    return jnp.maximum(self, 0) + jnp.minimum(0, alpha * jnp.expm1(jnp.minimum(self, 0) / alpha))


def prelu(self: Array, weight: Array) -> Array:
    """One slope, or one a channel (axis 1)."""
    if weight.size > 1:
        weight = weight.reshape((1, -1) + (1,) * (self.ndim - 2)) if self.ndim >= 2 else weight
    return jnp.where(self > 0, self, weight * self)


def glu(self: Array, dim: int = -1) -> Array:
    first, second = jnp.split(self, 2, axis=dim)
    return first * jax.lax.logistic(second)


def softmax(self: Array, dim: int, half_to_float: bool = False, dtype: Any = None) -> Array:
    demand(not half_to_float and dtype is None, "a softmax that changes its type is not modelled")
    return jax.nn.softmax(self, axis=dim)


def log_softmax(self: Array, dim: int, half_to_float: bool = False, dtype: Any = None) -> Array:
    demand(not half_to_float and dtype is None, "a softmax that changes its type is not modelled")
    return jax.nn.log_softmax(self, axis=dim)


def log_sigmoid(self: Array) -> Array:
    return -jnp.logaddexp(0.0, -self)


def _hard_gate(x: Array) -> Array:
    return jnp.minimum(jnp.maximum(x + 3, 0), 6) / 6


SELU_ALPHA, SELU_SCALE = 1.6732632423543772848170429916717, 1.0507009873554804934193349852946

TABLE: Table = {
    "elu.default": elu,
    "gelu.default": gelu,
    "hardtanh.default": hardtanh,
    "relu6.default": lambda self: hardtanh(self, 0, 6),
    "leaky_relu.default": leaky_relu,
    "softplus.default": softplus,
    "threshold.default": threshold,
    "softshrink.default": softshrink,
    "hardshrink.default": hardshrink,
    "celu.default": celu,
    "selu.default": lambda self: elu(self, SELU_ALPHA, SELU_SCALE),
    "prelu.default": prelu,
    "_prelu_kernel.default": prelu,
    "glu.default": glu,
    "silu.default": lambda self: self * jax.lax.logistic(self),
    "mish.default": lambda self: self * jnp.tanh(jnp.logaddexp(self, 0.0)),
    "hardsigmoid.default": lambda self: _hard_gate(self),
    "hardswish.default": lambda self: self * _hard_gate(self),
    "log_sigmoid.default": log_sigmoid,
    "log_sigmoid_forward.default": lambda self: (log_sigmoid(self), None),
    "_softmax.default": softmax,
    "softmax.int": softmax,
    "_log_softmax.default": log_softmax,
    "log_softmax.int": log_softmax,
}
