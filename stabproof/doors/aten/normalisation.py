"""Normalisation by means and variances, as the formula of real numbers."""

import math
from collections.abc import Sequence
from typing import Any

import jax
import jax.numpy as jnp

from stabproof.doors.rule import NotModelled, Table, demand

Array = Any


def standardised(x: Array, axes: tuple[int, ...], eps: float) -> Array:
    """(x - mean) / sqrt(variance + eps) over `axes`."""
    centred = x - jnp.mean(x, axis=axes, keepdims=True)
    variance = jnp.mean(centred * centred, axis=axes, keepdims=True)
    return centred * jax.lax.rsqrt(variance + eps)


def _affine(x: Array, weight: Any, bias: Any, shape: tuple[int, ...]) -> Array:
    scaled = x if weight is None else x * weight.reshape(shape)
    return scaled if bias is None else scaled + bias.reshape(shape)


_STATISTICS = NotModelled("the mean and the deviation of a normalisation, as numbers of their own")


def layer_norm(input: Array, normalized_shape: Sequence[int], weight: Any, bias: Any, eps: float) -> Any:
    axes = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    shape = tuple(normalized_shape)
    return _affine(standardised(input, axes, eps), weight, bias, shape), _STATISTICS, _STATISTICS


def rms_norm(input: Array, normalized_shape: Sequence[int], weight: Any = None, eps: float | None = None) -> Any:
    axes = tuple(range(input.ndim - len(normalized_shape), input.ndim))
    # torch takes the smallest step of the element type when nothing is said: float64 here
    mean_square = jnp.mean(input * input, axis=axes, keepdims=True) + (2.0**-52 if eps is None else eps)
    return _affine(input * jax.lax.rsqrt(mean_square), weight, None, tuple(normalized_shape)), _STATISTICS


def group_norm(input: Array, weight: Any, bias: Any, N: int, C: int, HxW: int, group: int, eps: float) -> Any:
    grouped = input.reshape(N, group, (C // group) * HxW)
    shape = (1, C) + (1,) * (input.ndim - 2)
    normal = standardised(grouped, (2,), eps).reshape(input.shape)
    return _affine(normal, weight, bias, shape), _STATISTICS, _STATISTICS


def batch_norm(
    input: Array, weight: Any, bias: Any, running_mean: Array, running_var: Array, momentum: float, eps: float
) -> Any:
    """With the stored statistics."""
    shape = (1, -1) + (1,) * (input.ndim - 2)
    centred = input - running_mean.reshape(shape)
    normal = centred * jax.lax.rsqrt(running_var.reshape(shape) + eps)
    return _affine(normal, weight, bias, shape), _STATISTICS, _STATISTICS


def batch_norm_of_the_batch(input: Array, weight: Any, bias: Any, training: bool, momentum: float, eps: float) -> Any:
    """Without stored statistics: those of the given batch."""
    demand(training, "a batch normalisation without statistics is not modelled")
    axes = (0, *range(2, input.ndim))
    demand(math.prod(input.shape[a] for a in axes) > 1, "the statistics of one number are not modelled")
    shape = (1, -1) + (1,) * (input.ndim - 2)
    return _affine(standardised(input, axes, eps), weight, bias, shape), _STATISTICS, _STATISTICS


TABLE: Table = {
    "native_layer_norm.default": layer_norm,
    "_fused_rms_norm.default": rms_norm,
    "rms_norm.default": lambda input, normalized_shape, weight=None, eps=None: rms_norm(
        input, normalized_shape, weight, eps
    )[0],
    "native_group_norm.default": group_norm,
    "_native_batch_norm_legit_no_training.default": batch_norm,
    "_native_batch_norm_legit.no_stats": batch_norm_of_the_batch,
}
