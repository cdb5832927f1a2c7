"""A small network, exactly and slowly evaluated, for the proofs about trajectories."""

import mpmath
import numpy as np
import pytest

from certify.trajectories.network import ExactNetwork


def slow_loss(network, theta):
    """The loss in mpmath at its working precision, one example at a time."""
    width, hidden, classes = network.inputs.shape[1], network.hidden, network.classes
    first = [theta[row * hidden : (row + 1) * hidden] for row in range(width + 1)]
    rest = theta[(width + 1) * hidden :]
    second = [rest[row * classes : (row + 1) * classes] for row in range(hidden + 1)]
    total = mpmath.mpf(0)
    for x, label in zip(network.inputs, network.labels, strict=True):
        values = [mpmath.mpf(float(entry)) for entry in x] + [mpmath.mpf(1)]
        units = [sum(v * row[k] for v, row in zip(values, first, strict=True)) for k in range(hidden)]
        units = [1 / (1 + mpmath.exp(-a)) for a in units] + [mpmath.mpf(1)]
        logits = [sum(h * row[k] for h, row in zip(units, second, strict=True)) for k in range(classes)]
        total += mpmath.log(sum(mpmath.exp(z) for z in logits)) - logits[int(label)]
    return total / len(network.labels)


def slow_gradient(network, theta):
    """Central differences with steps of 10^-40: right to 70 digits at 120 digits."""
    step, result = mpmath.mpf(10) ** -40, []
    for k in range(len(theta)):
        up, down = list(theta), list(theta)
        up[k], down[k] = theta[k] + step, theta[k] - step
        result.append((slow_loss(network, up) - slow_loss(network, down)) / (2 * step))
    return result


@pytest.fixture
def network():
    inputs = np.array([[0.5, -1.25], [1.5, 0.75], [-0.625, 0.3], [2.0, 1.0]])
    return ExactNetwork(inputs, np.array([0, 1, 2, 1]), 2, 3)


@pytest.fixture
def start(network):
    return np.random.default_rng(0).standard_normal(network.dimension)


@pytest.fixture
def slow():
    """(loss, gradient) by the definition."""
    return slow_loss, slow_gradient
