"""Optimisers with batches beside them: which ones are SGD, what is said of the others, and refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import stabproof as sp
from certify.certificate import issue
from foundation import CertificateError
from stabproof.batches import with_batches

POINTS = np.array([[1.73, 0.0], [0.675, 0.8]])


@pytest.fixture(scope="module")
def problem():
    return sp.Regression(lambda theta, x: theta @ x, np.zeros(2), POINTS, np.zeros(2))


SGDS = {
    "sgd": (lambda: optax.sgd(1.0), (1.0, 0.0)),
    "momentum": (lambda: optax.sgd(0.1, 0.9), (0.1, 0.9)),
    "chain": (lambda: optax.chain(optax.trace(0.7), optax.scale(-0.3)), (0.3, 0.7)),
    "schedule": (lambda: optax.sgd(optax.constant_schedule(0.25)), (0.25, 0.0)),
    "ours": (lambda: sp.GradientDescent(0.2), (0.2, 0.0)),
    "heavy ball": (lambda: sp.HeavyBall(0.2, 0.5), (0.2, 0.5)),
}


@pytest.mark.parametrize("name", SGDS)
def test_what_is_sgd_becomes_sgd(problem, name):
    make, (rate, momentum) = SGDS[name]
    found, more = with_batches(problem, make(), None, 1, "fixed")
    assert more is None
    assert found == sp.SGD(rate, 1, momentum, "fixed")


@pytest.mark.parametrize("name", ["sgd", "momentum", "chain"])
def test_the_steps_are_those_of_optax(problem, name):
    """Near the minimum, one step of optax and of the recurrence v' = b v + g, theta' = theta - eta v'."""
    make, (rate, momentum) = SGDS[name]
    optimizer, velocity = make(), np.zeros(2)
    with jax.enable_x64(True):
        state = optimizer.init(np.zeros(2))
        for gradient in 1e-3 * np.random.default_rng(0).standard_normal((4, 2)):
            update, state = optimizer.update(gradient, state)
            velocity = momentum * velocity + gradient
            np.testing.assert_allclose(update, -rate * velocity, rtol=1e-12)


def _reset(gradient, state, params=None):
    return jnp.where(jnp.abs(gradient).max() > 0.01, -params, -5.0 * gradient), state


OTHERS = {
    "nesterov": lambda: optax.sgd(0.25, 0.5, nesterov=True),
    "ema": lambda: optax.chain(optax.ema(0.9), optax.scale(-0.1)),
    "damped": lambda: optax.chain(optax.scale(0.5), optax.trace(0.9), optax.scale(-0.1)),
    # as SGD near the minimum alone: elsewhere a step may land on it from an open set
    "clipped": lambda: optax.chain(optax.clip(1.0), optax.sgd(0.3, 0.7)),
    "reset": lambda: optax.GradientTransformation(lambda p: optax.EmptyState(), _reset),
    "ascent": lambda: optax.scale(0.1),
    "adam": lambda: optax.adam(0.1),
    "decay": lambda: optax.chain(optax.add_decayed_weights(0.1), optax.sgd(0.1)),
    "several steps": lambda: optax.MultiSteps(optax.sgd(0.1), 2),
}


@pytest.mark.parametrize("name", OTHERS)
def test_what_is_not_sgd_does_not(problem, name):
    optimizer = OTHERS[name]()
    assert with_batches(problem, optimizer, None, 1, "shuffled") == (
        optimizer,
        {"batch_size": 1, "sampling": "shuffled"},
    )


def test_the_verdict_is_that_of_the_sampling(problem):
    """A fixed order: half of log rho(A_2 A_1), by NumPy; shuffled epochs: -0.04698, by long simulation."""
    first, second = (np.eye(2) - np.outer(x, x) for x in POINTS)
    fixed = np.log(np.abs(np.linalg.eigvals(second @ first)).max()) / 2
    for sampling, verdict, exponent in (("shuffled", "STABLE", -0.04698), ("fixed", "STABLE", fixed)):
        certificate = sp.certify_minimum(problem, optax.sgd(1.0), batch_size=1, sampling=sampling)
        assert (certificate.verdict.name, certificate.sampling) == (verdict, sampling)
        assert certificate.lyapunov_exponent.lower <= exponent + 1e-5
        assert certificate.lyapunov_exponent.upper >= exponent - 1e-5


def test_the_others_are_undecided_with_what_is_known(problem, tmp_path):
    certificate = sp.certify_minimum(problem, optax.adam(0.1), batch_size=1, sampling="shuffled")
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert "batches of 1" in certificate.reason
    assert certificate.sharpness.midpoint == pytest.approx(np.linalg.eigvalsh(POINTS @ POINTS.T)[-1] / 2)
    certificate.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").verdict is sp.Verdict.UNDECIDED
    settings = {**certificate.problem["optimizer"], "batch_size": 3}
    with pytest.raises(CertificateError, match="batch size"):
        issue("minimum", {**certificate.problem, "optimizer": settings}, certificate.witness)
    whole = sp.certify_minimum(problem, optax.sgd(0.1), batch_size=2, sampling="shuffled")
    assert whole.problem["optimizer"]["name"] == "optax"


def test_what_makes_no_sense_is_refused(problem):
    loss = sp.Loss(lambda t: t[0] ** 2, np.zeros(1))
    for given, options, match in (
        (problem, {"batch_size": 3}, "only 2 examples"),
        (problem, {"sampling": "iid"}, "say batch_size"),
        (problem, {"batch_size": 1, "sampling": "often"}, "sampling"),
        (loss, {"batch_size": 1}, "single examples"),
    ):
        with pytest.raises(sp.InputError, match=match):
            sp.certify_minimum(given, optax.sgd(0.1), **options)
    with pytest.raises(sp.InputError, match="of its own"):
        sp.certify_minimum(problem, sp.SGD(0.1, 1), batch_size=1)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda: optax.chain(optax.sgd(0.1), optax.contrib.reduce_on_plateau()), "best_value is inf as given"),
        (lambda: optax.contrib.mechanize(optax.sgd(0.1)), "does not rest at one number"),
    ],
)
def test_memory_that_no_theorem_covers_is_refused(problem, make, match):
    with pytest.raises(sp.InputError, match=match):
        sp.certify_minimum(problem, make())
