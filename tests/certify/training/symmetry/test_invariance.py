"""Which generators leave a loss as it is: proved ones are checked by finite transformations, others are not proved."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.linalg import expm

from certify.program import trace
from certify.training.symmetry.generator import Part
from certify.training.symmetry.invariance import is_invariant

RNG = np.random.default_rng(5)
X, Y = RNG.standard_normal((9, 3)), RNG.standard_normal((9, 2))
A, B = RNG.standard_normal((3, 2)), RNG.standard_normal((2, 2))
ROW = np.array([[0, 1], [0, 0]])
TURN = np.array([[0, 1], [-1, 0]])
SCALE = np.diag([1, 0])


def linear(a, b, x, y):
    return jnp.mean((x @ a @ b - y) ** 2)


def relu(a, b, x, y):
    return jnp.mean((jax.nn.relu(x @ a) @ b - y) ** 2)


def leaky(a, b, x, y):
    return jnp.mean((jax.nn.leaky_relu(x @ a) @ b - y) ** 2)


def tanh(a, b, x, y):
    return jnp.mean((jnp.tanh(x @ a) @ b - y) ** 2)


def shifted_relu(a, b, x, y):
    return jnp.mean((jnp.maximum(x @ a, 0.5) @ b - y) ** 2)


def softmax(a, b, x, y):
    return jnp.mean(optax.softmax_cross_entropy(jnp.tanh(x @ a) @ b, y))


def squared_softmax(a, b, x, y):
    return jnp.mean(jax.nn.softmax(jnp.tanh(x @ a) @ b) * y)


def decayed(a, b, x, y):
    return linear(a, b, x, y) + jnp.sum(a**2) + jnp.sum(b**2)


def distances(a, b, x, y):
    return jnp.sum(jnp.sqrt(jnp.sum((a[:, None] - a[None]) ** 2, -1) + jnp.eye(3))) + jnp.sum(b**2)


def weighted(a, b, x, y):
    return jnp.sum((jnp.array([1.0, 2.0]) * a) ** 2) + jnp.sum(b**2)


def summed(a, b, x, y):
    return jnp.sum(jnp.tanh(a.sum(1))) + jnp.sum(b**2)


def differences(a, b, x, y):
    return jnp.sum(jnp.tanh(a[:, 0] + a[:, 1])) + jnp.sum(jnp.tanh(b[0] - b[1]))


def part(leaf, axis, matrix):
    return Part(leaf, 0, {axis: np.array(matrix, dtype=np.int64)}, None)


def shift(leaf, array):
    return Part(leaf, 0, {}, np.array(array, dtype=np.int64))


def dual(matrix):
    """A -> A exp(t M), B -> exp(-t M) B: along the second axis of A the transpose acts."""
    return (part(0, 1, np.transpose(matrix)), part(1, 0, -np.array(matrix)))


BOTH = (part(0, 1, TURN), part(1, 0, TURN))
ACROSS = np.array([[1, -1], [1, -1], [1, -1]])
PROVED = [
    (linear, dual(ROW)),
    (linear, dual(TURN)),
    (linear, (Part(0, 1, {}, None), Part(1, -1, {}, None))),
    (relu, dual(SCALE)),
    (leaky, dual(SCALE)),
    (softmax, (shift(1, [[1, 1], [0, 0]]),)),
    (squared_softmax, (shift(1, [[0, 0], [-1, -1]]),)),
    (decayed, BOTH),
    (distances, (part(0, 1, TURN),)),
    (distances, (shift(0, np.ones((3, 2))),)),
    (differences, (shift(0, ACROSS),)),
    (differences, (shift(1, np.ones((2, 2))),)),
]
WRONG = [
    (linear, (part(0, 1, ROW), part(1, 0, -ROW))),
    (linear, (part(0, 1, SCALE),)),
    (relu, dual(ROW)),
    (relu, dual(TURN)),
    (shifted_relu, dual(SCALE)),
    (tanh, dual(SCALE)),
    (softmax, (shift(1, [[1, 0], [0, 0]]),)),
    (softmax, (shift(0, np.ones((3, 2))),)),
    (decayed, dual(SCALE)),
    (distances, (part(0, 0, np.diag([1, 0, 0])),)),
    (distances, (part(0, 1, ROW),)),
    (distances, (shift(0, [[1, 1], [1, 1], [0, 0]]),)),
    (weighted, (part(0, 1, TURN),)),
    (summed, (part(0, 1, SCALE),)),
    (summed, (part(0, 1, TURN),)),
    (summed, (part(0, 1, np.diag([0, 1])),)),
    (differences, (part(0, 1, np.diag([0, 1])),)),
    (differences, (shift(0, np.ones((3, 2))),)),
    (differences, (shift(1, [[1, 1], [-1, -1]]),)),
]


def moved(generator, time):
    """exp(t generator) of both arrays, by SciPy."""
    leaves = [A, B]
    for p in generator:
        leaf = leaves[p.leaf] * np.exp(time * p.weight)
        for axis, matrix in p.axes.items():
            leaf = np.moveaxis(np.tensordot(expm(time * matrix), leaf, (1, axis)), 0, axis)
        leaves[p.leaf] = leaf + (0 if p.shift is None else time * p.shift)
    return leaves


def change(function, generator):
    with jax.enable_x64(True):
        return float(function(*moved(generator, 0.375), X, Y) - function(A, B, X, Y))


@pytest.mark.parametrize(("function", "generator"), PROVED)
def test_symmetries_are_proved(function, generator):
    assert abs(change(function, generator)) < 1e-12
    assert is_invariant(trace(function, A, B, X, Y), generator, (X, Y))


@pytest.mark.parametrize(("function", "generator"), WRONG)
def test_what_changes_the_loss_is_not_proved(function, generator):
    assert abs(change(function, generator)) > 1e-6
    assert not is_invariant(trace(function, A, B, X, Y), generator, (X, Y))


def test_solutions_of_uniform_systems_are_not_uniform():
    """L^-1 of ones for the lower triangle of ones is (1, 0, 0): a product with it is not invariant under rotations."""

    def loss(v):
        weights = jax.scipy.linalg.solve_triangular(jnp.ones((3, 3)), jnp.ones(3), lower=True)
        return jnp.sum((weights * v) ** 2)

    turn = np.array([[0, 1, 0], [-1, 0, 0], [0, 0, 0]])
    assert not is_invariant(trace(loss, np.zeros(3)), (Part(0, 0, {0: turn}, None),), [])
    equal = trace(lambda v: jnp.sum((jnp.tanh(jnp.ones(3)) * v) ** 2), np.zeros(3))
    assert is_invariant(equal, (Part(0, 0, {0: turn}, None),), [])
