"""Attained losses: anchors and curvature against 50 digits, the Hessian of the loss itself, refusals, files."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import optax
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.certificate import issue
from certify.training.anchored import cholesky, helmert, residuals_of
from certify.training.losses import anchors
from foundation import CertificateError, InputError

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 6))
COUNTS = np.array([1.0, 3.0, 0.5])
SHARES = np.array([0.1, 0.5, 0.8])


def linear(loss, predictions, targets):
    return sp.Regression(lambda t, x: x @ t, np.linalg.lstsq(X, predictions, rcond=None)[0], X, targets, loss=loss)


def cases():
    soft = np.full((3, 4), 0.025) + 0.9 * np.eye(4)[[0, 2, 1]]
    program = lambda f, y: jnp.sum(jnp.exp(f) - y * f)  # noqa: E731
    return {
        "logistic": (linear("logistic", np.log(SHARES / (1 - SHARES)), SHARES), np.diag(SHARES * (1 - SHARES))),
        "poisson": (linear("poisson", np.log(COUNTS), COUNTS), np.diag(COUNTS)),
        "huber": (linear(optax.huber_loss, COUNTS, COUNTS), np.eye(3)),
        "log-cosh": (linear(optax.log_cosh, COUNTS, COUNTS), np.eye(3)),
        "weighted": (linear({"name": "weighted-squared", "weights": 3.0}, COUNTS, COUNTS), 3 * np.eye(3)),
        "program": (linear(program, np.log(COUNTS), COUNTS), np.diag(COUNTS)),
        "softmax": (linear(optax.softmax_cross_entropy, np.log(soft), soft), None),
    }


CASES = cases()


@pytest.mark.parametrize("name", CASES)
def test_the_sharpness_is_that_of_the_losses_own_hessian(name):
    """jax.hessian of the mean loss at the given parameters, which are minima to rounding."""
    problem, _ = CASES[name]
    certificate = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    with jax.enable_x64(True):
        matrix = jax.hessian(lambda t: problem.loss_traced(t, problem.inputs, problem.targets))(
            jnp.asarray(problem.flat_params)
        )
    if name != "huber":  # whose second derivative at the kink of |x| is 0 in JAX
        assert certificate.sharpness.lower - 1e-9 < np.linalg.eigvalsh(matrix)[-1] < certificate.sharpness.upper + 1e-9
    assert certificate.sharpness.width < 1e-10
    assert certificate.verdict is sp.Verdict.STABLE


@pytest.mark.parametrize("name", [n for n in CASES if n != "softmax"])
def test_the_sharpness_in_closed_form(name):
    problem, weights = CASES[name]
    root = np.sqrt(weights)
    with mpmath.workdps(50):
        kernel = mpmath.matrix((root @ (X @ X.T) @ root).tolist())
        largest = float(max(mpmath.eigsy(kernel, eigvals_only=True)) / 3)
    proved = sp.certify_minimum(problem, sp.GradientDescent(0.1)).sharpness
    assert abs(proved.midpoint - largest) < 1e-12


@pytest.mark.parametrize("name", CASES)
def test_certificates_of_losses_are_checked_from_files(name, tmp_path):
    certificate = sp.certify_minimum(CASES[name][0], sp.GradientDescent(0.1))
    certificate.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").sharpness == certificate.sharpness


def test_a_file_cannot_change_its_loss():
    """Poisson's minimum is none of the logistic loss, and the logistic loss has no minimum at a count of 3."""
    certificate = sp.certify_minimum(CASES["poisson"][0], sp.GradientDescent(0.1))
    for loss, message in (
        ({"name": "logistic"}, "between 0 and 1"),
        ({"name": "l1"}, "no loss"),
        ({"name": "poisson", "x": 1.0}, "settings"),
    ):
        with pytest.raises((CertificateError, InputError), match=message):
            issue("minimum", {**certificate.problem, "loss": loss}, certificate.witness)
    moved = issue("minimum", {**certificate.problem, "loss": {"name": "log-cosh"}}, certificate.witness)
    assert moved.verdict is sp.Verdict.UNDECIDED


def test_sgd_runs_on_the_residuals_of_the_loss():
    """One example, Poisson with y = 2 and x = 1: every step multiplies the deviation by 1 - eta y."""
    problem = sp.Regression(lambda t, x: t * x, np.log(2.0), np.ones(2), np.full(2, 2.0), loss="poisson")
    with pytest.raises(InputError, match=r"interpolate|more residuals"):
        sp.certify_minimum(problem, sp.SGD(0.1, 1, sampling="iid"))
    wide = CASES["poisson"][0]
    certificate = sp.certify_minimum(wide, sp.SGD(0.05, 1, sampling="iid"), budget=5.0)
    root = np.sqrt(np.diag(COUNTS))
    kernel = root @ (X @ X.T) @ root
    assert certificate.verdict is sp.Verdict.STABLE
    total = np.log(np.abs(1 - 0.05 * np.diag(kernel))).sum() / 3
    assert certificate.lyapunov_exponent.upper >= total / 3


@pytest.mark.parametrize("loss", ["l1", "hinge", "quantile", optax.hinge_loss])
def test_kinks_are_refused_in_one_sentence(loss):
    with pytest.raises(sp.InputError, match="kink"):
        linear(loss, COUNTS, COUNTS)


def test_a_kink_in_a_program_is_refused():
    with pytest.raises(sp.InputError, match="kink"):
        sp.certify_minimum(linear(lambda f, y: jnp.sum(jnp.abs(f - y)), COUNTS, COUNTS), sp.GradientDescent(0.1))


@pytest.mark.parametrize(
    ("loss", "targets"),
    [
        ("softmax-cross-entropy", np.eye(3)),
        ("logistic", np.array([0.0, 1.0, 0.5])),
        ("poisson", np.array([0.0, 1.0, 2.0])),
    ],
)
def test_minima_at_infinity_are_refused(loss, targets):
    predictions = np.zeros(targets.shape)
    with pytest.raises(sp.InputError, match=r"infinite|-inf"):
        sp.certify_minimum(linear(loss, predictions, targets), sp.GradientDescent(0.1))


def test_a_loss_that_replaces_its_derivative_is_refused():
    with pytest.raises(sp.InputError, match="replaces its derivative"):
        sp.certify_minimum(
            linear(lambda f, y: jnp.sum((f - y) * jax.lax.stop_gradient(f - y)), COUNTS, COUNTS),
            sp.GradientDescent(0.1),
        )


def test_helmert_is_orthonormal_and_across():
    basis = helmert(7)
    assert (basis.T @ basis).contains(np.eye(6)).all()
    assert (np.ones(7) @ basis).contains(np.zeros(6)).all()
    assert basis.rad.max() < 1e-15


def test_the_factor_times_itself_is_the_curvature():
    """R_i^T R_i across the flat direction is W_i, by 50 digits of softmax cross-entropy."""
    labels = np.array([[0.7, 0.2, 0.1], [0.05, 0.05, 0.9]])
    found = residuals_of({"name": "softmax-cross-entropy"}, labels)
    for i, y in enumerate(labels):
        with mpmath.workdps(50):
            p = [mpmath.mpf(float(v)) for v in y]
            total = mpmath.fsum(p)
            exact = [
                [float(total * ((a == b) * p[a] / total - p[a] * p[b] / total**2)) for b in range(3)] for a in range(3)
            ]
        matrix = found.matrix[i]
        square = matrix.T @ matrix
        assert np.abs(square.mid - exact).max() < 1e-14
        assert square.widened(1e-16).contains(np.array(exact)).all()
        assert (matrix @ np.ones(3)).contains(np.zeros(2)).all()


def test_the_centres_are_logarithms():
    centres = anchors({"name": "logistic"}, SHARES[:, None]).centres
    with mpmath.workdps(50):
        exact = [mpmath.log(mpmath.mpf(float(v)) / (1 - mpmath.mpf(float(v)))) for v in SHARES]
    assert all(
        mpmath.mpf(float(a)) <= e <= mpmath.mpf(float(b))
        for a, e, b in zip(centres.lower[:, 0], exact, centres.upper[:, 0], strict=True)
    )


def test_cholesky_needs_positive_pivots():
    with pytest.raises(InputError, match="example 1"):
        cholesky(Ball.exact(np.array([[[2.0, 0.0], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]])))
