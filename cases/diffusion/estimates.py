"""Ensembles of dX = b(X) dt + eps dW on the line, by Euler-Maruyama steps of diffrax; estimates."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Key

from foundation import finite_array, positive_integer, positive_number
from numeric.additive_noise import noisy_path
from numeric.precision import double_precision


@double_precision
def langevin_ensemble(
    drift: Callable[[Array], Array],
    noise: float,
    start: Any,
    time_step: float,
    steps: int,
    *,
    key: Key[Array, ""],
) -> Float64[np.ndarray, " n"]:
    """The positions of independent particles after `steps` steps from `start` (n,), with b = `drift`, eps = `noise`.

    The law is off by O(time_step) [Kloeden and Platen, Numerical Solution of SDEs, section 9.7].
    """
    first = jnp.asarray(np.atleast_1d(finite_array(start, "start")))
    size = positive_number(time_step, "time_step")
    amplitude, count = positive_number(noise, "noise"), positive_integer(steps, "steps")

    def end(x: Array) -> Array:
        return noisy_path(drift, amplitude, x, size, count, key=key, every=count, observe=lambda y: y)[0]

    return np.asarray(jax.jit(end)(first))
