"""Networks that see the whole batch: against a per-example twin, and against JAX's own Jacobian."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp

RNG = np.random.default_rng(2)
PARAMS = {"w": RNG.normal(size=(2, 5)), "v": RNG.normal(size=5)}
INPUTS = RNG.normal(size=(3, 2))


def plain(params, x):
    return jnp.tanh(x @ params["w"]) @ params["v"]


def normalised(params, rows):
    hidden = rows @ params["w"]
    hidden = (hidden - hidden.mean(axis=0)) / jnp.sqrt(hidden.var(axis=0) + 1e-5)
    return jnp.tanh(hidden) @ params["v"]


def fitted(predict, **options):
    with jax.enable_x64(True):
        targets = np.asarray(predict(PARAMS, INPUTS))
    return sp.Regression(predict, PARAMS, INPUTS, targets, **options)


@pytest.fixture(scope="module")
def mixed():
    return fitted(normalised, batched=True)


@pytest.fixture(scope="module")
def certificate(mixed):
    return sp.certify_minimum(mixed, sp.GradientDescent(0.01))


def test_a_network_that_treats_examples_apart_has_the_same_certificate():
    problems = fitted(plain, batched=True), fitted(plain)
    together, apart = (sp.certify_minimum(p, sp.GradientDescent(0.01)) for p in problems)
    assert together.verdict is apart.verdict is sp.Verdict.STABLE
    assert max(together.sharpness.lower, apart.sharpness.lower) <= min(together.sharpness.upper, apart.sharpness.upper)
    assert together.sharpness.width < 1e-10


def test_batch_statistics_are_differentiated(mixed, certificate):
    """(1/N) J^T J from JAX, whose largest eigenvalue is the sharpness where the residuals vanish."""
    with jax.enable_x64(True):
        rows = np.asarray(jax.jacobian(lambda t: normalised(mixed.layout.traced(t), INPUTS))(mixed.flat_params))
    largest = np.linalg.eigvalsh(rows @ rows.T)[-1] / len(INPUTS)
    assert certificate.verdict is sp.Verdict.STABLE
    assert certificate.sharpness.lower - 1e-9 <= largest <= certificate.sharpness.upper + 1e-9
    assert certificate.sharpness.width < 1e-8


def test_the_file_says_that_it_is_about_the_batch(certificate, tmp_path):
    assert certificate.problem["batched"] is True
    certificate.save(tmp_path / "batch.json")
    assert sp.check(tmp_path / "batch.json").verdict is sp.Verdict.STABLE


def test_what_does_not_fit_is_refused(mixed):
    with pytest.raises(sp.InputError, match="full batches"):
        sp.certify_minimum(mixed, sp.SGD(0.01, 1))
    with pytest.raises(sp.InputError, match="one row an example"):
        sp.Regression(lambda p, x: jnp.sum(x @ p["w"]), PARAMS, INPUTS, np.ones(3), batched=True)
    with pytest.raises(sp.InputError, match="squared error"):
        sp.Regression(normalised, PARAMS, INPUTS, np.ones(3), loss="logistic", batched=True)
    with pytest.raises(sp.InputError, match="takes all examples together"):
        mixed.predict_flat(mixed.flat_params, INPUTS[0])
    with pytest.raises(sp.InputError, match="True or False"):
        sp.Regression(normalised, PARAMS, INPUTS, np.ones(3), batched=1)
