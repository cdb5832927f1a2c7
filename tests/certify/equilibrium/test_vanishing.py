"""Identities are shown by expansion, and only where they hold."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.equilibrium.identities import vanishes_identically
from certify.program import trace


def pendulum(z):
    return jnp.stack([z[1], -jnp.sin(z[0])])


def predators(z):
    return jnp.stack([z[0] * (1 - z[1]), z[1] * (z[0] - 1)])


def kepler(z):
    return jnp.concatenate([z[2:], -z[:2] / jnp.sqrt(z[0] ** 2 + z[1] ** 2) ** 3])


CONSERVED = {
    "pendulum": (pendulum, lambda z: z[1] ** 2 / 2 - jnp.cos(z[0]), 2),
    "predators": (predators, lambda z: z[0] - jnp.log(z[0]) + z[1] - jnp.log(z[1]), 2),
    "energy": (kepler, lambda z: (z[2] ** 2 + z[3] ** 2) / 2 - 1 / jnp.sqrt(z[0] ** 2 + z[1] ** 2), 4),
    "angular momentum": (kepler, lambda z: z[0] * z[3] - z[1] * z[2], 4),
    "matrices": (lambda z: jnp.asarray([[0.0, 3.0], [-3.0, 0.0]]) @ z, lambda z: jnp.sum(z**2), 2),
}


def change(field, integral, n):
    return trace(lambda z: jnp.dot(jax.grad(integral)(z), field(z)), np.ones(n))


@pytest.mark.parametrize("name", CONSERVED)
def test_a_first_integral_is_one_and_a_neighbour_of_it_is_none(name):
    field, integral, n = CONSERVED[name]
    assert vanishes_identically(change(field, integral, n))
    assert not vanishes_identically(change(lambda z: field(z) + 1e-14 * z, integral, n))
    assert not vanishes_identically(change(field, lambda z: integral(z) + 1e-14 * z[0], n))


@pytest.mark.parametrize(
    ("function", "shown"),
    [
        (lambda x: (x[0] + x[1]) ** 3 - x[0] ** 3 - 3 * x[0] * x[1] * (x[0] + x[1]) - x[1] ** 3, True),
        (lambda x: x[0] / x[1] * x[1] - x[0], True),
        (lambda x: x[0] / (1 + x[1]) - x[0] * (1 + x[1]) ** -1.0, True),
        (lambda x: jnp.sin(x[0] + x[1]) - jnp.sin(x[1] + x[0]), True),
        (lambda x: jnp.sin(x[0] - x[1]) + jnp.sin(x[1] - x[0]), True),
        (lambda x: jnp.cos(x[0] - x[1]) - jnp.cos(x[1] - x[0]), True),
        (lambda x: jnp.cos(x[0] - x[1]) + jnp.cos(x[1] - x[0]), False),
        (lambda x: jnp.exp(x[0]) + jnp.exp(-x[0]), False),
        (lambda x: jnp.sin(x[0]) - jnp.sin(x[1]), False),
        (lambda x: jnp.abs(x[0]) - x[0], False),
        (lambda x: jnp.where(x[0] > 0, 0.0, x[1]), False),
        (lambda x: 0.1 + 0.2 + x[0] - x[0] - 0.3, False),
        # true, but not by expansion alone
        (lambda x: jnp.sin(x[0]) ** 2 + jnp.cos(x[0]) ** 2 - 1, False),
    ],
)
def test_what_is_shown(function, shown):
    assert vanishes_identically(trace(function, np.ones(2))) is shown
