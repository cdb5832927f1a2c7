"""Ensembles of interacting particles with independent noise, by Euler-Maruyama steps of diffrax; estimates."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Key

from foundation import InputError, finite_array, positive_integer, positive_number
from numeric.additive_noise import noisy_path
from numeric.interactions import Velocity
from numeric.precision import double_precision


@double_precision
def particle_ensemble(
    drift: Velocity,
    noise: Any,
    start: Any,
    time_step: float,
    steps: int,
    *,
    key: Key[Array, ""],
    observe: Callable[[Array], Array] | None = None,
    every: int = 1,
) -> tuple[Float64[np.ndarray, " R"], np.ndarray]:
    """dx_i = drift_i(x) dt + noise dW_i for an ensemble `start` (E, M, d): (times (R,), observed (R, E, ...)).

    noise: one number, or one for each member (E,).

    observe: function of one member's state (M, d), recorded `every` so many steps (default: the state). Euler-Maruyama
    with independent Brownian motions for all coordinates; the law is off by O(time_step) [Kloeden and Platen,
    Numerical Solution of SDEs, section 9.7].
    """
    first = finite_array(start, "start")
    if first.ndim != 3 or not first.size:
        raise InputError(f"start must have shape (members, particles, dimension), but has shape {first.shape}")
    size, stride = positive_number(time_step, "time_step"), positive_integer(every, "every")
    records = positive_integer(steps, "steps") // stride
    view = observe or (lambda x: x)
    strengths = np.broadcast_to(finite_array(noise, "noise"), len(first))
    if strengths.min() < 0:
        raise InputError(f"noise must not be negative, but is {noise}")

    def member(x: Array, own: Key[Array, ""], amplitude: Array) -> Array:
        return noisy_path(drift, amplitude, x, size, stride * records, key=own, every=stride, observe=view)

    keys = jax.random.split(key, len(first))
    path = jax.jit(jax.vmap(member, out_axes=1))(jnp.asarray(first), keys, jnp.asarray(strengths))
    begin = jax.vmap(view)(jnp.asarray(first))[None]
    return size * stride * np.arange(records + 1), np.concatenate([np.asarray(begin), np.asarray(path)])
