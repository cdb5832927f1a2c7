"""Charged particles on the sphere that learn a 3-spin function with exponential units, in explicit steps; estimates."""

import functools
import math
import os
from dataclasses import asdict, dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from numeric.particles.checkpoint import Progress, State, run_pieces
from numeric.particles.three_spin import (
    permutation_sum,
    radial_loss,
    sphere_points,
    three_spin_coefficients,
    three_spin_gradient,
)
from numeric.precision import double_precision

STEPS_PER_PIECE = 1000


@final
@dataclass(frozen=True)
class RadialSettings:
    """f_n = (1/n) sum c_i exp(sign rate x . y_i) on |x|^2 = d; charges start at 0, positions uniformly.

    Temperature T adds tangent noise sqrt(2 T dt) to positions and charges during the first `noisy_steps` steps.
    """

    dimension: int
    particles: int
    rate: float
    time_step: float
    coefficients: int  # seed of a_pqr
    start: int  # seed of the positions and of the noise
    sign: int = 1
    temperature: float = 0.0
    noisy_steps: int = 0


@final
@dataclass(frozen=True, eq=False)
class RadialRun:
    """Losses (1.3) at `times`, and the particles at the end. A run that overflowed has infinite losses from there."""

    times: Float64[np.ndarray, " r"]
    losses: Float64[np.ndarray, " r"]
    positions: Float64[np.ndarray, "n d"]
    charges: Float64[np.ndarray, " n"]


@double_precision
def radial_flow(
    settings: RadialSettings,
    steps: int,
    *,
    checkpoint: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> RadialRun:
    """At least `steps` explicit Euler steps of (4.5) with its signs corrected, in pieces of 1000.

    Each step moves along the tangent part of the velocity and returns to the sphere; the error of the path is
    O(time_step). See `run_pieces` for `checkpoint` and `progress`.
    """
    total = permutation_sum(three_spin_coefficients(settings.dimension, settings.coefficients))
    device = jnp.asarray(total)

    def start() -> State:
        y = sphere_points(settings.particles, settings.dimension, settings.start)
        c = np.zeros(settings.particles)
        return {"positions": y, "charges": c, "losses": np.array([_loss(total, y, c, settings)])}

    def advance(state: State, piece: int) -> State:
        moved = _piece(device, state["positions"], state["charges"], piece, settings)
        y, c = (np.asarray(part) for part in moved)
        return {"positions": y, "charges": c, "losses": np.append(state["losses"], _loss(total, y, c, settings))}

    state = run_pieces(
        start,
        advance,
        math.ceil(steps / STEPS_PER_PIECE),
        settings={"run": "radial_flow", "steps_per_piece": STEPS_PER_PIECE, **asdict(settings)},
        checkpoint=checkpoint,
        progress=progress,
    )
    times = np.arange(len(state["losses"])) * (STEPS_PER_PIECE * settings.time_step)
    return RadialRun(times, state["losses"], state["positions"], state["charges"])


def radial_velocity(total: Array, y: Array, c: Array, rate: Any) -> tuple[Array, Array]:
    """(4.5) without the multiplier: C_i grad f(Y_i) - (rate/n) sum C_i C_j Y_j e^(rate Y_i . Y_j), and its charges."""
    slope = three_spin_gradient(total, y)
    kernel = jnp.exp(rate * y @ y.T)
    pull = rate * (kernel * c[None, :]) @ y / len(c)
    return c[:, None] * (slope - pull), jnp.sum(slope * y, axis=1) / 3 - kernel @ c / len(c)


def _loss(total: np.ndarray, y: np.ndarray, c: np.ndarray, settings: RadialSettings) -> float:
    with np.errstate(all="ignore"):
        value = radial_loss(total, y, c, settings.sign * settings.rate) if np.isfinite(c).all() else math.inf
    return value if math.isfinite(value) else math.inf


@functools.partial(jax.jit, static_argnames="settings")
def _piece(total: Array, y: Array, c: Array, piece: Any, settings: RadialSettings) -> tuple[Array, Array]:
    rate, size, d = settings.sign * settings.rate, settings.time_step, settings.dimension
    key = jax.random.key(settings.start)

    def step(k: Any, state: tuple[Array, Array]) -> tuple[Array, Array]:
        y, c = state
        velocity, growth = radial_velocity(total, y, c, rate)
        shift, gain = size * velocity, size * growth
        if settings.temperature > 0:
            index = piece * STEPS_PER_PIECE + k
            noise = jax.random.normal(jax.random.fold_in(key, index), (len(c), d + 1))
            scale = jnp.where(index < settings.noisy_steps, math.sqrt(2 * settings.temperature * size), 0.0)
            shift, gain = shift + scale * noise[:, :d], gain + scale * noise[:, d]
        moved = y + shift - jnp.sum(shift * y, axis=1, keepdims=True) * y / d
        return moved * (math.sqrt(d) / jnp.linalg.norm(moved, axis=1, keepdims=True)), c + gain

    found: tuple[Array, Array] = jax.lax.fori_loop(0, STEPS_PER_PIECE, step, (y, c))
    return found
