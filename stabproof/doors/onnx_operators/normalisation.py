"""Normalisations, as formulas of real numbers: casts to single precision inside them are rounding."""

import math
from typing import Any

import jax
import jax.numpy as jnp

from stabproof.doors.aten.normalisation import standardised
from stabproof.doors.rule import NotModelled, Table, demand

Array = Any
_STATISTICS = NotModelled("the statistics of a normalisation, as numbers of their own")


def _channels(x: Array, rank: int) -> Array:
    return x.reshape((1, -1) + (1,) * (rank - 2))


def batch_norm(X: Array, scale: Array, B: Array, epsilon: float, input_mean: Any = None, input_var: Any = None,
               momentum: float = 0.9, training_mode: int = 0, mean: Any = None, var: Any = None,
               outputs: int = 1) -> Array:  # fmt: skip
    """With the stored statistics; up to opset 13 they are called mean and var, and more outputs mean training."""
    old = input_mean is None
    input_mean, input_var = (mean, var) if old else (input_mean, input_var)
    demand(
        not training_mode and not (old and outputs > 1),
        "a BatchNormalization in training mode uses the batch; export in inference mode",
    )
    rank = X.ndim
    centred = X - _channels(input_mean, rank)
    return centred * jax.lax.rsqrt(_channels(input_var, rank) + epsilon) * _channels(scale, rank) + _channels(B, rank)


def layer_norm(
    X: Array, Scale: Array, B: Any = None, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1
) -> Any:
    normal = standardised(X, tuple(range(axis % X.ndim, X.ndim)), epsilon) * Scale
    return (normal if B is None else normal + B), _STATISTICS, _STATISTICS


def rms_norm(X: Array, scale: Array, axis: int = -1, epsilon: float = 1e-5, stash_type: int = 1) -> Array:
    places = tuple(range(axis % X.ndim, X.ndim))
    return X * jax.lax.rsqrt(jnp.mean(X * X, axis=places, keepdims=True) + epsilon) * scale


def instance_norm(input: Array, scale: Array, B: Array, epsilon: float) -> Array:
    normal = standardised(input, tuple(range(2, input.ndim)), epsilon)
    return normal * _channels(scale, input.ndim) + _channels(B, input.ndim)


def group_norm(X: Array, scale: Array, bias: Array, num_groups: int, epsilon: float, stash_type: int = 1) -> Array:
    """One scale a channel; up to opset 20 one a group."""
    grouped = X.reshape(X.shape[0], num_groups, math.prod(X.shape[1:]) // num_groups)
    normal = standardised(grouped, (2,), epsilon).reshape(X.shape)
    each = X.shape[1] // scale.shape[0]
    scale, bias = (jnp.repeat(v, each) if each > 1 else v for v in (scale, bias))
    return normal * _channels(scale, X.ndim) + _channels(bias, X.ndim)


TABLE: Table = {
    "BatchNormalization": batch_norm,
    "LayerNormalization": layer_norm,
    "RMSNormalization": rms_norm,
    "InstanceNormalization": instance_norm,
    "GroupNormalization": group_norm,
}
