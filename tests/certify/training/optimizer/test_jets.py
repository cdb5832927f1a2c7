"""Power jets against the functions themselves: values, slopes, orders of what is left, and refusals."""

import math

import jax.numpy as jnp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import trace
from certify.training.optimizer.first_step import first_step
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.leaves import Leaf
from certify.training.optimizer.linearise import linearise
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
        at_rest([found], [leaf(0.0)])


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
        (lambda t, g, v: g + jnp.sum(v), "others"),
        (lambda t, g, v: g + jnp.max(g), "others"),
        (lambda t, g, v: g + jnp.array([[1.0, 2.0], [0.0, 1.0]]) @ g, "others"),
        (lambda t, g, v: g * t, "differently"),
        (lambda t, g, v: jnp.where(g > 0, g, 2 * g), "comparison"),
        (lambda t, g, v: g * jnp.array([1.0, -2.0]), "differently"),
        (lambda t, g, v: jnp.concatenate([g[:1], -2 * g[1:]]), "differently"),
        (lambda t, g, v: jnp.concatenate([g[1:], g[:1]]), "another one"),
        (lambda t, g, v: jnp.sin(g), "joins or bends"),
    ],
)
def test_refusals(update, reason):
    with pytest.raises(Refused, match=reason):
        at_rest([jets(update)], [leaf(0.0)])


def test_a_point_that_does_not_rest():
    with pytest.raises(Refused, match="moves the parameters"):
        at_rest([jets(lambda t, g, v: g - 0.1 * t)], [leaf(0.0)])
    with pytest.raises(Refused, match="does not keep"):
        at_rest([jets(lambda t, g, v: g, 0.0, lambda t, g, v: v + 1.0)], [leaf(0.0)])
    with pytest.raises(Refused, match="decay"):
        at_rest([jets(lambda t, g, v: g, 0.0, lambda t, g, v: 1.5 * v)], [leaf(0.0)])


def test_memory_that_was_given_decides_instability_alone():
    """theta' = theta - 3 g + v with v' = v: points of rest for every v, of which the jets know the one at v = 0."""
    found = at_rest([jets(lambda t, g, v: v - 3.0 * g, 0.0)], [leaf(0.0)])
    assert found.given == ("v",)
    assert not found.memory_decays
    assert found.plane.is_stable(1.0, 1.0) is False


def test_what_moves_with_the_parameters_does_not_keep_them():
    found = at_rest([jets(lambda t, g, v: -g - v, 0.0, lambda t, g, v: 0.5 * v + 0.25 * g)], [leaf(0.0)])
    assert found.memory_decays
    assert found.plane.a.mid.tolist() == [[1.0, -1.0], [0.0, 0.5]]
    assert found.plane.b.mid.tolist() == [-1.0, 0.25]


def test_accumulators_keep_each_value_near_theirs():
    def resting(update, memory, value):
        program = trace(lambda t, g, v: (update(t, g, v), memory(t, g, v)), np.zeros(2), np.zeros(2), np.zeros(2))
        leaves = [leaf(value, kind="kept")]
        return at_rest([linearise(program, THETA, leaves)], leaves)

    found = resting(lambda t, g, v: -g / v, lambda t, g, v: v + g * g, 2.0)
    assert found.neutral == ("v",)
    assert abs(found.plane.b.mid[0] + 0.5) < 1e-8
    assert found.plane.b.rad[0] < 1e-8
    # amsgrad's maximum at zero: sqrt has order 1/2 there
    assert resting(lambda t, g, v: -g / (jnp.sqrt(v) + 0.5), lambda t, g, v: jnp.maximum(v, g * g), 0.0).neutral == (
        "v",
    )
    # at v = 2 it stands still, at 2 + d it moves by d^2 for ever: no manifold of points of rest
    with pytest.raises(Refused, match="moves the parameters"):
        resting(lambda t, g, v: -g + (v - 2.0) ** 2, lambda t, g, v: v, 2.0)
    with pytest.raises(Refused, match="keep its value"):
        resting(lambda t, g, v: -g, lambda t, g, v: v * 1.0000000001, 2.0)


def test_memory_that_is_only_lipschitz():
    """v' = |g|, as in Adamax: seen through m / (1/2 + v) it changes nothing to first order; beside m it does."""
    mean = at_rest([jets(lambda t, g, v: -g / (0.5 + v), 0.0, lambda t, g, v: jnp.abs(g))], [leaf(0.0)])
    assert mean.plane.b.mid.tolist() == [-2.0]
    for update, memory in (
        (lambda t, g, v: -g - v, lambda t, g, v: jnp.abs(g)),
        (lambda t, g, v: -g / (0.5 + v), lambda t, g, v: jnp.abs(g) + 2.0 * v),
        (lambda t, g, v: -g / (0.5 + v), lambda t, g, v: jnp.sqrt(jnp.abs(g))),
    ):
        with pytest.raises(Refused, match="not differentiable"):
            at_rest([jets(update, 0.0, memory)], [leaf(0.0)])


def test_sums_of_higher_order_join_coordinates_freely():
    found = jets(lambda t, g, v: -g / (1.0 + jnp.sqrt(jnp.sum(g * g))) + 3.0 * g * jnp.sum(v) * jnp.dot(g, t))
    assert [float(e.ball.mid) for e in found.update.form] == [0.0, -1.0, 0.0]
    assert found.update.order == 2.0


def test_memory_that_grows_without_a_gradient():
    growing = at_rest([jets(lambda t, g, v: -g - v, 0.0, lambda t, g, v: 1.25 * v + g)], [leaf(0.0)])
    assert not growing.memory_decays


def test_directions_have_the_length_of_what_they_cover():
    def moved(update, alive=(True, True)):
        program = trace(lambda t, g, v: (update(t, g, v), v), np.zeros(2), np.zeros(2), np.zeros(2))
        return first_step(program, THETA, [leaf(0.0)], np.array(alive))

    assert moved(lambda t, g, v: -0.5 * g / jnp.linalg.norm(g)) == pytest.approx(0.5, rel=1e-12)
    assert moved(lambda t, g, v: g * (jnp.linalg.norm(t) / jnp.linalg.norm(g))) == pytest.approx(np.hypot(0.3, 0.7))
    assert moved(lambda t, g, v: g / jnp.linalg.norm(3.0 * g), (True, False)) == pytest.approx(1 / 3, rel=1e-12)
    # the second coordinate alone may have no share of the length
    assert moved(lambda t, g, v: jnp.concatenate([0.0 * g[:1], g[1:] / jnp.linalg.norm(g)])) == 0.0
    assert moved(lambda t, g, v: g / (jnp.linalg.norm(g) + 1.0)) == 0.0
    assert moved(lambda t, g, v: g / jnp.linalg.norm(g), (False, False)) == 0.0
