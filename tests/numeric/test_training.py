"""Training reaches interpolation or a strict minimum; polishing reaches rounding errors; failures are said."""

import itertools

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optimistix
import pytest
from sklearn.datasets import load_digits

from foundation import InputError
from numeric import Regression, gradient, hessian, initial_layers, jacobian, perceptron, polish, train
from numeric.damped_step import levenberg_marquardt


def test_digits_network_interpolates():
    images, digits = load_digits(return_X_y=True)
    problem = Regression(
        perceptron(), initial_layers([64, 32, 1], jax.random.key(0)), images[:200] / 16, digits[:200] / 9
    )
    assert (problem.dimension, problem.number_of_examples) == (2113, 200)
    messages = []
    result = train(problem, progress=lambda message, fraction: messages.append((message, fraction)))
    assert result.converged
    assert np.abs(problem.residual(result.theta)).max() <= 1e-14
    assert all(0 <= fraction <= 1 for _, fraction in messages)
    assert messages[0][0].startswith("training")
    assert messages[-1] == ("polished", 1.0)


def test_polish_of_the_hyperbola_takes_minimum_norm_steps():
    problem = Regression(lambda t, x: t[0] * t[1] * x, np.array([2.5, 0.41]), [1.0], [1.0])
    result = polish(problem)
    assert result.converged
    assert abs(np.prod(result.theta) - 1) <= 4e-16
    gradient = np.array([0.41, 2.5])
    expected = np.array([2.5, 0.41]) - gradient * (2.5 * 0.41 - 1) / (gradient @ gradient)
    assert np.linalg.norm(result.theta - expected) < 1e-4 < np.linalg.norm(result.theta - [2.5, 0.41])


def test_vector_outputs_interpolate(rng):
    problem = Regression(
        perceptron(), initial_layers([3, 20, 2], jax.random.key(1)), rng.normal(size=(8, 3)), rng.normal(size=(8, 2))
    )
    result = train(problem)
    assert result.converged
    assert result.residual <= 1e-14 * 10
    assert len(result.losses) > 2
    assert result.losses[-1] < 1e-25


def test_strict_minimum_with_fewer_parameters_than_data(rng):
    """A linear model with noise: the minimum is the least-squares solution."""
    inputs, targets = rng.normal(size=(30, 3)), rng.normal(size=30)
    problem = Regression(lambda w, x: w @ x, np.zeros(3), inputs, targets)
    result = train(problem)
    assert result.converged
    assert result.gradient < 1e-15
    assert result.residual > 0.1
    np.testing.assert_allclose(result.theta, np.linalg.lstsq(inputs, targets, rcond=None)[0], rtol=1e-12)


def test_strict_minimum_of_a_nonlinear_model(rng):
    inputs = rng.normal(size=(40, 2))
    targets = np.tanh(inputs @ np.array([0.5, -1.0])) + 0.1 * rng.normal(size=40)
    problem = Regression(lambda w, x: jax.numpy.tanh(w @ x), np.array([0.1, 0.1]), inputs, targets)
    result = train(problem)
    assert result.converged
    slope = jacobian(problem, result.theta).T @ problem.residual(result.theta) / 40
    assert np.abs(slope).max() < 1e-14
    assert np.linalg.eigvalsh(hessian(problem, result.theta))[0] > 0


def test_a_model_that_cannot_fit_is_reported():
    """tanh never exceeds one, so the target 2 is out of reach."""
    problem = Regression(lambda t, x: jax.numpy.tanh(t[0] + t[1] * x), np.array([0.1, 0.1]), [1.0], [2.0])
    result = train(problem, steps=30)
    assert not result.converged
    assert result.residual > 0.99
    assert "wider model" in result.message


def test_rank_deficient_jacobians_fall_back_to_least_squares():
    """Two equal examples: J J^T is singular, and the minimum-norm solution of the consistent system is known."""
    problem = Regression(lambda w, x: w @ x, np.zeros(3), [[1.0, 2.0, 2.0]] * 2, [9.0, 9.0])
    result = polish(problem)
    assert result.converged
    np.testing.assert_allclose(result.theta, [1.0, 2.0, 2.0], rtol=1e-13)


def test_a_derivative_in_reverse_mode_alone_is_enough():
    @jax.custom_vjp
    def product(w):
        return w[0] * w[1]

    product.defvjp(lambda w: (w[0] * w[1], w), lambda w, slope: (slope * w[::-1],))
    found = train(Regression(lambda w, x: product(w) * x, np.ones(2), [1.0], [2.0]))
    assert found.converged
    assert abs(np.prod(found.theta) - 2) <= 1e-15


@pytest.mark.parametrize(("examples", "widths"), [(12, [1, 16, 1]), (25, [1, 3, 1])])
def test_the_trials_are_those_of_optimistix(rng, examples, widths):
    """Its own solver on the same problem: the same points, refused trials among them, in either form of the step."""
    inputs, targets = rng.normal(size=(examples, 1)), rng.normal(size=(examples, 1))
    problem = Regression(perceptron(), initial_layers(widths, jax.random.key(3)), inputs, targets)
    with jax.enable_x64(True):
        data = (jnp.asarray(inputs), jnp.asarray(targets))
        fixed = {
            "fn": lambda theta, _: (problem.residual_traced(theta, *data), None),
            "args": None,
            "options": {},
            "tags": frozenset(),
        }
        solver = optimistix.LevenbergMarquardt(rtol=1e-9, atol=1e-9)
        theta = jnp.asarray(problem.vector())
        shape = jax.ShapeDtypeStruct((problem.residuals,), jnp.float64)
        state = solver.init(y=theta, f_struct=shape, aux_struct=None, **fixed)
        step = eqx.filter_jit(lambda y, s: solver.step(y=y, state=s, **fixed)[:2])
        expected = []
        for _ in range(25):
            theta, state = step(theta, state)
            expected.append(np.asarray(theta))
    trials = levenberg_marquardt(problem.residual, lambda t: jacobian(problem, t), problem.vector(), 1e-9)
    found = [trial.point for _, trial in zip(range(25), trials, strict=False)]
    assert any(np.array_equal(a, b) for a, b in itertools.pairwise(found))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("setting", [{"tolerance": 0.0}, {"tolerance": "x"}, {"steps": 0}, {"steps": 1.5}])
def test_bad_settings_are_refused(setting):
    problem = Regression(lambda w, x: w[0] * w[1] * x, np.ones(2), [1.0], [2.0])
    for method in (train, polish):
        with pytest.raises(InputError, match=next(iter(setting))):
            method(problem, **setting)


def test_initial_layers_are_the_numbers_of_jax():
    """JAX's own LeCun initialiser, one layer after the other, up to rounding."""
    widths, key = [3, 5, 2], jax.random.key(4)
    draw = jax.nn.initializers.lecun_normal(in_axis=1, out_axis=0)
    with jax.enable_x64(True):
        keys = jax.random.split(key, 2)
        expected = [np.asarray(draw(k, (m, n), jnp.float64)) for k, m, n in zip(keys, widths[1:], widths, strict=False)]
    layers = initial_layers(widths, key)
    assert [weight.shape for weight, _ in layers] == [(5, 3), (2, 5)]
    for (weight, bias), other in zip(layers, expected, strict=True):
        np.testing.assert_allclose(weight, other, rtol=1e-12, atol=1e-14)
        assert not bias.any()


@pytest.mark.parametrize("loss", ["squared", "log-cosh"])
def test_the_slope_is_that_of_the_loss(loss):
    """At a fit, and far from one, where Newton's method was stopped after a step."""
    for targets in ([1.0, 2.0], [0.5]):
        inputs = np.arange(1.0, len(targets) + 1)
        problem = Regression(lambda t, x: t[0] * x + t[1] * x**2 + 0.3, np.zeros(2), inputs, targets, loss=loss)
        found = polish(problem, steps=1)
        np.testing.assert_allclose(found.gradient, np.linalg.norm(gradient(problem, found.theta)), atol=1e-15)
    far = Regression(lambda t, x: t[0] ** 3 * x + t[1] ** 3, np.array([0.4, 0.3]), [1.0, 2.0], [5.0, 7.0], loss=loss)
    found = polish(far, steps=1)
    slope = np.linalg.norm(gradient(far, found.theta))
    assert slope > 1e-3
    np.testing.assert_allclose(found.gradient, slope, rtol=1e-12)
