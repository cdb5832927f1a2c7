"""Small networks at interpolating minima, trained once a session."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from numeric import initial_layers, perceptron, train


def trained(widths, activation, examples, seed=0):
    """A perceptron of these widths that interpolates random data."""
    rng = np.random.default_rng(seed)
    inputs = rng.normal(size=(examples, widths[0]))
    targets = rng.normal(size=(examples, widths[-1]))
    problem = sp.Regression(perceptron(activation), initial_layers(widths, jax.random.key(seed)), inputs, targets)
    result = train(problem)
    assert result.converged, result.message
    return problem.with_params(result.theta)


ACTIVATIONS = {"tanh": jnp.tanh, "logistic": jax.nn.sigmoid, "sin": jnp.sin, "softplus": jax.nn.softplus}


@pytest.fixture(scope="session")
def network():
    """2-12-1 tanh network on five points: D = 49."""
    return trained([2, 12, 1], jnp.tanh, 5)


@pytest.fixture(scope="session")
def make_network():
    return trained


@pytest.fixture(scope="session")
def activations():
    return ACTIVATIONS
