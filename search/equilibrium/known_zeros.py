"""Newton's method for one zero, and the largest cube in which it is proved to be alone."""

import math
from collections.abc import Callable

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.known_zeros import GROWTH, KnownZero, prove_known
from certify.equilibrium.prove import injectivity_defect
from certify.equilibrium.statement import EquilibriumStatement
from certify.linear_algebra.inverse import approximate_inverse
from foundation import InputError
from search.newton import newton

_NEWTON_STEPS = 12
# Cubes of 1.5^k units, a unit being 2^-40 of the point: a point near 0 says nothing of the size.
_LARGEST_EXPONENT, _LARGEST_SHRINKING = 1700, 1200
_MODEL_STEPS = 5


def find_zero(statement: EquilibriumStatement, start: np.ndarray) -> KnownZero | None:
    """Newton's method from `start`, then the proof with the largest cube of uniqueness, up to a factor."""

    def residual(point: np.ndarray) -> np.ndarray:
        return np.asarray(statement.residual(point).mid)

    def derivative(point: np.ndarray) -> np.ndarray:
        return np.asarray(statement.derivative(Ball.exact(point)).mid)

    try:
        point = newton(start, residual, derivative, steps=_NEWTON_STEPS).point
        inverse = approximate_inverse(derivative(point))
    except InputError:
        return None
    if inverse is None:
        return None
    radius = largest_radius(statement, point, inverse)
    return None if radius is None else prove_known(statement, point, inverse, radius)


def largest_radius(statement: EquilibriumStatement, point: np.ndarray, inverse: np.ndarray) -> float | None:
    """The radius of a cube in which the map is proved to be one to one, within a factor of 1.5 of the largest tried."""
    unit = 2.0**-40 * float(np.abs(point).max() or 1.0)

    def defect(exponent: int) -> float:
        radius = min(unit * GROWTH**exponent, 2.0**1000)
        try:
            return injectivity_defect(statement, point, inverse, radius)
        except InputError:
            return np.inf

    first = defect(0)
    if first < 1:
        low = _last_below_one(defect, (0, first), (_LARGEST_EXPONENT, np.inf))
    else:
        least = defect(-_LARGEST_SHRINKING)
        if not least < 1:
            return None
        low = _last_below_one(defect, (-_LARGEST_SHRINKING, least), (0, first))
    return min(unit * GROWTH**low, 2.0**1000) * 0.9


def _last_below_one(defect: Callable[[int], float], low: tuple[int, float], high: tuple[int, float]) -> int:
    """The last whole number at which the defect is below 1, between one where it is and one where it is not.

    The defect grows about in proportion to the radius GROWTH^number: steps of that model lead to the place or one
    beyond. Where they went too far, or fell short several times, the rest is halved.
    """
    steps = 0
    while high[0] - low[0] > 1:
        middle = (low[0] + high[0]) // 2
        if steps < _MODEL_STEPS and low[1] > 0:
            further = max(int(-math.log(low[1]) / math.log(GROWTH)), 1)
            middle = min(low[0] + further, high[0] - 1)
        value, steps = defect(middle), steps + 1
        if value < 1:
            low = (middle, value)
        else:
            high, steps = (middle, value), _MODEL_STEPS
    return low[0]
