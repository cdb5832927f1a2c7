"""Tracking along training against hand computation and plain training."""

import jax
import numpy as np
import pytest

from foundation import InputError
from numeric import SGD, GradientDescent, Regression
from numeric.lyapunov import shuffled_exponent
from numeric.tracking import track


@pytest.fixture(scope="module")
def linear():
    # Phi = theta . x: the tangent kernel does not move, all is known in closed form.
    inputs = np.array([[1.0, 0.5, 0.0], [0.0, 1.0, -1.0]])
    return Regression(lambda theta, x: theta @ x, np.array([0.3, -0.2, 0.1]), inputs, np.array([1.0, 2.0]))


def test_gradient_descent_on_a_linear_model(linear):
    found = track(linear, GradientDescent(0.25), [0, 1, 2, 5], key=jax.random.key(0), almost_sure=False)
    kernel = linear.inputs @ linear.inputs.T
    spectrum = np.linalg.eigvalsh(kernel) / 2
    residual = linear.residual()
    for point in found.checkpoints:
        moved = np.linalg.matrix_power(np.eye(2) - 0.25 / 2 * kernel, point.step) @ residual
        assert point.loss == pytest.approx(moved @ moved / 4, rel=1e-10)
        assert point.sharpness == pytest.approx(spectrum[-1], rel=1e-12)
        assert point.mu == pytest.approx(np.log(np.abs(1 - 0.25 * spectrum).max()), rel=1e-10)
        assert point.exponent == pytest.approx(point.mu, abs=1e-6)
        assert point.gradient_descent_rate == pytest.approx(2 / spectrum[-1], rel=1e-12)
    assert not found.diverged
    assert found.overhead > 0


def test_full_batches_train_like_gradient_descent(linear):
    options = {"key": jax.random.key(3), "almost_sure": False}
    first = track(linear, GradientDescent(0.2), [0, 7], **options).checkpoints[-1]
    second = track(linear, SGD(0.2, 2), [0, 7], **options).checkpoints[-1]
    assert first.theta == pytest.approx(second.theta, abs=1e-14)


def test_steps_of_sgd_move_along_gradients_of_single_examples(linear):
    found = track(linear, SGD(0.2, 1), [0, 1], key=jax.random.key(5), almost_sure=False)
    before, after = (point.theta for point in found.checkpoints)
    candidates = [-0.2 * (before @ x - y) * x for x, y in zip(linear.inputs, linear.targets, strict=True)]
    assert min(np.abs(after - before - move).max() for move in candidates) < 1e-14


def test_a_large_rate_ends_the_track(linear):
    found = track(linear, GradientDescent(50.0), [0, 10, 1000], key=jax.random.key(0), almost_sure=False)
    assert found.diverged
    assert [point.step for point in found.checkpoints] == [0, 10]


@pytest.mark.parametrize("steps", [[], [-1, 2], [3, 3], [5, 2]])
def test_bad_steps_are_refused(linear, steps):
    with pytest.raises(InputError, match="increasing"):
        track(linear, SGD(0.1), steps, key=jax.random.key(0))


def test_momentum_is_refused(linear):
    with pytest.raises(InputError, match="momentum"):
        track(linear, SGD(0.1, 1, 0.5), [0, 1], key=jax.random.key(0))


def test_progress_is_reported(linear):
    seen = []
    track(
        linear,
        SGD(0.1, 1),
        [0, 4],
        key=jax.random.key(0),
        almost_sure=False,
        progress=lambda message, fraction: seen.append((message, fraction)),
    )
    assert [fraction for _, fraction in seen] == [0.0, 1.0]


def test_shuffled_epochs_use_every_example_once():
    """Two orthogonal examples: an epoch of single ones multiplies each residual by 1 - eta |x|^2 once, in any order,
    which independent draws do in half of the epochs only; and so the exponent of an epoch is known."""
    inputs, theta = np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([1.0, 1.0])
    problem = Regression(lambda t, x: t @ x, theta, inputs, np.zeros(2))
    found = track(problem, SGD(0.1, 1, sampling="shuffled"), [0, 2, 20], key=jax.random.key(2), almost_sure=False,
                  maximum_steps=2000)  # fmt: skip
    for point in found.checkpoints:
        assert point.theta == pytest.approx(np.array([0.9, 0.6]) ** (point.step / 2), rel=1e-12)
        assert point.exponent == pytest.approx(np.log(0.9) / 2, abs=4 * point.error + 1e-3)
    with pytest.raises(InputError, match="shuffled epochs"):
        track(problem, SGD(0.1, 1, sampling="fixed"), [0], key=jax.random.key(0))


def test_the_exponent_of_shuffled_epochs():
    """(1.73, 0), (0.675, 0.8) at the rate 1: -0.04698 a step by 4e7 epochs, where independent draws have 0.1323."""
    points = np.array([[1.73, 0.0], [0.675, 0.8]])
    exponent, error = shuffled_exponent(points @ points.T, 1.0, 1, seed=3, steps=8000)
    assert error < 3e-3
    assert exponent == pytest.approx(-0.046984, abs=5 * error + 1e-3)
