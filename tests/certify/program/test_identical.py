"""Merged ties: the new program is the same function of the parameters, and what is only equal by chance stays apart."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import analytic_on, evaluate, jacobian, trace
from certify.program.ties import merged_ties

SIDE = 6
# Two pictures on a constant background: most pooling windows hold equal entries only.
PICTURES = np.zeros((2, SIDE, SIDE))
PICTURES[0, 1, 1:4] = [1.0, 0.5, -1.0]
PICTURES[1, 3:5, 4] = [2.0, -0.5]
ENTRIES = 9 + 1 + 9


def pooled(theta, x, act=jnp.tanh):
    kernel, bias, out = theta[:9].reshape(1, 1, 3, 3), theta[9], theta[10:]
    hidden = act(jax.lax.conv_general_dilated(x[None, None], kernel, (1, 1), "SAME") + bias)
    most = jax.lax.reduce_window(hidden, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
    return most.reshape(-1) @ out


@pytest.fixture(scope="module")
def theta():
    return np.random.default_rng(5).normal(size=ENTRIES)


def around(theta, reach=1e-9):
    return Ball(theta, np.full(theta.shape, reach))


def traced(function, theta, x):
    with jax.enable_x64(True):
        return trace(function, theta, x)


def slope(program, theta, direction):
    """A central difference quotient of the values along a direction, one a picture."""
    ends = [evaluate(program, [theta + h * direction, PICTURES], batch=[False, True])[0].mid for h in (1e-6, -1e-6)]
    return (ends[0] - ends[1]) / 2e-6


@pytest.mark.parametrize("act", [jnp.tanh, lambda h: jnp.maximum(h, 0.0)])
def test_a_constant_background_has_one_derivative(theta, act):
    def network(theta, x):
        return pooled(theta, x, act)

    program, box = traced(network, theta, PICTURES[0]), around(theta)
    marks = [False, True]
    hull = jacobian(program, [box, PICTURES], batch=marks)
    assert not analytic_on(program, [box, PICTURES], (0,), batch=marks).everywhere
    merged, masks = merged_ties(program, box, PICTURES, None)
    marks += [True] * len(masks)
    assert analytic_on(merged, [box, PICTURES, *masks], (0,), batch=marks).everywhere
    found = jacobian(merged, [box, PICTURES, *masks], batch=marks)
    assert found.rad.max() < 1e-6 < hull.rad.max()
    for direction in np.random.default_rng(1).normal(size=(3, ENTRIES)):
        np.testing.assert_allclose(
            found.mid.reshape(2, -1) @ direction, slope(program, theta, direction).reshape(-1), atol=1e-6
        )
    (plain,) = evaluate(program, [theta, PICTURES], batch=[False, True])
    (same,) = evaluate(merged, [theta, PICTURES, *masks], batch=marks)
    assert np.abs(plain.mid - same.mid).max() <= 1e-13


@pytest.mark.parametrize(
    "function",
    [
        lambda t, x: jnp.max(jnp.stack([t[0] * x[0], t[1] * x[0]])),
        lambda t, x: jnp.max(jnp.stack([t[0] + x[0], t[0] + x[1] * t[1]])),
        lambda t, x: jnp.max(jnp.stack([t[0] - t[2], t[2] - t[0] + t[0] - t[1]])),
        lambda t, x: jnp.max(jnp.stack([t[0] / t[1] * 2.0, t[1] / t[0] * 2.0])),
        lambda t, x: jnp.maximum(jnp.tanh(t[0]), jnp.sin(t[0])) + 0.0 * x[0],
        # both sums end with the same term
        lambda t, x: t @ jnp.stack([x[0], x[0], x[1]]) + jnp.max(jnp.stack([t[::2] @ x, t[1:] @ x])),
    ],
)
def test_equal_by_chance_is_not_merged(function):
    """At this point the operands agree, or balls cannot tell them apart, but not as functions of the parameters."""
    program = traced(function, np.array([1.0, 1.0, 1.0]), np.array([1.0, 1.0]))
    _, masks = merged_ties(program, around(np.array([1.0, 1.0, 1.0])), np.array([[1.0, 1.0]]), None)
    assert masks == []


def test_equal_whatever_the_order_is_merged():
    def function(t, x):
        return jnp.max(jnp.stack([t[:2] @ x, x[::-1] @ t[1::-1], jnp.sum(x * t[:2])]))

    program = traced(function, np.array([1.0, 2.0, 3.0]), np.array([0.5, 0.25]))
    merged, (mask,) = merged_ties(program, around(np.array([1.0, 2.0, 3.0])), np.array([[0.5, 0.25]]), None)
    assert mask.sum() == 2
    rows = jacobian(
        merged, [around(np.array([1.0, 2.0, 3.0])), np.array([[0.5, 0.25]]), mask], batch=[False, True, True]
    )
    np.testing.assert_allclose(rows.mid.reshape(-1), [0.5, 0.25, 0.0], atol=1e-12)


def test_what_may_have_no_value_is_not_merged():
    """0 times a pole is no zero."""
    program = traced(lambda t, x: jnp.max(jnp.stack([x[0] / t[0], x[0] / t[0]])), np.array([1.0]), np.array([0.0]))
    _, masks = merged_ties(program, Ball(np.array([0.0]), np.array([1.0])), np.array([[0.0]]), None)
    assert masks == []
