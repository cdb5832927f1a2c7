"""Jacobian and Gram matrix against hand-written gradients, finite blocks against the whole, and the memory limit."""

import subprocess
import sys

import numpy as np
import pytest

from foundation import InputError
from numeric import Regression, gram, jacobian
from numeric.ntk import CHUNK_BYTES


@pytest.fixture
def network(rng, mlp, mlp_params):
    return Regression(mlp, mlp_params(3, 5, 2), rng.normal(size=(7, 3)), rng.normal(size=(7, 2)))


def jacobian_by_hand(problem):
    """Gradients of a one-hidden-layer tanh network with two outputs, by the chain rule in NumPy."""
    (w0, b0), (w1, _) = problem.params
    rows = []
    for x in problem.inputs:
        h = np.tanh(w0 @ x + b0)
        for k, unit in enumerate(np.eye(len(w1))):
            back = w1[k] * (1 - h**2)
            rows.append(np.concatenate([np.outer(back, x).ravel(), back, np.outer(unit, h).ravel(), unit]))
    return np.array(rows)


def test_jacobian_rows_are_the_gradients(network):
    np.testing.assert_allclose(jacobian(network), jacobian_by_hand(network), rtol=1e-12, atol=1e-15)


def test_jacobian_at_another_point(network):
    theta = network.flat_params * 0.5
    expected = jacobian_by_hand(network.with_params(theta))
    np.testing.assert_allclose(jacobian(network, theta), expected, rtol=1e-12, atol=1e-15)


def test_chunks_with_an_overlapping_last_one_give_the_same_rows(network, monkeypatch):
    monkeypatch.setattr("numeric.ntk.CHUNK_BYTES", 3 * 8 * network.outputs * network.dimension)
    np.testing.assert_allclose(jacobian(network), jacobian_by_hand(network), rtol=1e-12, atol=1e-15)
    assert CHUNK_BYTES > 1e6


@pytest.mark.parametrize("examples_in_memory", [1, 2, 3, 5, 100])
def test_gram_is_the_same_whatever_the_memory(network, examples_in_memory):
    memory = 2.0 * examples_in_memory * network.outputs * 8 * network.dimension
    rows = jacobian_by_hand(network)
    matrix = gram(network, memory=memory)
    np.testing.assert_allclose(matrix, rows @ rows.T, rtol=1e-12, atol=1e-14)
    np.testing.assert_array_equal(matrix, matrix.T)


@pytest.mark.parametrize("memory", [0, -1.0, np.nan, "much"])
def test_bad_memory_limits_are_refused(network, memory):
    with pytest.raises(InputError, match="memory"):
        gram(network, memory=memory)


LARGE = """
import resource, numpy as np, jax
from numeric import Regression, gram, initial_layers, perceptron
rng = np.random.default_rng(0)
examples, outputs = {examples}, {outputs}
layers = initial_layers([88, 1111, outputs], jax.random.key(0))
problem = Regression(perceptron(), layers, rng.normal(size=(examples, 88)), np.zeros((examples, outputs)))
matrix = gram(problem, memory=2.0**30)
J, x = None, problem.inputs
(w0, b0), (w1, _) = layers
h = np.tanh(x @ w0.T + b0)
d = 1 - h**2
expected = np.zeros((examples, outputs, examples, outputs))
for k in range(outputs):
    for l in range(outputs):
        expected[:, k, :, l] = ((d * w1[k]) @ (d * w1[l]).T) * (x @ x.T + 1) + (k == l) * (h @ h.T + 1)
assert problem.dimension >= 99990
error = np.abs(matrix - expected.reshape(matrix.shape)).max() / np.abs(expected).max()
print(error, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20)
"""


@pytest.mark.slow
@pytest.mark.parametrize(("examples", "outputs"), [(1000, 1), (500, 3)])
def test_thousand_examples_and_a_hundred_thousand_parameters_fit(examples, outputs):
    """The layer formula of the tangent kernel is the truth; the peak memory of the process is in GiB: all rows would
    take 0.75 and 1.1, above the limit of 1 in the second case, which is filled block by block."""
    command = [sys.executable, "-c", LARGE.format(examples=examples, outputs=outputs)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    error, peak = map(float, done.stdout.split())
    assert error < 1e-13
    assert peak < 8.0  # the process inherits the peak of the one that started it
