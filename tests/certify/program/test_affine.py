"""Values that are affine in a box have their exact range; what they feed is as tight as its own rules."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.enclose import enclose
from certify.program import trace
from certify.program.affine import affine_values

UNIT = Ball.from_bounds(np.zeros(4), np.ones(4))
AROUND = Ball.from_bounds(-np.ones(4), np.ones(4))
TURN = np.array([[1.0, -1.0], [1.0, 1.0]])


def at_least(found, lower, upper, slack=1e-14):
    """The exact range is held, and not exceeded by more than rounding."""
    assert (found.lower <= np.asarray(lower)).all()
    assert (found.lower >= np.asarray(lower) - slack).all()
    assert (found.upper >= np.asarray(upper)).all()
    assert (found.upper <= np.asarray(upper) + slack).all()


@pytest.mark.parametrize(
    ("function", "box", "lower", "upper"),
    [
        # a deviation x_i - mean of n entries of [0, 1] fills +-(1 - 1/n)
        (lambda x: x - x.mean(), UNIT, -0.75, 0.75),
        (jnp.std, Ball.from_bounds(np.zeros(2), np.ones(2)), 0.0, 0.5),
        (lambda x: x - x[0] + 3 * x[0] - 2 * jnp.sum(x[:1]), UNIT, 0.0, 1.0),
        (lambda x: TURN @ (TURN.T @ x[:2]), AROUND, -2.0, 2.0),
        (lambda x: (x[::-1] - x).reshape(2, 2).sum(axis=1), UNIT, [-2.0, -2.0], [2.0, 2.0]),
        (lambda x: jnp.cumsum(x) / 2 - jnp.cumsum(x) / 4, UNIT, 0.0, [0.25, 0.5, 0.75, 1.0]),
        # the root of a square is cut at 0 from below, and tight above
        (lambda x: jnp.sqrt((x[:, None] - x[None]) ** 2), UNIT, 0.0, 1.0 - np.eye(4)),
    ],
)
def test_the_range_of_an_affine_value_is_exact(function, box, lower, upper):
    at_least(enclose(function, box), lower, upper)


def test_two_arguments_and_whole_numbers():
    first, second = Ball.from_bounds(0.0, 1.0), Ball.from_bounds(2.0, 4.0)
    at_least(enclose(lambda x, y, k: (x + y) - (x - y) + 0 * k, first, second, 3), 4.0, 8.0)


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_every_point_of_the_box_stays_inside(scale):
    rng = np.random.default_rng(3)
    box = Ball(rng.normal(size=4) * scale, rng.uniform(size=4) * scale)

    def function(x):
        return jnp.tanh((x - x.mean()) / scale) + jnp.std(x) / scale

    found = enclose(function, box)
    for corner in rng.choice([-1.0, 1.0], size=(40, 4)):
        value = np.asarray(function(box.mid + corner * box.rad))
        assert (found.lower <= value + 1e-12).all()
        assert (value <= found.upper + 1e-12).all()


def test_what_is_not_affine_is_left_alone():
    for function in (lambda x: x * x[::-1], lambda x: jnp.exp(x) + 1, lambda x: x / x.sum(), lambda x: jnp.abs(x)):
        program = trace(function, np.zeros(4))
        exact = set(affine_values(program, [UNIT]))
        assert not exact & set(program.outputs)
    assert not affine_values(trace(lambda x: x - x.mean(), np.zeros(4)), [Ball.exact(np.ones(4))])


@pytest.mark.parametrize("axis", [0, 1, None])
def test_log_softmax_is_never_positive(axis):
    wide = Ball.from_bounds(np.full((2, 3), -800.0), np.full((2, 3), 800.0))
    found = enclose(lambda x: jax.nn.log_softmax(x, axis=axis), wide)
    assert (found.upper == 0).all()
    assert (found.lower > -1602).all()
    assert (found.lower <= -1600).all()


@pytest.mark.parametrize(
    "spread", [lambda total: total[:, None], lambda total: jax.lax.broadcast_in_dim(total, (2, 2), (0,))]
)
def test_a_sum_along_other_axes_is_no_log_softmax(spread):
    wide = Ball.from_bounds(np.full((2, 2), -2.0), np.full((2, 2), 2.0))
    found = enclose(lambda x: x - spread(jax.scipy.special.logsumexp(x, axis=0)), wide)
    # x_01 - log(e^x_00 + e^x_10) reaches 2 + 2 - log 2
    assert (found.upper >= 4 - np.log(2)).all()
