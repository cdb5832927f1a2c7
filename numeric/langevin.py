"""Ensembles of dX = b(X) dt + eps dW on the line, by the Euler-Maruyama scheme; estimates."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64, Key

from foundation import finite_array, positive_integer, positive_number
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
    amplitude = positive_number(noise, "noise") * np.sqrt(size)
    count = positive_integer(steps, "steps")

    def advance(index: Array, x: Array) -> Array:
        kick = jax.random.normal(jax.random.fold_in(key, index), x.shape, dtype=jnp.float32)
        return x + size * drift(x) + amplitude * kick

    return np.asarray(jax.jit(lambda x: jax.lax.fori_loop(0, count, advance, x))(first))
