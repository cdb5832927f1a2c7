"""Values and Jacobians of a multilayer perceptron, against JAX and against Arb at 200 bits."""

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import evaluate, hessian, jacobian, trace


def _predict(parameters, x):
    first, bias, second, last = parameters
    return second @ jnp.tanh(first @ x + bias) + last


@pytest.fixture
def problem():
    rng = np.random.default_rng(3)
    parameters = [rng.normal(size=(5, 4)), rng.normal(size=5), rng.normal(size=(2, 5)), rng.normal(size=2)]
    return parameters, rng.normal(size=(7, 4))


def _encloses(ball, exact):
    """Whether every Arb number of `exact` (object array) lies in the ball's bounds."""
    pairs = zip(ball.lower.flat, ball.upper.flat, exact.flat, strict=True)
    return all(low <= value <= high for low, high, value in pairs)


def test_values_enclose_the_200_bit_values(problem):
    parameters, inputs = problem
    program = trace(_predict, parameters, inputs[0])
    batch = [False] * 4 + [True]
    (ball,) = evaluate(program, [*parameters, inputs], batch=batch)
    (exact,) = evaluate(program, [*parameters, inputs], batch=batch, precision=200)
    assert ball.shape == (7, 2)
    assert _encloses(ball, exact)
    assert ball.rad.max() < 1e-13


def test_the_batch_agrees_with_single_evaluations(problem):
    parameters, inputs = problem
    program = trace(_predict, parameters, inputs[0])
    (together,) = evaluate(program, [*parameters, inputs], batch=[False] * 4 + [True])
    for i, x in enumerate(inputs):
        (alone,) = evaluate(program, [*parameters, x])
        assert np.all(np.abs(alone.mid - together.mid[i]) <= alone.rad + together.rad[i])


def test_jacobian_agrees_with_jax_and_encloses_the_200_bit_values(problem):
    parameters, inputs = problem
    program = trace(_predict, parameters, inputs[0])
    batch = [False] * 4 + [True]
    ball = jacobian(program, [*parameters, inputs], (0, 1, 2, 3), batch=batch)
    exact = jacobian(program, [*parameters, inputs], (0, 1, 2, 3), batch=batch, precision=200)
    with jax.enable_x64(True):
        leaves = jax.vmap(jax.jacrev(_predict), (None, 0))([jnp.asarray(p) for p in parameters], jnp.asarray(inputs))
        estimate = np.concatenate([np.asarray(leaf).reshape(7, 2, -1) for leaf in leaves], -1)
    assert ball.shape == (7, 2, 5 * 4 + 5 + 10 + 2)
    assert _encloses(ball, exact)
    np.testing.assert_allclose(ball.mid, estimate, rtol=1e-12, atol=1e-13)
    assert ball.rad.max() < 1e-12


def test_jacobian_over_a_ball_encloses_difference_quotients(problem):
    parameters, inputs = problem
    program = trace(_predict, parameters, inputs[0])
    radius = 1e-3
    box = Ball(inputs[0], np.full(4, radius))
    ball = jacobian(program, [*parameters, box], 4)
    rng = np.random.default_rng(0)
    for _ in range(20):
        x = inputs[0] + radius * rng.uniform(-1, 1, 4)
        exact = jacobian(program, [*parameters, x], 4, precision=100)
        assert _encloses(ball, exact)


def test_hessian_of_the_loss_agrees_with_jax(problem):
    parameters, inputs = problem

    def loss(first):
        return sum(jnp.sum(_predict([first, *parameters[1:]], x) ** 2) for x in inputs[:2])

    ball = hessian(trace(loss, parameters[0]), [parameters[0]])
    with jax.enable_x64(True):
        estimate = np.asarray(jax.hessian(loss)(jnp.asarray(parameters[0]))).reshape(20, 20)
    np.testing.assert_allclose(ball.mid, estimate, rtol=1e-10, atol=1e-11)
    assert ball.rad.max() < 1e-10


def test_arb_arguments_are_accepted(problem):
    program = trace(lambda x: x * x, 1.0)
    third = np.array(flint.arb(flint.fmpq(1, 3)), dtype=object)
    (value,) = evaluate(program, [third], precision=150)
    assert value.item().contains(flint.fmpq(1, 9))


@pytest.mark.parametrize("batched", [False, True])
def test_many_outputs_are_differentiated_as_one_batch(problem, batched):
    """More rows than are written out: the Jacobian of (D,) -> (24,) against the 200-bit one, row by row."""
    matrix = np.random.default_rng(5).normal(size=(24, 4))
    program = trace(lambda x, y: (jnp.sin(matrix @ x) * y[0], y**2), np.ones(4), np.ones(3))
    x, y = np.linspace(-1, 1, 4), np.array([0.5, 2.0, -1.0])
    if batched:
        x, y = np.stack([x, -x, 2 * x]), y
    ball = jacobian(program, [x, y], (0, 1), batch=[True, False] if batched else None)
    exact_x = x if batched else x[None]
    expected = [
        np.block(
            [
                [np.cos(matrix @ v)[:, None] * matrix * y[0], np.sin(matrix @ v)[:, None] * [[1, 0, 0]]],
                [np.zeros((3, 4)), np.diag(2 * y)],
            ]
        )
        for v in exact_x
    ]
    found = ball if batched else ball[None]
    assert found.shape == (len(exact_x), 27, 7)
    np.testing.assert_allclose(found.mid, expected, rtol=1e-12, atol=1e-14)
    assert found.rad.max() < 1e-13
