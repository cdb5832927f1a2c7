"""dx = drift(x) dt + amplitude dW with independent Brownian motions, by diffrax; estimates."""

from collections.abc import Callable
from typing import Any

import diffrax
import jax
import jax.numpy as jnp
import lineax
import numpy as np
from jaxtyping import Array, Key


def noisy_path(
    drift: Callable[[Array], Array],
    amplitude: Any,
    start: Array,
    time_step: float,
    steps: int,
    *,
    key: Key[Array, ""],
    every: int,
    observe: Callable[[Array], Array],
) -> Array:
    """observe(x) after each `every` steps from `start`, stacked (steps // every, ...); to be traced by JAX.

    Euler-Maruyama steps of one length; the law is off by O(time_step) [Kloeden and Platen, Numerical Solution of SDEs,
    section 9.7]. A step is never repeated, so that the increments are drawn as they are needed, in single precision,
    whose rounding is far below that error.
    """
    records = steps // every
    noise = diffrax.UnsafeBrownianPath(jax.ShapeDtypeStruct(start.shape, jnp.float32), key=key)
    strength = jnp.broadcast_to(jnp.asarray(amplitude, jnp.float32), start.shape)
    terms: Any = diffrax.MultiTerm(
        diffrax.ODETerm(lambda t, x, _: drift(x)),
        diffrax.ControlTerm(lambda t, x, _: lineax.DiagonalLinearOperator(strength), noise),
    )
    solution = diffrax.diffeqsolve(
        terms,
        diffrax.Euler(),
        0.0,
        time_step * every * records,
        time_step,
        start,
        saveat=diffrax.SaveAt(
            ts=jnp.asarray(time_step * every * np.arange(1, records + 1)), fn=lambda t, x, _: observe(x)
        ),
        adjoint=diffrax.ForwardMode(),
        max_steps=None,
    )
    return jnp.asarray(solution.ys)
