"""Optimisers of optax with batches: stable where no batch expands a norm, simulated; undecided elsewhere."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import stabproof as sp

# optimiser at rate e; decay b, carried p / e, direct q / e near rest: theta' = theta - p u - q g, u' = b u + g
RULES = {
    "adam": (lambda e: optax.adam(e, eps=1.0), (0.9, 0.09, 0.1)),
    "nesterov": (lambda e: optax.sgd(e, 0.9, nesterov=True), (0.9, 0.81, 1.9)),
    "ema": (lambda e: optax.chain(optax.ema(0.9), optax.scale(-e)), (0.9, 0.09, 0.1)),
}


def limit_of(b, p, q):
    beta = p / (1 - b)
    return 2 / (q + beta + 2 * beta / (1 - b))


@pytest.fixture(scope="module")
def problem():
    inputs = np.random.default_rng(3).normal(size=(5, 7))
    return sp.Regression(lambda theta, x: theta @ x, np.zeros(7), inputs, np.zeros(5))


def largest(problem):
    """max |x_i|^2: lambda_max(K_SS) / |S| for batches of one."""
    return float((problem.inputs**2).sum(axis=1).max())


@pytest.mark.parametrize(
    ("name", "sampling"), [("adam", "shuffled"), ("nesterov", "iid"), ("ema", "fixed"), ("adam", None)]
)
def test_verdicts_on_both_sides_of_the_limit(problem, name, sampling, tmp_path):
    make, rule = RULES[name]
    rate = limit_of(*rule) / largest(problem)
    inside = sp.certify_minimum(problem, make(0.99 * rate), batch_size=1, sampling=sampling)
    assert inside.verdict is sp.Verdict.STABLE
    inside.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").verdict is sp.Verdict.STABLE
    if name != "adam":
        return
    outside = sp.certify_minimum(problem, make(1.01 * rate), batch_size=1, sampling=sampling)
    assert outside.verdict is sp.Verdict.UNDECIDED
    assert "no norm is proved" in outside.reason


def test_optax_itself_converges_there(problem):
    """Adam at 0.99 of the limit, shuffled epochs of single examples from a start near the minimum."""
    make, rule = RULES["adam"]
    optimizer = make(0.99 * limit_of(*rule) / largest(problem))
    inputs = problem.inputs
    with jax.enable_x64(True):
        theta = jnp.asarray(1e-6 * np.random.default_rng(0).normal(size=7))
        begin = np.linalg.norm(inputs @ np.asarray(theta))

        def epoch(carry, key):
            def step(carry, i):
                theta, state = carry
                x = jnp.asarray(inputs)[i]
                update, state = optimizer.update((x @ theta) * x, state, theta)
                return (theta + update, state), 0.0

            return jax.lax.scan(step, carry, jax.random.permutation(key, 5))

        keys = jax.random.split(jax.random.key(0), 20_000)
        (theta, _), _ = jax.lax.scan(epoch, (theta, optimizer.init(theta)), keys)
    assert np.linalg.norm(inputs @ np.asarray(theta)) < 1e-3 * begin


@pytest.mark.parametrize(
    "optimizer",
    [optax.amsgrad(1e-3, eps=1.0), optax.rmsprop(1e-3, eps=1.0), optax.lion(1e-3), optax.adamw(1e-3, eps=1.0)],
    ids=["amsgrad", "rmsprop", "lion", "adamw"],
)
def test_other_memory_is_undecided(problem, optimizer):
    """Accumulators, no memory of gradients, steps that do not shrink, decay that moves the minimum."""
    certificate = sp.certify_minimum(problem, optimizer, batch_size=1, sampling="shuffled")
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert "batches of 1" in certificate.reason
