"""Newton's method for one zero, and the largest cube in which it is proved to be alone."""

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.known_zeros import GROWTH, LARGEST_EXPONENT, KnownZero, prove_known
from certify.equilibrium.prove import is_injective
from certify.equilibrium.statement import EquilibriumStatement
from certify.linear_algebra.inverse import approximate_inverse
from foundation import InputError
from search.newton import newton

_NEWTON_STEPS = 12


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
    unit = 2.0**-40 * max(1.0, float(np.abs(point).max()))

    def proved(exponent: int) -> bool:
        try:
            return is_injective(statement, point, inverse, unit * GROWTH**exponent)
        except InputError:
            return False

    low, high = 0, LARGEST_EXPONENT
    if not proved(low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if proved(middle) else (low, middle)
    return unit * GROWTH**low * 0.9
