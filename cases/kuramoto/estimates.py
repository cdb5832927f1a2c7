"""Orbits of coupled phase oscillators for many coupling strengths at once; estimates."""

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from foundation import finite_array, positive_integer, positive_number
from numeric.phase_locking import OscillatorArrays
from numeric.precision import double_precision


@double_precision
def mean_order_parameters(
    arrays: OscillatorArrays, factors: Any, start: Any, duration: float, steps: int
) -> Float64[np.ndarray, " k"]:
    """Time averages of |mean e^(i theta)| over the second half of the orbits, the couplings multiplied by each factor.

    Runge-Kutta of order 4 with `steps` steps from the phases `start` (n,), frequencies less their mean.
    """
    count, size = positive_integer(steps, "steps"), positive_number(duration, "duration") / steps
    tails, heads, weights = jnp.asarray(arrays.tails), jnp.asarray(arrays.heads), jnp.asarray(arrays.weights)
    omega = jnp.asarray(arrays.frequencies - arrays.frequencies.mean())
    first = jnp.asarray(finite_array(start, "start"))

    def field(factor: Array, x: Array) -> Array:
        flow = factor * weights * jnp.sin(x[heads] - x[tails])
        return omega.at[tails].add(flow).at[heads].add(-flow)

    def orbit(factor: Array) -> Array:
        def advance(x: Array, _: Any) -> tuple[Array, Array]:
            k1 = field(factor, x)
            k2 = field(factor, x + size / 2 * k1)
            k3 = field(factor, x + size / 2 * k2)
            k4 = field(factor, x + size * k3)
            x = x + size / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
            return x, jnp.abs(jnp.exp(1j * x).mean())

        _, lengths = jax.lax.scan(advance, first, None, length=count)
        return lengths[count // 2 :].mean()

    return np.asarray(jax.jit(lambda k: jax.lax.map(orbit, k))(jnp.asarray(finite_array(factors, "factors"))))
