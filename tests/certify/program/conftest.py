"""The slow and obvious oracle of programs: Arb at 200 bits for enclosures, JAX for estimates."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import evaluate, jacobian, trace


def encloses(ball, exact):
    """Whether every Arb number of `exact` (object array) lies in the ball's bounds."""
    assert ball.shape == exact.shape
    pairs = zip(ball.lower.flat, ball.upper.flat, exact.flat, strict=True)
    return all(low <= value <= high for low, high, value in pairs)


def widened(tree):
    """Float leaves as float64, exactly."""
    return jax.tree.map(lambda a: np.asarray(a, np.float64) if np.asarray(a).dtype.kind == "f" else a, tree)


def check_values(function, *arguments, tolerance=1e-12):
    """Balls contain the 200-bit values, are narrow, and agree with JAX in float64."""
    program = trace(function, *arguments)
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(arguments)]
    with jax.enable_x64(True):
        result = function(*jax.tree.map(jnp.asarray, widened(arguments)))
        estimates = [np.asarray(leaf) for leaf in jax.tree.leaves(result)]
    balls, exacts = evaluate(program, leaves), evaluate(program, leaves, precision=200)
    for ball, exact, estimate in zip(balls, exacts, estimates, strict=True):
        if not isinstance(ball, Ball):
            assert np.array_equal(ball, estimate)
            continue
        assert encloses(ball, exact)
        scale = tolerance * (1 + np.abs(estimate))
        assert np.all(ball.rad <= scale)
        assert np.all(np.abs(ball.mid - estimate) <= ball.rad + scale)
    return program


def check_jacobian(function, *arguments, tolerance=1e-10):
    """The Jacobian by our rules contains its own 200-bit value and agrees with JAX's reverse mode."""
    program = trace(function, *arguments)
    leaves, structure = jax.tree.flatten(arguments)
    real = [i for i, signature in enumerate(program.inputs) if signature.is_real]
    ball = jacobian(program, leaves, real)
    assert encloses(ball, jacobian(program, leaves, real, precision=200))

    def outputs(*values):
        full = [jnp.asarray(widened(leaf)) for leaf in leaves]
        for i, value in zip(real, values, strict=True):
            full[i] = value
        found = jax.tree.leaves(function(*jax.tree.unflatten(structure, full)))
        return jnp.concatenate([jnp.ravel(x) for x in found if jnp.issubdtype(x.dtype, jnp.floating)])

    with jax.enable_x64(True):
        derivative = jax.jit(jax.jacrev(outputs, argnums=tuple(range(len(real)))))
        parts = derivative(*(jnp.asarray(widened(leaves[i])) for i in real))
        estimate = np.concatenate([np.asarray(p).reshape(p.shape[0], -1) for p in parts], 1)
    scale = tolerance * (1 + np.abs(estimate))
    assert np.all(ball.rad <= scale)
    assert np.all(np.abs(ball.mid - estimate) <= ball.rad + scale)


@pytest.fixture(name="check_values")
def _check_values():
    return check_values


@pytest.fixture(name="check_jacobian")
def _check_jacobian():
    return check_jacobian


@pytest.fixture(name="encloses")
def _encloses():
    return encloses
