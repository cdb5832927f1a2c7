"""Power jets against the functions themselves: values, slopes, orders of what is left, and refusals."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import trace
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.linearise import Leaf, linearise
from certify.training.optimizer.rest import at_rest

THETA = Ball.exact(np.array([0.3, -0.7]))


def leaf(value, name="v", kind="moving"):
    return Leaf(name, kind, np.arange(2), np.full(2, float(value)))


def jets(update, value=0.0, memory=lambda t, g, v: v):
    program = trace(lambda t, g, v: (update(t, g, v), memory(t, g, v)), np.zeros(2), np.zeros(2), np.zeros(2))
    return linearise(program, THETA, [leaf(value)])


def form(found):
    return [float(e.ball.mid) for e in found.update.form]


# update, memory at rest, linear form in (parameter, gradient, memory), order of what is left
SMOOTH = [
    (lambda t, g, v: 2.0 * g - v, 0.0, [0.0, 2.0, -1.0], math.inf),
    (lambda t, g, v: g / (jnp.sqrt(v) + 0.5), 0.0, [0.0, 2.0, 0.0], 1.5),
    (lambda t, g, v: g / jnp.sqrt(v + 0.25), 0.0, [0.0, 2.0, 0.0], 2.0),
    (lambda t, g, v: v / (jnp.sqrt(g * g) + 0.5), 0.0, [0.0, 0.0, 2.0], 2.0),
    (lambda t, g, v: g / (jnp.sqrt(v) + 0.5), 4.0, [0.0, 0.4, 0.0], 2.0),
    (lambda t, g, v: jnp.maximum(v, g * g) * g, 4.0, [0.0, 4.0, 0.0], 2.0),
    (lambda t, g, v: jnp.clip(g, -1.0, 1.0), 0.0, [0.0, 1.0, 0.0], math.inf),
    (lambda t, g, v: g * (1.0 - 0.5 * jnp.sign(v - g * g)), 4.0, [0.0, 0.5, 0.0], math.inf),
    (lambda t, g, v: v * v * v + g, 2.0, [0.0, 1.0, 12.0], 2.0),
    (lambda t, g, v: jnp.where(v > 1.0, g, 7.0), 4.0, [0.0, 1.0, 0.0], math.inf),
]


@pytest.mark.parametrize("case", range(len(SMOOTH)))
def test_forms_and_orders(case):
    update, rest, expected, order = SMOOTH[case]
    found = jets(update, rest)
    assert np.allclose(form(found) or [0.0] * 3, expected, rtol=1e-14)
    assert found.update.order == order


@pytest.mark.parametrize("case", range(len(SMOOTH)))
def test_what_is_left_has_that_order(case):
    """|f(c + d) - f(c) - L d| <= C |d|^min(order, 2) along a ray into v > 0, for the program itself."""
    update, rest, expected, order = SMOOTH[case]
    power = min(order, 2.0)
    base = float(np.asarray(update(np.zeros(1), np.zeros(1), np.full(1, rest)))[0])
    sizes = np.array([1e-2, 1e-3, 1e-4])
    left = [
        abs(
            float(np.asarray(update(np.zeros(1), np.array([0.7 * h]), np.array([rest + 0.9 * h])))[0])
            - base
            - expected[1] * 0.7 * h
            - expected[2] * 0.9 * h
        )
        for h in sizes
    ]
    assert all(x <= 60 * h**power + 1e-6 * h for x, h in zip(left, sizes, strict=True))


@pytest.mark.parametrize(
    ("update", "order"),
    [
        (lambda t, g, v: jnp.abs(g), 1.0),
        (lambda t, g, v: jnp.sqrt(v), 0.5),
        (lambda t, g, v: jnp.maximum(g, v), 1.0),
        (lambda t, g, v: jnp.sqrt(v) * jnp.sqrt(v), 1.0),
    ],
)
def test_kinks_are_not_differentiable(update, order):
    found = jets(update)
    assert found.update.order == order
    assert found.update.form == ()
    with pytest.raises(Refused, match="not differentiable"):
        at_rest(found, [leaf(0.0)])


@pytest.mark.parametrize(
    ("update", "jump"),
    [
        (lambda t, g, v: -0.25 * jnp.sign(g), 0.25),
        (lambda t, g, v: -0.25 * (jnp.sign(0.9 * v + 0.1 * g) + 0.5 * t), 0.25 * 0.65),
        (lambda t, g, v: jnp.sign(v), 0.0),
        (lambda t, g, v: jnp.sign(g) - 2.0 * t, 0.0),
        (lambda t, g, v: jnp.sign(g) * g, 0.0),
        (lambda t, g, v: jnp.sign(g) - jnp.sign(g), 0.0),
    ],
)
def test_jumps_are_lower_bounds(update, jump):
    assert jets(update).update.jump <= jump
    assert jets(update).update.jump == pytest.approx(jump, rel=1e-12)


@pytest.mark.parametrize(
    ("update", "reason"),
    [
        (lambda t, g, v: g / jnp.sqrt(v), "divides"),
        (lambda t, g, v: g / (jnp.sign(g) + 2.0), "continuous"),
        (lambda t, g, v: g[::-1] + g, "joins"),
        (lambda t, g, v: jnp.concatenate([g[1:], g[:1]]) + g, "another one"),
        (lambda t, g, v: g * jnp.sum(v), "joins"),
        (lambda t, g, v: g * t, "differently"),
        (lambda t, g, v: jnp.where(g > 0, g, 2 * g), "comparison"),
        (lambda t, g, v: g * jnp.array([1.0, 2.0]), "differently"),
        (lambda t, g, v: jnp.concatenate([g[:1], 2 * g[1:]]), "differently"),
        (lambda t, g, v: jnp.sin(g), "joins or bends"),
    ],
)
def test_refusals(update, reason):
    with pytest.raises(Refused, match=reason):
        jets(update)


def test_a_point_that_does_not_rest():
    with pytest.raises(Refused, match="moves the parameters"):
        at_rest(jets(lambda t, g, v: g - 0.1 * t), [leaf(0.0)])
    with pytest.raises(Refused, match="does not keep"):
        at_rest(jets(lambda t, g, v: g, 0.0, lambda t, g, v: v + 1.0), [leaf(0.0)])
    with pytest.raises(Refused, match="first order"):
        at_rest(jets(lambda t, g, v: g + v, 0.0), [leaf(0.0)])
    with pytest.raises(Refused, match="decay"):
        at_rest(jets(lambda t, g, v: g, 0.0, lambda t, g, v: 1.5 * v), [leaf(0.0)])


def test_what_moves_with_the_parameters_does_not_keep_them():
    found = at_rest(jets(lambda t, g, v: -g - v, 0.0, lambda t, g, v: 0.5 * v + 0.25 * g), [leaf(0.0)])
    assert found.keeps_parameters
    assert found.memory_decays
    assert found.plane.a.mid.tolist() == [[1.0, -1.0], [0.0, 0.5]]
    assert found.plane.b.mid.tolist() == [-1.0, 0.25]
    neutral = at_rest(jets(lambda t, g, v: -g / v, 2.0, lambda t, g, v: v + g * g), [leaf(2.0)])
    assert neutral.neutral == ("v",)
    growing = at_rest(jets(lambda t, g, v: -g - v, 0.0, lambda t, g, v: 1.25 * v + g), [leaf(0.0)])
    assert not growing.memory_decays
