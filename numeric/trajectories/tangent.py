"""Tangent dynamics: how an infinitesimal displacement grows along an orbit of gradient descent."""

import functools
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array

from foundation import InputError, finite_array, positive_integer, positive_number
from numeric.precision import double_precision
from numeric.trajectories.network import Data, SoftmaxNetwork, update


@double_precision
def tangent_growth(network: SoftmaxNetwork, starts: Any, directions: Any, rate: float, steps: int) -> np.ndarray:
    """log(|v_t| / |v_0|), L1 norm, for t = 0..steps: an array (n, steps + 1) in nats.

    v_t is the derivative of the t-th iterate at `starts` (n, D) applied to `directions` (n, D), not zero; it is
    normalised in every step [Benettin, Galgani, Giorgilli, Strelcyn, Meccanica 15, 1980]. An estimate.
    """
    points, vectors = finite_array(starts, "starts"), finite_array(directions, "directions")
    if points.ndim != 2 or points.shape != vectors.shape or points.shape[1] != network.dimension:
        raise InputError(
            f"starts and directions must both have shape (n, {network.dimension}), but have {points.shape} and "
            f"{vectors.shape}"
        )
    if not (np.abs(vectors).sum(axis=1) > 0).all():
        raise InputError("a direction is zero; give each start a direction that is not")
    total, eta = positive_integer(steps, "steps"), positive_number(rate, "rate")
    growth = np.asarray(_growth(points, vectors, eta, network.data, total)).T
    return np.concatenate([np.zeros((len(points), 1)), np.cumsum(growth, axis=1)], axis=1)


@functools.partial(jax.jit, static_argnums=4)
def _growth(points: Array, vectors: Array, rate: float, data: Data, steps: int) -> Array:
    def norm(v: Array) -> Array:
        return jnp.abs(v).sum(axis=-1, keepdims=True)

    def step(state: tuple[Array, Array], _: Any) -> tuple[tuple[Array, Array], Array]:
        theta, vector = state
        theta, moved = jax.jvp(lambda x: update(x, rate, data), (theta,), (vector,))
        size = norm(moved)
        return (theta, moved / size), jnp.log(size[:, 0])

    unit = jnp.asarray(vectors) / norm(jnp.asarray(vectors))
    return jax.lax.scan(step, (jnp.asarray(points), unit), None, length=steps)[1]


@double_precision
def growth_along(network: SoftmaxNetwork, points: Any, direction: Any, rate: float) -> np.ndarray:
    """log(|v_t| / |v_0|), L1 norm, for t = 0..T along a recorded orbit `points` (T, D): an array (T + 1,) in nats.

    v_{t+1} = (I - rate Hess L(points_t)) v_t with v_0 = `direction` (D,). The orbit is not run again, which could lead
    elsewhere where it is chaotic. An estimate.
    """
    path, vector = finite_array(points, "points"), finite_array(direction, "direction")
    if path.ndim != 2 or path.shape[1] != network.dimension or vector.shape != path.shape[1:]:
        raise InputError(f"points must have shape (T, {network.dimension}), direction one row, but have {path.shape}")
    if not np.abs(vector).sum() > 0:
        raise InputError("direction is zero; give one that is not")
    growth = np.asarray(_growth_along(path, vector, positive_number(rate, "rate"), network.data))
    return np.concatenate([[0.0], np.cumsum(growth)])


@jax.jit
def _growth_along(path: Array, vector: Array, rate: float, data: Data) -> Array:
    def step(v: Array, theta: Array) -> tuple[Array, Array]:
        _, moved = jax.jvp(lambda x: update(x, rate, data), (theta,), (v,))
        size = jnp.abs(moved).sum()
        return moved / size, jnp.log(size)

    return jax.lax.scan(step, vector / jnp.abs(vector).sum(), path)[1]
