"""Orbits of gradient descent from many starts at once, with the distances to perturbed orbits."""

import functools
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from foundation import InputError, finite_array, positive_integer, positive_number
from numeric.precision import double_precision
from numeric.trajectories.network import Data, SoftmaxNetwork, loss_and_gradient


@final
@dataclass(frozen=True)
class Descent:
    """`losses` (n, T + 1) and `parameters` (n, r, D) at the iterations `steps` (r,); estimates."""

    losses: Float64[np.ndarray, "n t"]
    steps: np.ndarray
    parameters: Float64[np.ndarray, "n r D"]


@final
@dataclass(frozen=True)
class Separation:
    """L1 distances (n, M, T + 1) of M perturbed orbits to their reference, its losses (n, T + 1), and its end (n, D).

    Distances are sums over all parameters; `ends` are the last reference parameters.
    """

    distances: Float64[np.ndarray, "n m t"]
    losses: Float64[np.ndarray, "n t"]
    ends: Float64[np.ndarray, "n D"]


@double_precision
def descend(network: SoftmaxNetwork, starts: Any, rate: float, steps: int, *, every: int = 1) -> Descent:
    """Full-batch gradient descent from each row of `starts` (n, D); parameters are kept `every` so many steps.

    Raises `InputError` on rows of a wrong length and where `steps` is no multiple of `every`.
    """
    points = _starts(network, starts)
    stride, total = positive_integer(every, "every"), positive_integer(steps, "steps")
    if total % stride:
        raise InputError(f"steps ({total}) must be a multiple of every ({stride})")
    eta = positive_number(rate, "rate")
    kept, losses, last = _recorded(points, eta, network.data, total // stride, stride)
    parameters = np.concatenate([points[:, None], np.moveaxis(np.asarray(kept), 0, 1)], axis=1)
    ordered = np.moveaxis(np.asarray(losses).reshape(total, -1), 0, 1)
    joined = np.concatenate([ordered, np.asarray(last)[:, None]], axis=1)
    return Descent(joined, stride * np.arange(total // stride + 1), parameters)


@functools.partial(jax.jit, static_argnums=(3, 4))
def _recorded(points: Array, rate: float, data: Data, records: int, stride: int) -> tuple[Array, Array, Array]:
    def step(theta: Array, _: Any) -> tuple[Array, Array]:
        value, gradient = loss_and_gradient(theta, data)
        return theta - rate * gradient, value

    def record(theta: Array, _: Any) -> tuple[Array, tuple[Array, Array]]:
        theta, values = jax.lax.scan(step, theta, None, length=stride)
        return theta, (theta, values)

    end, (kept, losses) = jax.lax.scan(record, jnp.asarray(points), None, length=records)
    return kept, losses, loss_and_gradient(end, data)[0]


@double_precision
def separate(network: SoftmaxNetwork, starts: Any, perturbed: Any, rate: float, steps: int) -> Separation:
    """Run gradient descent from `starts` (n, D) and from `perturbed` (n, M, D), and measure how they part."""
    points, moved = _starts(network, starts), finite_array(perturbed, "perturbed")
    if moved.ndim != 3 or moved.shape[::2] != points.shape or moved.shape[1] == 0:
        raise InputError(f"perturbed must have shape {(len(points), 'M', points.shape[1])}, but has {moved.shape}")
    bundle = np.concatenate([points[:, None], moved], axis=1)
    total, eta = positive_integer(steps, "steps"), positive_number(rate, "rate")
    distances, losses, ends = _separated(bundle, eta, network.data, total)
    return Separation(np.moveaxis(np.asarray(distances), 0, 2), np.asarray(losses).T, np.asarray(ends))


@functools.partial(jax.jit, static_argnums=3)
def _separated(bundle: Array, rate: float, data: Data, steps: int) -> tuple[Array, Array, Array]:
    def measure(theta: Array) -> Array:
        return jnp.abs(theta[:, 1:] - theta[:, :1]).sum(axis=-1)

    def step(theta: Array, _: Any) -> tuple[Array, tuple[Array, Array]]:
        value, gradient = loss_and_gradient(theta, data)
        return theta - rate * gradient, (measure(theta), value[:, 0])

    end, (distances, losses) = jax.lax.scan(step, jnp.asarray(bundle), None, length=steps)
    last = loss_and_gradient(end[:, 0], data)[0]
    return jnp.concatenate([distances, measure(end)[None]]), jnp.concatenate([losses, last[None]]), end[:, 0]


def _starts(network: SoftmaxNetwork, starts: Any) -> np.ndarray:
    points = finite_array(starts, "starts")
    if points.ndim != 2 or points.shape[1] != network.dimension or len(points) == 0:
        raise InputError(f"starts must have shape (n, {network.dimension}), but has shape {points.shape}")
    return points
