"""Update maps against the published formulas written in NumPy, against optax, and against the stability polynomials."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from foundation import InputError
from numeric import SGD, Adam, GradientDescent, HeavyBall, Nesterov, update_map

MATRIX = np.array([[2.0, 0.5], [0.5, 1.0]])


def gradient(theta):
    return MATRIX @ theta + theta**3


def run(optimizer, steps):
    with jax.enable_x64(True):
        step = update_map(optimizer, gradient)
        theta = jnp.array([0.7, -1.3])
        state = optimizer.transformation.init(theta)
        for _ in range(steps):
            theta, state = step(theta, state)
        return np.asarray(theta)


def by_hand(optimizer, steps):
    theta, v = np.array([0.7, -1.3]), np.zeros(2)
    m, eta = np.zeros(2), optimizer.learning_rate
    for t in range(1, steps + 1):
        g = gradient(theta)
        match optimizer:
            case GradientDescent():
                theta = theta - eta * g
            case HeavyBall(momentum=b) | SGD(momentum=b):
                v = b * v + g
                theta = theta - eta * v
            case Nesterov(momentum=b):
                v = b * v + g
                theta = theta - eta * (g + b * v)
            case Adam(b1=b1, b2=b2, eps=eps):
                m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
                theta = theta - eta * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return theta


OPTIMIZERS = [
    (GradientDescent(0.1), optax.sgd(0.1)),
    (SGD(0.1, 2), optax.sgd(0.1)),
    (SGD(0.1, 1, 0.5), optax.sgd(0.1, momentum=0.5)),
    (HeavyBall(0.1, 0.9), optax.sgd(0.1, momentum=0.9)),
    (Nesterov(0.1, 0.9), optax.sgd(0.1, momentum=0.9, nesterov=True)),
    (Adam(0.01, 0.8, 0.95, 1e-6), optax.adam(0.01, b1=0.8, b2=0.95, eps=1e-6)),
]


@pytest.mark.parametrize(("optimizer", "reference"), OPTIMIZERS, ids=lambda value: type(value).__name__)
def test_update_maps_equal_the_formulas_and_optax(optimizer, reference):
    result = run(optimizer, 7)
    np.testing.assert_allclose(result, by_hand(optimizer, 7), rtol=1e-12)
    with jax.enable_x64(True):
        theta = jnp.array([0.7, -1.3])
        state = reference.init(theta)
        for _ in range(7):
            update, state = reference.update(gradient(theta), state, theta)
            theta = theta + update
    np.testing.assert_array_equal(result, np.asarray(theta))


@pytest.mark.parametrize("eta", [0.3, 0.9])
def test_linearised_momentum_maps_have_the_companion_polynomials(eta):
    b, h = 0.6, 1.7

    def matrix(optimizer):
        step = update_map(optimizer, lambda theta: h * theta)

        def flat(z):
            state = jax.tree_util.tree_unflatten(treedef, [z[1:]])
            theta, state = step(z[:1], state)
            return jnp.concatenate([theta, *jax.tree_util.tree_leaves(state)])

        treedef = jax.tree_util.tree_structure(optimizer.transformation.init(jnp.zeros(1)))
        return np.asarray(jax.jacobian(flat)(jnp.zeros(2)))

    with jax.enable_x64(True):
        heavy, nesterov = matrix(HeavyBall(eta, b)), matrix(Nesterov(eta, b))
    np.testing.assert_allclose(np.poly(heavy), [1, -(1 + b - eta * h), b], rtol=1e-12)
    np.testing.assert_allclose(np.poly(nesterov), [1, -(1 + b) * (1 - eta * h), b * (1 - eta * h)], rtol=1e-12)


@pytest.mark.parametrize("value", [0, -0.1, np.nan, np.inf, True, "0.1", None, 1j])
@pytest.mark.parametrize("make", [GradientDescent, SGD, Adam, lambda v: HeavyBall(v, 0.5), lambda v: Nesterov(v, 0.5)])
def test_bad_learning_rates_are_refused(make, value):
    with pytest.raises(InputError, match="learning_rate must be"):
        make(value)


@pytest.mark.parametrize("value", [0, -1, 2.5, True, "3", None])
def test_bad_batch_sizes_are_refused(value):
    with pytest.raises(InputError, match="batch_size must be a whole number"):
        SGD(0.1, value)


@pytest.mark.parametrize("value", [-0.1, 1.0, np.nan, "x"])
def test_bad_momentum_is_refused(value):
    for make in (lambda: SGD(0.1, 1, value), lambda: HeavyBall(0.1, value), lambda: Nesterov(0.1, value)):
        with pytest.raises(InputError, match="momentum"):
            make()
    with pytest.raises(InputError, match="b2"):
        Adam(0.1, 0.9, value)


def test_batches_larger_than_the_data_are_refused():
    assert SGD(0.1, 5).checked_batch_size(5) == 5
    with pytest.raises(InputError, match="only 4 examples"):
        SGD(0.1, 5).checked_batch_size(4)


def test_settings_are_frozen_plain_numbers():
    setting = GradientDescent(np.float32(0.5))
    assert type(setting.learning_rate) is float
    assert setting == GradientDescent(0.5)
    with pytest.raises(AttributeError):
        setting.learning_rate = 1.0
