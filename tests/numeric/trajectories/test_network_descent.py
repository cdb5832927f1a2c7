"""The network's gradient against automatic differentiation, its orbits against a slow loop, tangents by differences."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from foundation import InputError
from numeric import double_precision
from numeric.trajectories import SoftmaxNetwork, descend, draw, growth_along, separate, tangent_growth
from numeric.trajectories.network import loss, loss_and_gradient, update


@pytest.fixture
def network():
    generator = np.random.default_rng(1)
    return SoftmaxNetwork(generator.standard_normal((7, 2)), np.array([0, 1, 2, 0, 1, 2, 2]), 3, 3)


def slow_loss(network, theta):
    """The mean cross-entropy, one example at a time, straight from the definition."""
    cut = (network.inputs.shape[1] + 1) * network.hidden
    first = theta[:cut].reshape(-1, network.hidden)
    second = theta[cut:].reshape(-1, network.classes)
    total = 0.0
    for x, label in zip(network.inputs, network.labels, strict=True):
        hidden = 1 / (1 + np.exp(-(x @ first[:-1] + first[-1])))
        logits = hidden @ second[:-1] + second[-1]
        total += np.log(np.exp(logits).sum()) - logits[label]
    return total / len(network.labels)


def slow_gradient(network, theta, step=1e-6):
    units = step * np.eye(len(theta))
    return np.array([(slow_loss(network, theta + u) - slow_loss(network, theta - u)) / (2 * step) for u in units])


def test_the_loss_and_its_gradient_are_those_of_the_definition(network):
    theta = network.initial(np.random.default_rng(2)) + 0.1

    @double_precision
    def traced():
        value, gradient = loss_and_gradient(jnp.asarray(theta), network.data)
        return float(value), np.asarray(gradient), np.asarray(jax.grad(loss)(jnp.asarray(theta), network.data))

    value, gradient, automatic = traced()
    assert abs(value - slow_loss(network, theta)) < 1e-14
    assert np.abs(gradient - automatic).max() < 1e-15
    assert np.abs(gradient - slow_gradient(network, theta)).max() < 1e-9


def test_descent_is_the_slow_loop(network):
    starts = np.array([network.initial(np.random.default_rng(k)) for k in range(2)])
    found = descend(network, starts, 0.3, 6, every=3)
    assert found.parameters.shape == (2, 3, network.dimension)
    for start, losses, kept in zip(starts, found.losses, found.parameters, strict=True):
        theta = start.copy()
        for step in range(7):
            assert abs(losses[step] - slow_loss(network, theta)) < 1e-9
            if step % 3 == 0:
                assert np.abs(kept[step // 3] - theta).max() < 1e-8
            theta = theta - 0.3 * slow_gradient(network, theta)


def test_distances_are_sums_of_absolute_differences(network):
    bundle = draw(network, 0, 1e-3, 2, seed=5)
    found = separate(network, bundle[:1], bundle[None, 1:], 0.5, 8)
    runs = descend(network, bundle, 0.5, 8)
    expected = np.abs(runs.parameters[1:] - runs.parameters[0]).sum(axis=2)
    assert np.allclose(found.distances[0], expected, rtol=1e-9)
    assert np.allclose(found.losses[0], runs.losses[0])
    assert np.allclose(found.ends[0], runs.parameters[0, -1])


def test_perturbations_move_weights_within_the_radius_and_no_biases(network):
    bundle = draw(network, 3, 1e-4, 50, seed=5)
    moved = bundle[1:] - bundle[0]
    assert (moved[:, ~network.is_weight] == 0).all()
    assert 0.8e-4 < np.abs(moved).max() <= 1e-4 * (1 + 1e-9)
    assert (draw(network, 3, 1e-4, 50, seed=5) == bundle).all()
    assert (draw(network, 4, 1e-4, 50, seed=5)[0] != bundle[0]).any()


def test_tangent_vectors_are_limits_of_differences(network):
    generator = np.random.default_rng(4)
    start, direction = network.initial(generator), generator.standard_normal(network.dimension)
    logs = tangent_growth(network, start[None], direction[None], 2.0, 10)[0]
    moved = start + np.array([[1e-7], [-1e-7]]) * direction
    ends = descend(network, moved, 2.0, 10).parameters
    distances = np.abs(ends[0] - ends[1]).sum(axis=1)
    assert np.abs(np.exp(logs) / (distances / distances[0]) - 1).max() < 1e-5
    path = descend(network, start[None], 2.0, 10).parameters[0, :-1]
    assert np.abs(growth_along(network, path, direction, 2.0) - logs).max() < 1e-9


@double_precision
def test_rows_of_output_weights_keep_their_sums(network):
    theta = jnp.asarray(network.initial(np.random.default_rng(6)))
    rows = (network.hidden + 1) * network.classes
    before, after = (np.asarray(x)[-rows:].reshape(-1, network.classes).sum(axis=1) for x in
                     (theta, update(theta, 3.0, network.data)))  # fmt: skip
    assert np.abs(before - after).max() < 1e-15


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"inputs": np.zeros(3)}, "matrix"),
        ({"inputs": np.full((7, 2), np.nan)}, "nan"),
        ({"labels": np.array([0, 1, 2, 3, 0, 0, 0])}, "classes"),
        ({"labels": np.zeros(6, int)}, "labels"),
        ({"labels": np.zeros(7)}, "whole"),
        ({"hidden": 0}, "hidden"),
        ({"classes": 1}, "classes"),
    ],
)
def test_bad_networks_are_refused(network, change, message):
    given = {"inputs": network.inputs, "labels": network.labels, "hidden": 3, "classes": 3} | change
    with pytest.raises(InputError, match=message):
        SoftmaxNetwork(**given)


def test_bad_runs_are_refused(network):
    start = np.zeros((1, network.dimension))
    for call in (
        lambda: descend(network, start[:, 1:], 1.0, 5),
        lambda: descend(network, start, -1.0, 5),
        lambda: descend(network, start, 1.0, 5, every=2),
        lambda: separate(network, start, start, 1.0, 5),
        lambda: tangent_growth(network, start, start, 1.0, 5),
        lambda: tangent_growth(network, start, start[:, 1:], 1.0, 5),
        lambda: growth_along(network, start, start[0], 1.0),
        lambda: growth_along(network, start, start, 1.0),
    ):
        with pytest.raises(InputError):
            call()
