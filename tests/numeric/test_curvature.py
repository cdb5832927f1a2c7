"""Hessian, its products and the Lanczos sharpness against closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest

from foundation import InputError
from numeric import Regression, gradient, gram, hessian, hessian_vector_product, jacobian, sharpness


def hyperbola(theta, x):
    return theta[0] * theta[1] * x


def test_hessian_of_the_hyperbola_off_the_minimum():
    """L = 1/2 (t1 t2 - 1)^2 has Hessian [[t2^2, 2 t1 t2 - 1], [2 t1 t2 - 1, t1^2]]."""
    problem = Regression(hyperbola, np.array([2.0, 0.75]), [1.0], [1.0])
    np.testing.assert_allclose(hessian(problem), [[0.5625, 2.0], [2.0, 4.0]], rtol=1e-15)
    np.testing.assert_allclose(gradient(problem), [0.375, 1.0], rtol=1e-15)
    np.testing.assert_allclose(hessian_vector_product(problem, [1.0, -1.0]), [-1.4375, -2.0], rtol=1e-15)


def test_products_equal_the_matrix(rng, mlp, mlp_params):
    problem = Regression(mlp, mlp_params(2, 4, 3, 1), rng.normal(size=(6, 2)), rng.normal(size=6))
    vector = rng.normal(size=problem.dimension)
    matrix = hessian(problem)
    np.testing.assert_allclose(hessian_vector_product(problem, vector), matrix @ vector, rtol=1e-11, atol=1e-13)
    slope = jacobian(problem).T @ problem.residual() / 6
    np.testing.assert_allclose(gradient(problem), slope, rtol=1e-11, atol=1e-14)


@pytest.mark.parametrize("outputs", [1, 2])
def test_sharpness_of_a_linear_model_is_that_of_its_gram_matrix(rng, outputs):
    inputs = rng.normal(size=(30, 40))
    shape = (outputs, 40)
    problem = Regression(lambda w, x: w @ x, rng.normal(size=shape), inputs, rng.normal(size=(30, outputs)))
    estimate = sharpness(problem)
    expected = np.linalg.norm(inputs, 2) ** 2 / 30
    assert estimate.converged
    assert estimate.value == pytest.approx(expected, rel=1e-12)
    assert estimate.value == pytest.approx(np.linalg.eigvalsh(gram(problem))[-1] / 30, rel=1e-12)
    defect = hessian_vector_product(problem, estimate.vector) - estimate.value * estimate.vector
    assert np.linalg.norm(defect) == pytest.approx(estimate.residual, abs=1e-12)


def test_sharpness_with_a_rank_one_hessian_in_high_dimension(rng):
    x = rng.normal(size=(1, 3000))
    problem = Regression(lambda w, x: w @ x, np.ones(3000), x, [0.0])
    assert sharpness(problem).value == pytest.approx(float(np.sum(x**2)), rel=1e-12)


def test_sharpness_at_a_hundred_thousand_parameters(rng):
    """Phi = w . x + 1/2 c w_0^2: the Hessian is a known rank-two matrix plus a known diagonal entry."""
    inputs = rng.normal(size=(2, 100_000)) / 300
    problem = Regression(lambda w, x: jnp.dot(w, x), np.zeros(100_000), inputs, [1.0, -1.0])
    estimate = sharpness(problem)
    assert estimate.value == pytest.approx(np.linalg.eigvalsh(inputs @ inputs.T)[-1] / 2, rel=1e-11)


def test_an_unfinished_lanczos_run_says_so(rng):
    diagonal = np.sqrt(np.linspace(1.0, 1.001, 50) * 50)
    problem = Regression(lambda w, x: w @ x, np.zeros(50), np.diag(diagonal), np.zeros(50))
    estimate = sharpness(problem, products=3)
    assert not estimate.converged
    assert estimate.residual > 1e-10
    assert sharpness(problem).value == pytest.approx(1.001, rel=1e-9)


def test_bad_vectors_are_refused():
    problem = Regression(hyperbola, np.array([1.0, 1.0]), [1.0], [1.0])
    with pytest.raises(InputError, match=r"vector must have shape \(2,\)"):
        hessian_vector_product(problem, [1.0, 2.0, 3.0])
    with pytest.raises(InputError, match="products"):
        sharpness(problem, products=0)
