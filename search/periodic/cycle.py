"""The largest cubes around the points of a cycle in which it is proved to be alone."""

import numpy as np

from certify.arithmetic import Ball
from certify.linear_algebra.inverse import approximate_inverse
from certify.periodic.cycle import Cycle
from certify.periodic.prove_cycle import is_injective_around

_GROWTH, _MOST_DOUBLINGS = 2.0, 60


def largest_cycle_radius(cycle: Cycle, points: np.ndarray) -> float | None:
    """A radius of cubes around the points in which the cycle is proved to be the only one, within a factor of two of
    the largest; None when there is none.
    """
    inverse = approximate_inverse(cycle.derivative(Ball.exact(points)).mid)
    if inverse is None:
        return None
    radius, found = 2.0**-40 * max(1.0, float(np.abs(points).max())), None
    for _ in range(_MOST_DOUBLINGS):
        if not is_injective_around(cycle, points, inverse, radius):
            return found
        radius, found = _GROWTH * radius, 0.9 * radius
    return found
