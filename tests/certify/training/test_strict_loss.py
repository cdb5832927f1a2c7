"""Strict minima of scalar losses: curvature of the loss itself, which derivative training follows, refusals, files."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import stabproof as sp
from certify.certificate import issue
from foundation import CertificateError

RNG = np.random.default_rng(0)
X, LABELS = RNG.normal(size=(30, 5)), RNG.integers(0, 2, 30).astype(float)


def penalised(theta, x, y):
    return jnp.mean(optax.sigmoid_binary_cross_entropy(x @ theta, y)) + 0.05 * jnp.sum(theta**2)


@cache
def minimum():
    with jax.enable_x64(True):
        theta = jnp.zeros(5)
        for _ in range(20):
            theta = theta - jnp.linalg.solve(
                jax.hessian(penalised)(theta, X, LABELS), jax.grad(penalised)(theta, X, LABELS)
            )
        return np.asarray(theta), np.linalg.eigvalsh(jax.hessian(penalised)(theta, X, LABELS))


@pytest.mark.parametrize(
    ("make", "factor"),
    [
        (sp.GradientDescent, 2.0),
        (lambda e: sp.HeavyBall(e, 0.5), 3.0),
        (lambda e: sp.Nesterov(e, 0.5), 1.5),
        (lambda e: optax.sgd(e, 0.5), 3.0),
    ],
)
def test_both_sides_of_the_threshold(make, factor, tmp_path):
    theta, eigenvalues = minimum()
    problem = sp.Loss(penalised, theta, X, LABELS)
    for multiple, verdict in ((0.98, sp.Verdict.STABLE), (1.02, sp.Verdict.UNSTABLE)):
        certificate = sp.certify_minimum(problem, make(multiple * factor / eigenvalues[-1]))
        assert certificate.verdict is verdict
        assert abs(certificate.sharpness.midpoint - eigenvalues[-1]) < 1e-12
        assert certificate.sharpness.width < 1e-11
        certificate.save(tmp_path / "c.json")
        assert sp.check(tmp_path / "c.json").verdict is verdict


def replaced(weight, a=2.0):
    """(1/2) a (f - 1)^2 with f = 1.1 w - 0.1 stop_gradient(w): f is w, but jax.grad takes 1.1 for its slope."""
    return a / 2 * jnp.sum((1.1 * weight - 0.1 * jax.lax.stop_gradient(weight) - 1.0) ** 2)


@pytest.mark.parametrize(
    ("rate", "verdict"), [(0.9, sp.Verdict.STABLE), (0.92, sp.Verdict.UNSTABLE), (0.99, sp.Verdict.UNSTABLE)]
)
def test_the_field_is_that_of_jax_grad(rate, verdict):
    """The true derivative calls rates below 1 stable; jax.grad's slope 2.2 makes it 2 / 2.2 = 0.909."""
    certificate = sp.certify_minimum(sp.Loss(replaced, np.array([1.0])), sp.GradientDescent(rate))
    assert certificate.verdict is verdict
    assert (
        certificate.spectral_radius.contains(abs(1 - 2.2 * rate))
        or abs(certificate.spectral_radius.midpoint - abs(1 - 2.2 * rate)) < 1e-14
    )
    assert "jax.grad" in certificate.claims[0].statement


def test_a_regression_that_replaces_its_derivative_has_no_verdict(tmp_path):
    """Its sharpness is that of the loss, w^2 / 2 about 1; training follows another field."""

    def predict(weight, x):
        return (1.1 * weight - 0.1 * jax.lax.stop_gradient(weight)) * x

    problem = sp.Regression(predict, np.array(1.0), np.ones(1), np.ones(1))
    certificate = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert "stop_gradient at test_strict_loss.py" in certificate.reason
    assert "sp.Loss" in certificate.next_step
    assert abs(certificate.sharpness.midpoint - 1) < 1e-12
    certificate.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").verdict is sp.Verdict.UNDECIDED


def test_a_file_cannot_deny_that_derivatives_are_replaced():
    """With a field that is no gradient and the flag turned, the symmetric part still belongs to the stored field."""
    certificate = sp.certify_minimum(sp.Loss(replaced, np.array([1.0])), sp.GradientDescent(0.92))
    turned = issue("strict-minimum", {**certificate.problem, "replaced": False}, certificate.witness)
    assert turned.verdict is sp.Verdict.UNSTABLE


@pytest.mark.parametrize(
    "change", [{"replaced": 1}, {"field": None}, {"data": None}, {"params": np.zeros(2)}, {"optimizer": []}]
)
def test_damaged_problems_are_refused(change):
    certificate = sp.certify_minimum(sp.Loss(replaced, np.array([1.0])), sp.GradientDescent(0.9))
    with pytest.raises(CertificateError):
        issue("strict-minimum", {**certificate.problem, **change}, certificate.witness)


def test_what_is_no_strict_minimum():
    saddle = sp.Loss(lambda t: t[0] ** 2 - t[1] ** 2, np.zeros(2))
    assert sp.certify_minimum(saddle, sp.GradientDescent(0.1)).verdict is sp.Verdict.UNDECIDED
    with pytest.raises(sp.InputError, match="train further"):
        sp.certify_minimum(sp.Loss(penalised, np.ones(5), X, LABELS), sp.GradientDescent(0.1))
    with pytest.raises(sp.InputError, match="single examples"):
        sp.certify_minimum(saddle, sp.SGD(0.1))
    nonsmooth_point = sp.Loss(lambda t: jnp.sum(t**2) + jnp.sum(jnp.where(t > 0, t**2, 0.0)), np.zeros(1))
    assert sp.certify_minimum(nonsmooth_point, sp.GradientDescent(0.1)).verdict is sp.Verdict.UNDECIDED


def test_losses_that_are_none():
    with pytest.raises(sp.InputError, match="not a scalar"):
        sp.Loss(lambda t: t, np.ones(2))
    with pytest.raises(sp.InputError, match="not finite"):
        sp.Loss(lambda t: jnp.sum(jnp.log(t)), -np.ones(2))
    with pytest.raises(sp.InputError, match="must be a function"):
        sp.Loss(3, np.ones(2))


@pytest.mark.parametrize(
    ("loss", "reason"),
    [
        (lambda t: t[0] ** 2 + jnp.linalg.norm(t), "is not finite"),
        (lambda t: jnp.linalg.eigvalsh(jnp.outer(t, t))[-1], "is not finite"),
        (lambda t: jax.lax.while_loop(lambda s: s < 0, lambda s: -s, t[0]) ** 2, "jax.grad of the loss fails"),
    ],
)
def test_what_jax_cannot_differentiate_is_said_in_one_sentence(loss, reason):
    with pytest.raises(sp.InputError, match=reason) as caught:
        sp.certify_minimum(sp.Loss(loss, np.zeros(2)), sp.GradientDescent(0.1))
    assert "\n" not in str(caught.value)
