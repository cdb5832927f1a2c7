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
