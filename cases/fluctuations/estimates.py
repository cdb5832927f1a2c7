"""Replicas of a network of Gaussian units on a line: at the start, and along two gradient flows; estimates."""

import functools
from dataclasses import dataclass
from typing import Any, final

import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float64

from foundation import finite_array, positive_integer
from numeric.precision import double_precision

_NUMBERS_AT_ONCE = 2_000_000


@final
@dataclass(frozen=True)
class InitialLaw:
    """Positions N(0, variance), charges N(mean, charge_variance), all independent; the unit exp(-kappa (x - y)^2/2)."""

    kappa: float
    variance: float
    mean: float
    charge_variance: float

    def draw(self, shape: tuple[int, ...], generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """(positions, charges)."""
        y = np.sqrt(self.variance) * generator.standard_normal(shape)
        return y, self.mean + np.sqrt(self.charge_variance) * generator.standard_normal(shape)


def charge_flow_ensemble(
    law: InitialLaw, x: float, target: float, times: Any, particles: int, replicas: int, seed: int
) -> Float64[np.ndarray, "t r"]:
    """f_n(t, x) of networks whose charges flow while positions rest, x being the only point: exact paths."""
    moments = finite_array(times, "times")
    n, count = positive_integer(particles, "particles"), positive_integer(replicas, "replicas")
    generator, parts = np.random.default_rng(seed), []
    for begin in range(0, count, size := max(1, _NUMBERS_AT_ONCE // n)):
        y, c = law.draw((min(size, count - begin), n), generator)
        phi = np.exp(-law.kappa / 2 * (x - y) ** 2)
        start, rate = np.mean(c * phi, axis=1), np.mean(phi**2, axis=1)
        parts.append(target + (start - target) * np.exp(-np.multiply.outer(moments, rate)))
    return np.concatenate(parts, axis=1)


@double_precision
def full_flow_ensemble(
    law: InitialLaw,
    points: Any,
    targets: Any,
    duration: float,
    steps: int,
    records: int,
    particles: int,
    replicas: int,
    seed: int,
) -> tuple[Float64[np.ndarray, " t"], Float64[np.ndarray, "t r p"]]:
    """(times, f_n at the points) of replicas of (2.1), positions and charges moving, uniform measure on `points` (p,).

    Heun's method with `steps` steps between two of the `records` + 1 records; error O(step^2).
    """
    x, f = (jnp.asarray(finite_array(part, name)) for part, name in ((points, "points"), (targets, "targets")))
    shape = (positive_integer(replicas, "replicas"), positive_integer(particles, "particles"))
    state = tuple(jnp.asarray(part) for part in law.draw(shape, np.random.default_rng(seed)))
    step = duration / (positive_integer(steps, "steps") * positive_integer(records, "records"))
    _, networks = _paths(state, x, f, law.kappa, step, steps, records + 1)
    return np.linspace(0, duration, records + 1), np.asarray(networks)


@functools.partial(jax.jit, static_argnames=("steps", "records"))
def _paths(state: Any, x: Array, f: Array, kappa: Any, step: Any, steps: int, records: int) -> Any:
    def network(y: Array, c: Array) -> tuple[Array, Array]:
        phi = jnp.exp(-kappa / 2 * (x - y[..., None]) ** 2)
        return phi, jnp.mean(c[..., None] * phi, axis=-2)

    def velocity(y: Array, c: Array) -> tuple[Array, Array]:
        phi, values = network(y, c)
        pull = (f - values)[..., None, :] * phi / len(x)
        return c * jnp.sum(pull * kappa * (x - y[..., None]), axis=-1), jnp.sum(pull, axis=-1)

    def advance(_: Any, state: Any) -> Any:
        y, c = state
        first = velocity(y, c)
        second = velocity(y + step * first[0], c + step * first[1])
        return y + step / 2 * (first[0] + second[0]), c + step / 2 * (first[1] + second[1])

    def record(state: Any, _: Any) -> Any:
        return jax.lax.fori_loop(0, steps, advance, state), network(*state)[1]

    return jax.lax.scan(record, state, None, length=records)
