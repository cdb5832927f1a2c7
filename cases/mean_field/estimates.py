"""All-to-all coupled particles on the line, x_i' = (1/M) sum_j g(x_i, x_j), through their averages; estimates."""

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from foundation import finite_array, positive_integer, positive_number
from numeric.precision import double_precision


@double_precision
def mean_field_path(
    field: Callable[[Array], Array], start: Any, duration: float, steps: int, records: int
) -> tuple[Float64[np.ndarray, " r"], Float64[np.ndarray, "r M"]]:
    """(times, positions at them): `records` + 1 states of all particles, Runge-Kutta of order 4.

    `field` maps all positions (M,) to all velocities (M,); couplings that are sums of products need only averages, so
    that a step costs O(M). `steps` steps between two records.
    """
    first = jnp.asarray(np.atleast_1d(finite_array(start, "start")))
    inner, count = positive_integer(steps, "steps"), positive_integer(records, "records")
    end = positive_number(duration, "duration")
    size = end / (inner * count)

    def advance(_: Any, x: Array) -> Array:
        k1 = field(x)
        k2 = field(x + size / 2 * k1)
        k3 = field(x + size / 2 * k2)
        k4 = field(x + size * k3)
        return x + size / 6 * (k1 + 2 * k2 + 2 * k3 + k4)

    def record(x: Array, _: Any) -> tuple[Array, Array]:
        x = jax.lax.fori_loop(0, inner, advance, x)
        return x, x

    _, states = jax.jit(lambda x: jax.lax.scan(record, x, None, length=count))(first)
    return np.linspace(0, end, count + 1), np.concatenate([np.asarray(first)[None], np.asarray(states)])
