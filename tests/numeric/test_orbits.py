"""Orbits against closed forms and against plain Python loops."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from foundation import InputError
from numeric import SGD, GradientDescent, HeavyBall, Regression, orbit, training_orbit


def hyperbola(theta, x):
    return theta[0] * theta[1] * x


def test_orbit_of_a_linear_map():
    result = orbit(lambda x: 0.5 * x, [1.0, -2.0], 10)
    np.testing.assert_array_equal(result.points, 0.5 ** np.arange(11)[:, None] * [1.0, -2.0])
    assert result.diverged_at is None
    np.testing.assert_array_equal(orbit(lambda x: 0.5 * x, 1.0, 10, every=5).steps, [0, 5, 10])


def test_divergence_is_found_and_cut():
    result = orbit(lambda x: x * x, [10.0], 20)
    assert result.diverged_at == 9
    assert result.points[8, 0] == pytest.approx(1e256, rel=1e-10)
    assert np.isnan(result.points[9:]).all()
    assert orbit(lambda x: x * x, [10.0], 20, every=4).diverged_at == 12


def test_gradient_descent_on_the_hyperbola_reaches_the_published_limit():
    """L = 1/2 (1 - t1 t2)^2, eta = 1/2, from (2.5, 0.41); Chemnitz, Engel, Kuehn, Kuntz, figure 7."""
    problem = Regression(hyperbola, np.array([2.5, 0.41]), [1.0], [1.0])
    result = training_orbit(problem, GradientDescent(0.5), 20000, every=1000)
    np.testing.assert_allclose(result.parameters[-1], [-0.9987967396, -1.0012047100], atol=1e-10)
    assert result.losses[-1] < 1e-20
    assert result.losses[0] == pytest.approx((1 - 2.5 * 0.41) ** 2 / 2, rel=1e-12)


def test_heavy_ball_equals_a_plain_loop():
    problem = Regression(hyperbola, np.array([2.0, 0.3]), [1.0, 2.0], [1.0, 2.0])
    result = training_orbit(problem, HeavyBall(0.05, 0.8), 12)
    theta, velocity = np.array([2.0, 0.3]), np.zeros(2)
    for k in range(12):
        velocity = 0.8 * velocity + 2.5 * (theta[0] * theta[1] - 1) * theta[::-1]
        theta = theta - 0.05 * velocity
        np.testing.assert_allclose(result.parameters[k + 1], theta, rtol=1e-12)


def test_diverging_training_is_cut():
    problem = Regression(hyperbola, np.array([30.0, 30.0]), [1.0], [1.0])
    result = training_orbit(problem, GradientDescent(1.0), 50)
    assert result.diverged_at is not None
    assert np.isnan(result.parameters[result.diverged_at :]).all()
    assert np.isfinite(result.parameters[: result.diverged_at]).all()
    assert np.isnan(result.losses[-1])


def test_full_batches_make_sgd_gradient_descent(rng):
    problem = Regression(lambda w, x: w @ x, np.zeros(2), rng.normal(size=(5, 2)), rng.normal(size=5))
    stochastic = training_orbit(problem, SGD(0.1, 5), 20, key=jax.random.key(3))
    plain = training_orbit(problem, GradientDescent(0.1), 20)
    np.testing.assert_allclose(stochastic.parameters, plain.parameters, rtol=1e-11, atol=1e-14)


def test_every_sgd_step_is_the_step_of_one_batch_without_replacement():
    """With orthogonal unit inputs a step of batch size 2 moves exactly two of the four weights."""
    problem = Regression(lambda w, x: w @ x, np.zeros(4), np.eye(4), np.ones(4))
    result = training_orbit(problem, SGD(0.5, 2), 300, key=jax.random.key(0))
    before, after = 1 - result.parameters[:5], 1 - result.parameters[1:6]
    np.testing.assert_array_equal(np.sum(after == 0.75 * before, axis=1), 2)
    moved = np.diff(np.round(np.log(1 - result.parameters[:40]) / np.log(0.75)), axis=0)
    assert set(np.unique(moved)) == {0.0, 1.0}
    assert (moved.sum(axis=0) > 5).all()


def test_the_same_key_gives_the_same_orbit():
    problem = Regression(lambda w, x: w @ x, np.zeros(4), np.eye(4), np.ones(4))
    orbits = [training_orbit(problem, SGD(0.5, 1), 30, key=jax.random.key(k)).parameters for k in (0, 0, 1)]
    np.testing.assert_array_equal(orbits[0], orbits[1])
    assert not np.array_equal(orbits[0], orbits[2])


def test_bad_input_is_refused():
    problem = Regression(hyperbola, np.array([1.0, 2.0]), [1.0], [1.0])
    with pytest.raises(InputError, match="pass key"):
        training_orbit(problem, SGD(0.1), 10)
    with pytest.raises(InputError, match="only 1 examples"):
        training_orbit(problem, SGD(0.1, 2), 10, key=jax.random.key(0))
    with pytest.raises(InputError, match="multiple of every"):
        training_orbit(problem, GradientDescent(0.1), 10, every=3)
    with pytest.raises(InputError, match="start holds nan"):
        orbit(jnp.sin, [np.nan], 5)
    with pytest.raises(InputError, match="steps"):
        orbit(jnp.sin, [1.0], 0)
