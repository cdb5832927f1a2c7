"""Boxes that a map takes into itself: they hold the fixed point, and there is none where no such box exists."""

import flint
import mpmath
import numpy as np

from certify.program.matrices.fixed_points import box_of_fixed_point

WIDER = np.frompyfunc(lambda x: x + flint.arb(0, 1) * (x.rad() / 4 + abs(x.mid()) / 8 + 2.0**-40), 1, 1)
EACH = np.frompyfunc(lambda f, x: f(x), 2, 1)


def ball(value):
    return np.array([flint.arb(value)], dtype=object)


def test_the_fixed_point_of_the_cosine():
    (found,) = box_of_fixed_point(lambda x: EACH(flint.arb.cos, x), ball(0.7), WIDER)
    with mpmath.workdps(40):
        exact = mpmath.findroot(lambda x: mpmath.cos(x) - x, 0.74)
        assert found.contains(flint.arb(str(exact)))
    assert float(found.rad()) < 0.1


def test_an_expanding_map_gives_no_box():
    """2 x + 1 has its fixed point at -1, and meets every box from 1 on without staying in it."""
    assert box_of_fixed_point(lambda x: 2 * x + 1, ball(1), WIDER) is None


def test_a_map_without_values_gives_no_box():
    assert box_of_fixed_point(lambda x: EACH(flint.arb.log, x), ball(-1), WIDER) is None
