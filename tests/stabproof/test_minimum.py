"""certify_minimum against 50-digit evaluations, other activations and shapes, and bad input."""

import flint
import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import stabproof as sp
from certify.certificate import Status


def gram_in_fifty_digits(problem):
    """K of a one-hidden-layer tanh network from its layer form, in 50-digit arithmetic: an independent computation."""
    mpmath.mp.dps = 50
    (w, b), (v, _) = problem.params
    hidden = [[mpmath.tanh(mpmath.fdot(map(mpmath.mpf, row), map(mpmath.mpf, x)) + mpmath.mpf(float(c)))
               for row, c in zip(w, b, strict=True)] for x in problem.inputs]  # fmt: skip
    n = len(problem.inputs)
    gram = mpmath.matrix(n, n)
    for i in range(n):
        for j in range(n):
            inner = 1 + mpmath.fdot(map(mpmath.mpf, problem.inputs[i]), map(mpmath.mpf, problem.inputs[j]))
            terms = (
                mpmath.mpf(float(c)) ** 2 * (1 - p**2) * (1 - q**2)
                for c, p, q in zip(v[0], hidden[i], hidden[j], strict=True)
            )
            gram[i, j] = 1 + mpmath.fdot(hidden[i], hidden[j]) + inner * mpmath.fsum(terms)
    return gram


@pytest.fixture(scope="module")
def certificate(network):
    return sp.certify_minimum(network, sp.GradientDescent(0.01))


def test_bounds_bracket_a_fifty_digit_evaluation(network, certificate):
    largest = max(mpmath.eigsy(gram_in_fifty_digits(network), eigvals_only=True)) / network.number_of_examples
    # the certificate is about the exact minimum, which lies within existence_radius of these parameters
    slack = 1e4 * certificate.existence_radius
    assert certificate.sharpness.lower - slack <= float(largest) <= certificate.sharpness.upper + slack
    critical = certificate.critical_learning_rate
    assert critical.lower - slack <= float(2 / largest) <= critical.upper + slack


def test_bounds_are_tight(certificate):
    assert certificate.existence_radius <= 1e-11
    assert certificate.sharpness.width <= 1e-10 * certificate.sharpness.upper
    assert certificate.spectral_radius.width <= 1e-10


def test_the_verdict_changes_at_the_critical_rate(network, certificate):
    critical = certificate.critical_learning_rate.midpoint
    below, above = (sp.certify_minimum(network, sp.GradientDescent(critical * f)) for f in (1 - 1e-9, 1 + 1e-9))
    assert below.verdict is sp.Verdict.STABLE
    assert above.verdict is sp.Verdict.UNSTABLE
    at = sp.certify_minimum(network, sp.GradientDescent(critical))
    assert at.verdict is sp.Verdict.UNDECIDED
    assert "critical" in at.reason
    assert at.next_step


def test_hypotheses(certificate):
    status = {h.name: h.status for h in certificate.hypotheses}
    assert status == {"smooth": Status.PROVED, "H1": Status.PROVED, "H2": Status.ASSUMED, "H3": Status.PROVED}


@pytest.mark.parametrize("activation", ["tanh", "logistic", "sin", "softplus"])
@pytest.mark.parametrize(("widths", "examples"), [([2, 8, 1], 4), ([2, 6, 5, 1], 4), ([3, 9, 2], 3)])
def test_other_networks(make_network, activations, activation, widths, examples):
    problem = make_network(widths, activations[activation], examples)
    eigenvalues = np.linalg.eigvalsh(reference_gram(problem)) / examples
    stable = sp.certify_minimum(problem, sp.GradientDescent(1 / eigenvalues[-1] * 1.9))
    unstable = sp.certify_minimum(problem, sp.GradientDescent(1 / eigenvalues[-1] * 2.1))
    assert stable.verdict is sp.Verdict.STABLE
    assert unstable.verdict is sp.Verdict.UNSTABLE
    assert stable.sharpness.width < 1e-9 * stable.sharpness.upper
    assert abs(stable.sharpness.midpoint - eigenvalues[-1]) < 1e-9 * eigenvalues[-1]


def reference_gram(problem):
    with jax.enable_x64(True):
        outputs = jax.vmap(problem.predict_flat, in_axes=(None, 0))
        rows = jax.jacfwd(outputs)(jnp.asarray(problem.flat_params), jnp.asarray(problem.inputs))
        rows = np.asarray(rows).reshape(-1, problem.dimension)
    return rows @ rows.T


def test_other_optimisers_against_the_companion_matrices(network):
    """The spectral radius of each optimiser's linearised map on (parameters, memory), by numpy's eigenvalues."""
    h = np.linalg.eigvalsh(reference_gram(network)) / network.number_of_examples
    eta, b = 0.02, 0.7
    cases = {
        sp.HeavyBall(eta, b): lambda x: np.roots([1, -(1 + b - eta * x), b]),
        sp.Nesterov(eta, b): lambda x: np.roots([1, -(1 + b) * (1 - eta * x), b * (1 - eta * x)]),
        sp.Adam(1e-10, b1=0.8, eps=1e-8): lambda x: np.roots([1, -(1.8 - 0.2 * 0.01 * x), 0.8]),
    }
    for optimizer, roots in cases.items():
        found = sp.certify_minimum(network, optimizer)
        expected = max(np.abs(roots(x)).max() for x in h)
        assert found.spectral_radius.lower - 1e-8 <= expected <= found.spectral_radius.upper + 1e-8
        assert found.verdict is (sp.Verdict.STABLE if expected < 1 else sp.Verdict.UNSTABLE)


def test_a_strict_minimum_goes_through_the_hessian():
    rng = np.random.default_rng(3)
    inputs, targets = rng.normal(size=(20, 2)), rng.normal(size=20)

    def predict(theta, x):
        return theta["w"] @ x + jnp.tanh(theta["b"])

    start = sp.Regression(predict, {"w": np.zeros(2), "b": np.zeros(())}, inputs, targets)
    from numeric import hessian, train

    problem = start.with_params(train(start).theta)
    sharpness = np.linalg.eigvalsh(hessian(problem))[-1]
    found = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    assert "Theorem 3.5" in found.theorem
    assert abs(found.sharpness.midpoint - sharpness) < 1e-9
    assert found.sharpness.width < 1e-9
    assert found.verdict is sp.Verdict.STABLE


def test_a_saddle_is_not_certified_as_a_minimum():
    def predict(theta, x):
        return jnp.stack([theta[0] * theta[1], 0.0 * theta[0], 0.0 * theta[1]]) * x

    problem = sp.Regression(predict, np.zeros(2), np.ones(1), np.ones((1, 3)))
    found = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    assert found.verdict is sp.Verdict.UNDECIDED
    assert "smallest eigenvalue" in found.reason


def test_a_wrong_custom_derivative_is_not_believed():
    """The proof differentiates the network itself, not what its author says the derivative is."""

    @jax.custom_jvp
    def square(x):
        return x * x

    square.defjvp(lambda primals, tangents: (square(primals[0]), 100.0 * tangents[0]))
    problem = sp.Regression(
        lambda t, x: square(t[0]) + 0 * t[1] + x, np.array([2.0, 0.0]), np.zeros(1), np.full(1, 4.0)
    )
    found = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    assert found.sharpness.contains(16)  # (2 t)^2 at t = 2


def test_the_third_hypothesis_of_relu_networks():
    """The pieces are t0 t1 and 0: at the origin I - eta Hess L = [[1, eta s], [eta s, 1]], s = 1 or 0, is non-singular
    for all s between them below the rate 1.
    """
    problem = sp.Regression(lambda t, x: jax.nn.relu(t[0] * x) * t[1], np.array([1.0, 1.0]), np.ones(1), np.ones(1))
    for rate, status, words in ((0.1, Status.PROVED, "one branch"), (1.5, Status.ASSUMED, "not real-analytic")):
        found = sp.certify_minimum(problem, sp.GradientDescent(rate))
        third = next(h for h in found.hypotheses if h.name == "H3")
        assert third.status is status
        assert words in third.reason


def test_dependent_gradients_are_undecided():
    """The second example is twice the first: K is singular, H1 fails."""
    problem = sp.Regression(lambda t, x: t @ x, np.ones(3), np.outer([1.0, 2.0], np.ones(3)), np.array([3.0, 6.0]))
    found = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.existence_radius is None
    assert "nullity 1 of 2; the gradients of examples 0, 1 depend on each other" in found.reason


def test_no_minimum(network):
    away = network.with_params(network.flat_params + 0.3)
    with pytest.raises(sp.InputError, match="residual"):
        sp.certify_minimum(away, sp.GradientDescent(0.1))


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf"), "0.1", None, True])
def test_bad_learning_rates(rate):
    with pytest.raises(sp.InputError, match="learning_rate"):
        sp.GradientDescent(rate)


def test_wrong_types(network):
    with pytest.raises(sp.InputError, match="Regression"):
        sp.certify_minimum("network", sp.GradientDescent(0.1))
    with pytest.raises(sp.InputError, match="optimizer"):
        sp.certify_minimum(network, 0.1)


def test_float32_parameters_are_taken_exactly():
    theta = np.array([1.5, 2.0], np.float32)
    problem = sp.Regression(lambda t, x: t[0] * t[1] * x, theta, np.ones(1, np.float32), np.full(1, 3.0, np.float32))
    found = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    assert found.sharpness.contains(6.25)  # 1.5^2 + 2^2


def test_precision_of_arb_is_left_alone(network):
    before = flint.ctx.prec
    sp.certify_minimum(network, sp.GradientDescent(0.01))
    assert flint.ctx.prec == before


def test_the_radius_is_measured_from_the_parameters_that_were_given():
    """(1 + 1e-5, 1) lies 7.07e-6 from the hyperbola t1 t2 = 1, up to 1e-10."""
    problem = sp.Regression(lambda t, x: t[0] * t[1] * x, np.array([1 + 1e-5, 1.0]), np.ones(1), np.ones(1))
    found = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    assert 7.07e-6 <= found.existence_radius <= 7.6e-6


@pytest.mark.parametrize("name", ["basin", "polish"])
@pytest.mark.parametrize("value", [3, "no", None])
def test_switches_are_true_or_false(name, value):
    problem = sp.Regression(lambda t, x: t[0] * t[1] * x, np.array([1.5, 2.0]), [1.0], [3.0])
    with pytest.raises(sp.InputError, match=f"{name} must be True or False, but is {value!r}"):
        sp.certify_minimum(problem, sp.GradientDescent(0.1), **{name: value})
