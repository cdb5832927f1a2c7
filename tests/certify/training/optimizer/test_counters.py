"""Counters, sums and switches that do not go on as they look: no verdict; those that do keep theirs."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from optax import contrib

import stabproof as sp


def scaled(gradient, factor):
    return jax.tree.map(lambda g: -factor * g, gradient)


def counting(start, rate, following):
    """Gradient descent whose rate is a function of a counter, and how the counter goes on."""
    return optax.GradientTransformation(
        lambda params: {"count": start()},
        lambda g, s, params=None: (scaled(g, rate(s["count"])), {"count": following(s["count"])}),
    )


def whole():
    return jnp.zeros((), jnp.int32)


def switched():
    def update(g, s, params=None):
        rate = jnp.where(s["late"] > 0, 10.0, 0.1)
        return scaled(g, rate), {"count": s["count"] + 1, "late": (s["count"] >= 500).astype(jnp.int32)}

    return optax.GradientTransformation(lambda params: {"count": whole(), "late": whole()}, update)


def driven():
    def update(g, s, params=None):
        change = jax.tree.map(lambda g: -10 * (s["level"] - 1.0) - 0.01 * g, g)
        return change, {"level": 1.0 + jnp.sum(g["w"])}

    return optax.GradientTransformation(lambda params: {"level": jnp.zeros(())}, update)


def weighted():
    def update(g, s, params):
        weight = jnp.where(s["total"] > 100.0, s["total"] + 1.0, 1.0)
        share = weight / (s["total"] + weight)
        change = jax.tree.map(lambda y, z, g: share * (z - y) - (0.1 + 100 * share) * g, params, s["z"], g)
        return change, {"z": jax.tree.map(lambda z, g: z - 0.1 * g, s["z"], g), "total": s["total"] + weight}

    return optax.GradientTransformation(lambda params: {"z": params, "total": jnp.asarray(0.0)}, update)


# each diverges from near the minimum, or (the last but one) converges although late rates would not let it
DECEIVING = {
    "warm restarts": lambda: counting(
        whole, lambda c: 0.1 + 10 * jnp.exp(-c / 50), lambda c: jnp.where(c >= 99, 0, c + 1)
    ),
    "a counter that stops": lambda: counting(
        whole, lambda c: jnp.where(c < 10000, 10.0, 0.1), lambda c: jnp.minimum(c + 1, 500)
    ),
    "a switch that is thrown late": switched,
    "a level that the gradient moves": driven,
    "a sum that stops": lambda: counting(
        lambda: jnp.zeros(()), lambda t: jnp.where(t > 2000, 10.0, 0.1), lambda t: jnp.minimum(t + 1, 1000.0)
    ),
    "weights that grow": weighted,
}


@pytest.fixture(scope="module")
def line():
    return sp.Regression(lambda t, x: t["w"] * x, {"w": np.array([1.0])}, np.array([[1.0]]), np.array([[1.0]]))


@pytest.mark.parametrize("name", DECEIVING)
def test_what_is_not_proved_to_go_on_gets_no_verdict(line, name):
    with jax.enable_x64(True):
        certificate = sp.certify_minimum(line, DECEIVING[name]())
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert "is not proved to go on as it did" in certificate.reason


def test_short_counters_are_refused(line):
    short = counting(
        lambda: jnp.zeros((), jnp.int8), lambda c: 0.1 + 10 * jnp.exp(-abs(c) / 1000), lambda c: c + jnp.int8(1)
    )
    with pytest.raises(sp.InputError, match="int8 and wraps around"):
        sp.certify_minimum(line, short)


@pytest.mark.parametrize(
    "optimizer",
    [
        optax.adam(1e-3, eps=0.1),
        optax.MultiSteps(optax.sgd(0.1), 3),
        contrib.schedule_free_sgd(0.3),
        counting(whole, lambda c: 0.1 + 1 / (1.0 + c), lambda c: c + 1),
    ],
    ids=["adam", "multi-steps", "schedule-free", "a plain counter"],
)
def test_honest_counters_keep_their_verdicts(line, optimizer):
    assert sp.certify_minimum(line, optimizer).verdict is sp.Verdict.STABLE
