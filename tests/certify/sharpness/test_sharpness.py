"""certify_sharpness against exact Hessians, with and without the matrix."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest
import sympy

import stabproof as sp
from certify.certificate import issue


def test_a_loss_with_an_exact_hessian():
    """cosh(a + b) + a^2 + a b^3 at a point that is no minimum, in sixty digits."""
    a, b = sympy.symbols("a b")
    place = {a: sympy.Rational(1, 4), b: -sympy.Rational(3, 2)}
    exact = sympy.hessian(sympy.cosh(a + b) + a**2 + a * b**3, (a, b)).subs(place)
    with mpmath.workdps(60):
        values = mpmath.eigsy(mpmath.matrix(exact.evalf(60).tolist()), eigvals_only=True)
    problem = sp.Loss(lambda p: jnp.cosh(p[0] + p[1]) + p[0] ** 2 + p[0] * p[1] ** 3, np.array([0.25, -1.5]))
    found = sp.certify_sharpness(problem)
    assert found.verdict is sp.Verdict.PROVED
    low, high = found.number("smallest_curvature"), found.sharpness
    assert low.lower <= values[0] <= low.upper
    assert high.lower <= values[1] <= high.upper
    assert values[0] < 0
    assert max(low.width, high.width) < 1e-12


def line(params, x):
    return params[0] * params[1] * x


def test_a_network_away_from_its_minimum():
    """L = (w v - c)^2 s / 2, s the mean of x^2: the Hessian has s v^2, s w^2 and s (2 w v - c) [all exact]."""
    w, v, inputs = 1.5, -0.5, np.array([1.0, 2.0])
    scale, target = float((inputs**2).mean()), 0.75
    exact = scale * np.array([[v * v, 2 * w * v - target], [2 * w * v - target, w * w]])
    found = sp.certify_sharpness(sp.Regression(line, np.array([w, v]), inputs, target * inputs))
    for name, value in zip(("smallest_curvature", "sharpness"), np.linalg.eigvalsh(exact), strict=True):
        assert found.number(name).lower - 1e-14 <= value <= found.number(name).upper + 1e-14
        assert found.number(name).width < 1e-12


def network(params, x):
    return params["v"] @ jnp.tanh(params["w"] @ x + params["b"])


@pytest.fixture(scope="module")
def regression():
    rng = np.random.default_rng(0)
    params = {"w": rng.standard_normal((8, 3)), "b": rng.standard_normal(8), "v": rng.standard_normal(8)}
    return sp.Regression(network, params, rng.standard_normal((5, 3)), rng.standard_normal(5))


def hessian_of(problem):
    with jax.enable_x64(True):
        outputs = lambda t: jax.vmap(lambda x: problem.predict_flat(t, x))(problem.inputs)  # noqa: E731
        loss = lambda t: jnp.mean((outputs(t).reshape(-1) - problem.targets.reshape(-1)) ** 2)  # noqa: E731
        return np.asarray(jax.hessian(loss)(problem.flat_params)) / 2


def test_both_routes_enclose_the_eigenvalues_of_a_network(regression):
    values = np.linalg.eigvalsh(hessian_of(regression))
    found = sp.certify_sharpness(regression)
    assert found.sharpness.lower - 1e-12 <= values[-1] <= found.sharpness.upper + 1e-12
    assert found.sharpness.width < 1e-10
    assert found.number("smallest_curvature").width < 1e-10
    vectors = np.linalg.eigh(hessian_of(regression))[1]
    rough = issue("sharpness", found.problem, {"route": "structure", "low": vectors[:, 0], "high": vectors[:, -1]})
    for name, value in (("sharpness", values[-1]), ("smallest_curvature", values[0])):
        assert rough.number(name).lower - 1e-12 <= value <= rough.number(name).upper + 1e-12
    # the Frobenius norm of the residuals' part is what the outer sides may lose
    assert rough.sharpness.upper < values[-1] + np.linalg.norm(hessian_of(regression))
    # any vector gives true bounds
    other = issue("sharpness", found.problem, {"route": "structure", "low": np.ones(40), "high": np.ones(40)})
    assert other.sharpness.encloses(found.sharpness)
    assert other.number("smallest_curvature").encloses(found.number("smallest_curvature"))


def test_kinks_are_undecided():
    found = sp.certify_sharpness(sp.Loss(lambda p: jnp.sum(jnp.abs(p)) + jnp.sum(p**2), np.array([0.0, 1.0])))
    assert found.verdict is sp.Verdict.UNDECIDED
    assert sp.certify_sharpness(sp.Loss(lambda p: jnp.sum(jnp.abs(p)) + jnp.sum(p**2), np.array([0.5]))).verdict is (
        sp.Verdict.PROVED
    )


def test_bad_input(regression):
    with pytest.raises(sp.InputError, match="Regression or an"):
        sp.certify_sharpness(lambda p: p)
    with pytest.raises(sp.InputError, match="pass an"):
        sp.certify_sharpness(sp.Loss(lambda p: jnp.sum(p**2), np.zeros(2001)))
    counts = sp.Regression(network, regression.params, regression.inputs, np.ones(5), loss="poisson")
    with pytest.raises(sp.InputError, match="squared loss"):
        sp.certify_sharpness(counts)


def test_forged_witnesses_prove_nothing(regression):
    found = sp.certify_sharpness(regression)
    with pytest.raises(sp.CertificateError, match="zero"):
        issue("sharpness", found.problem, {"route": "structure", "low": np.zeros(40), "high": np.ones(40)})
    loss = sp.certify_sharpness(sp.Loss(lambda p: jnp.sum(p**2), np.ones(2)))
    with pytest.raises(sp.CertificateError, match="structure"):
        issue("sharpness", loss.problem, {"route": "structure", "low": np.ones(2), "high": np.ones(2)})
