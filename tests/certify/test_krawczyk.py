"""Krawczyk's test on systems whose zeros are known in closed form."""

import math

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.krawczyk import krawczyk
from certify.verdict import Verdict
from foundation import InputError


def circle_and_line(x: Ball) -> Ball:
    """x^2 + y^2 - 1 = 0, x - y = 0: zeros +-(2^-1/2, 2^-1/2)."""
    squares = x.square()
    first = squares[0:1] + squares[1:2] - 1.0
    return Ball(np.concatenate([first.mid, (x[0:1] - x[1:2]).mid]), np.concatenate([first.rad, (x[0:1] - x[1:2]).rad]))


def circle_and_line_jacobian(x: Ball) -> Ball:
    double = 2.0 * x
    return Ball(np.stack([double.mid, [1.0, -1.0]]), np.stack([double.rad, [0.0, 0.0]]))


def test_inclusion_is_sharp():
    result = krawczyk(circle_and_line, circle_and_line_jacobian, Ball(np.array([0.7, 0.7]), np.array([0.1, 0.1])))
    assert result.verdict is Verdict.PROVED
    with ctx.workprec(200):
        exact = arb(0.5).sqrt()
        for mid, rad in zip(result.box.mid, result.box.rad, strict=True):
            assert abs(exact - arb(mid)) <= arb(rad)
    assert result.box.rad.max() < 1e-14


def test_exclusion_and_undecided():
    away = krawczyk(circle_and_line, circle_and_line_jacobian, Ball(np.array([2.0, 2.0]), np.array([0.5, 0.5])))
    assert away.verdict is Verdict.REFUTED
    near = krawczyk(circle_and_line, circle_and_line_jacobian, Ball(np.array([0.9, 0.6]), np.array([0.12, 0.12])))
    assert near.verdict is Verdict.REFUTED
    both = krawczyk(circle_and_line, circle_and_line_jacobian, Ball(np.zeros(2), np.ones(2)))
    assert both.verdict is Verdict.UNDECIDED
    assert both.box.contains(np.full(2, math.sqrt(0.5))).all()


def test_double_zero_is_undecided():
    """x^2 = 0: no method of this kind can prove it."""
    result = krawczyk(lambda x: x.square(), lambda x: (2.0 * x).reshape(1, 1), Ball(np.array([1e-3]), np.array([0.1])))
    assert result.verdict is Verdict.UNDECIDED


def test_every_component_must_be_mapped_inside():
    """(x, y^2 - y) on [-1, 1] x [-1/2, 3/2] has two zeros."""

    def function(x: Ball) -> Ball:
        second = x[1:2].square() - x[1:2]
        return Ball(np.concatenate([x.mid[:1], second.mid]), np.concatenate([x.rad[:1], second.rad]))

    def jacobian(x: Ball) -> Ball:
        slope = 2.0 * x[1:2] - 1.0
        return Ball(np.diag([1.0, slope.mid[0]]), np.diag([0.0, slope.rad[0]]))

    for center in (0.5, 0.4, 0.7):
        result = krawczyk(function, jacobian, Ball(np.array([0.0, center]), np.array([1.0, 1.0])))
        assert result.verdict is Verdict.UNDECIDED
    single = krawczyk(function, jacobian, Ball(np.array([0.0, 1.02]), np.array([1.0, 0.1])))
    assert single.verdict is Verdict.PROVED
    assert single.box.contains(np.array([0.0, 1.0])).all()


@settings(deadline=None, max_examples=200)
@given(st.floats(-3, 3), st.floats(1e-6, 3))
def test_cubic_with_zeros_at_minus_one_zero_one(middle, radius):
    """x^3 - x: the verdict never contradicts the number of zeros in the box."""
    box = Ball.exact([middle]).widened(radius)
    result = krawczyk(lambda x: x * x.square() - x, lambda x: (3.0 * x.square() - 1.0).reshape(1, 1), box)
    inside = [z for z in (-1.0, 0.0, 1.0) if box.contains(z).all()]
    if result.verdict is Verdict.PROVED:
        assert len(inside) == 1
    if result.verdict is Verdict.REFUTED:
        # a zero on the very border may be counted either way by the rounded comparison of the test
        assert all(abs(abs(z - middle) - radius) < 1e-15 for z in inside)
    else:
        assert all(result.box.contains(z).all() for z in inside)


def test_bad_input_and_unbounded_values():
    with pytest.raises(InputError):
        krawczyk(circle_and_line, circle_and_line_jacobian, Ball(np.zeros(2), np.full(2, np.inf)))
    with pytest.raises(InputError):
        krawczyk(circle_and_line, circle_and_line_jacobian, np.zeros((2, 2)))
    with pytest.raises(InputError):
        krawczyk(lambda x: x[0:1], circle_and_line_jacobian, np.zeros(2))
    undecided = krawczyk(
        lambda x: Ball(np.zeros(2), np.full(2, np.inf)),
        lambda x: Ball(np.zeros((2, 2)), np.full((2, 2), np.inf)),
        Ball(np.zeros(2), np.ones(2)),
    )
    assert undecided.verdict is Verdict.UNDECIDED
