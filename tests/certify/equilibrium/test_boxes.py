"""Interval Newton steps lose no zero, and a box that is proved to hold one holds one."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.equilibrium.boxes import BoxField, newton_step
from certify.program import trace

MIXING = np.array([[1.0, 0.5], [-0.25, 1.0]])
ROOTS = np.array([[-1.0, 0.75], [-0.5, 2.0]])


def planted(x):
    """Zeros exactly at the four pairs of ROOTS: an invertible mixture of (x - a)(x - b)."""
    return jnp.array(MIXING) @ ((x - ROOTS[:, 0]) * (x - ROOTS[:, 1]))


ZEROS = np.array([[a, b] for a in ROOTS[0] for b in ROOTS[1]])


@pytest.fixture(scope="module")
def field():
    return BoxField(trace(planted, np.zeros(2)), False)


offsets = st.floats(0, 2, allow_subnormal=False)


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 3), st.lists(offsets, min_size=4, max_size=4))
def test_no_zero_is_lost(field, which, reach):
    """Boxes with the zero inside, on a face, at a corner, or as their only point in a coordinate."""
    zero = ZEROS[which]
    lower, upper = zero - np.array(reach[:2]), zero + np.array(reach[2:])
    step = newton_step(field, lower[None], upper[None])
    assert not step.excluded[0]
    assert (step.lower[0] <= zero).all()
    assert (zero <= step.upper[0]).all()


@settings(deadline=None, max_examples=60)
@given(st.lists(st.floats(-3, 3), min_size=2, max_size=2), st.floats(0.001, 1.5), st.floats(0.001, 1.5))
def test_single_means_one(field, corner, width, height):
    lower = np.array(corner)
    step = newton_step(field, lower[None], lower[None] + np.array([[width, height]]))
    if step.single[0]:
        wide = step.wide
        inside = [(wide.lower[0] <= z).all() and (z <= wide.upper[0]).all() for z in ZEROS]
        assert sum(inside) == 1


def test_the_tests_decide(field):
    """Near a zero a box is proved to hold one; away from all zeros it is excluded."""
    near = newton_step(field, ZEROS - 0.01, ZEROS + 0.02)
    assert near.single.all()
    assert (near.upper - near.lower).max() < 1e-3
    away = newton_step(field, ZEROS + 0.1, ZEROS + 0.2)
    assert away.excluded.all()


def test_boxes_beyond_the_domain_are_never_excluded():
    roots = BoxField(trace(lambda x: jnp.sqrt(x) + 1, np.zeros(1)), False)
    lower, upper = np.array([[-1.0], [0.5]]), np.array([[0.5], [1.0]])
    step = newton_step(roots, lower, upper)
    assert list(step.excluded) == [False, True]
    values = roots.values(Ball.from_bounds(lower, upper))
    assert np.isinf(values.rad[0, 0])
    assert np.isfinite(values.rad[1, 0])


def test_undecided_branches_are_unbounded():
    jump = BoxField(trace(lambda x: jnp.where(x > 0, x + 1, x - 1), np.zeros(1)), False)
    step = newton_step(jump, np.array([[-0.5], [0.25]]), np.array([[0.5], [0.5]]))
    assert not step.single[0]
    assert step.excluded[1]
