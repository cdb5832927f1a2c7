"""tanh and its derivative over intervals, against Arb: contained, and as tight as a few roundings."""

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.morse.tangents import tangents

_BITS = 4000  # 1 - tanh^2 at 700 cancels 2000 bits
_centres = st.floats(-700, 700) | st.floats(-3, 3) | st.sampled_from([0.0, -0.0, 5e-324, -1e-300, 700.0, -20.0, 1e300])
_deviations = st.floats(0, 50) | st.sampled_from([0.0, 1e-320, 1e-12, 1e3, 1e300, np.inf])


def exact(point):
    """(t, s) in Arb."""
    t = flint.arb(point).tanh()
    return t, 1 - t * t


def holds(ball, value, index=0):
    """Whether the number lies in the ball with exact midpoint and radius."""
    return abs(value - flint.arb(float(ball.mid[index]))) <= flint.arb(float(ball.rad[index]))


@settings(deadline=None, max_examples=150)
@given(centre=_centres, deviation=_deviations)
def test_values_at_the_centre_and_bounds_beyond_the_ends(centre, deviation):
    found = tangents(np.array([centre]), np.array([deviation]))
    with flint.ctx.workprec(_BITS):
        if abs(centre) <= 700:
            for ball, value in zip(found.centre, exact(centre), strict=True):
                assert holds(ball, value)
        if abs(centre) + deviation <= 700:
            ends = [flint.arb(centre) - flint.arb(deviation), flint.arb(centre) + flint.arb(deviation)]
            low, high = (exact(end) for end in ends)
            assert flint.arb(float(found.low[0].lower[0])) <= low[0]
            assert flint.arb(float(found.high[0].upper[0])) >= high[0]
            for ball, value in ((found.low[1], low[1]), (found.high[1], high[1])):
                assert flint.arb(float(ball.lower[0])) <= value * (1 + flint.arb(2) ** -40)
                assert flint.arb(float(ball.upper[0])) >= value * (1 - flint.arb(2) ** -40)
            least = min(float(found.low[1].lower[0]), float(found.high[1].lower[0]))
            assert flint.arb(least) <= low[1]
            assert flint.arb(least) <= high[1]
            assert bool(found.straddles[0]) or not (ends[0] <= 0 and ends[1] >= 0)


@pytest.mark.parametrize("place", [0.0, 1e-8, 0.5, -2.0, 19.0, -300.0])
def test_both_are_as_tight_as_a_few_roundings(place):
    found = tangents(np.array([place]), np.zeros(1))
    t, s = found.centre
    assert t.rad[0] <= 8 * 2.0**-53
    assert s.mid[0] > 0
    assert s.rad[0] <= 16 * 2.0**-53 * s.mid[0]


def test_the_whole_line():
    found = tangents(np.zeros(1), np.full(1, np.inf))
    assert found.low[0].lower[0] <= -1
    assert found.high[0].upper[0] >= 1
    assert found.low[1].lower[0] <= 0
    assert found.straddles[0]
