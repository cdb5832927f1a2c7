"""Equilibria that are proved already, with the cubes in which each is the only one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.prove import is_injective
from certify.equilibrium.statement import EquilibriumStatement
from certify.linear_algebra.inverse import approximate_inverse
from certify.zeros import Undecided, prove_zero
from foundation import InputError

# Cubes of 1.5^k units are tried, a unit being 2^-40 of the point: a point near 0 says nothing of the size.
GROWTH, LARGEST_EXPONENT, LARGEST_SHRINKING = 1.5, 1700, 1200
_NEWTON_STEPS = 12


@final
@dataclass(frozen=True, eq=False)
class KnownZero:
    """An exact zero lies in `box` (n,) around `point` (n,), and is the only one in the cube of `radius` around it.

    inverse (n, n): approximate inverse of the derivative, the witness of both.
    """

    point: np.ndarray
    inverse: np.ndarray
    radius: float
    box: Ball

    @cached_property
    def lower(self) -> np.ndarray:
        """Lower bounds of the zero."""
        return self.box.lower

    @cached_property
    def upper(self) -> np.ndarray:
        """Upper bounds of the zero."""
        return self.box.upper

    @cached_property
    def cube(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of the cube of uniqueness, rounded inward."""
        low = np.nextafter(self.point - self.radius, np.inf)
        return low, np.nextafter(self.point + self.radius, -np.inf)


def prove_known(
    statement: EquilibriumStatement, point: np.ndarray, inverse: np.ndarray, radius: float
) -> KnownZero | None:
    """The zero near `point` with its cube of uniqueness; None when one of the two is not proved."""
    try:
        proof = prove_zero(statement.residual(point), statement.derivative, point, right_inverse=inverse)
        if isinstance(proof, Undecided) or not proof.box.max() <= radius < np.inf:
            return None
        if not is_injective(statement, point, inverse, radius):
            return None
    except InputError:
        return None
    return KnownZero(point, inverse, radius, Ball(point, proof.box))


def find_zero(statement: EquilibriumStatement, start: np.ndarray) -> KnownZero | None:
    """Newton's method from `start`, then the proof with the largest cube of uniqueness, up to a factor."""
    try:
        point, inverse = _polished(statement, start)
    except InputError:
        return None
    if inverse is None:
        return None
    radius = largest_radius(statement, point, inverse)
    return None if radius is None else prove_known(statement, point, inverse, radius)


def largest_radius(statement: EquilibriumStatement, point: np.ndarray, inverse: np.ndarray) -> float | None:
    """The radius of a cube in which the map is proved to be one to one, within a factor of 1.5 of the largest tried."""
    unit = 2.0**-40 * float(np.abs(point).max() or 1.0)

    def proved(exponent: int) -> bool:
        radius = min(unit * GROWTH**exponent, 2.0**1000)
        try:
            return is_injective(statement, point, inverse, radius)
        except InputError:
            return False

    low, high = (0, LARGEST_EXPONENT) if proved(0) else (-LARGEST_SHRINKING, 0)
    if low and not proved(low):
        return None
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if proved(middle) else (low, middle)
    return min(unit * GROWTH**low, 2.0**1000) * 0.9


def is_new(zeros: Sequence[KnownZero], new: KnownZero) -> bool:
    """Whether the new zero is proved to differ from all of the list: the enclosures are disjoint."""
    return all(bool(((z.upper < new.lower) | (new.upper < z.lower)).any()) for z in zeros)


def _polished(statement: EquilibriumStatement, start: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    point = start
    for _ in range(_NEWTON_STEPS):
        inverse = approximate_inverse(statement.derivative(Ball.exact(point)).mid)
        if inverse is None:
            return point, None
        step = inverse @ statement.residual(point).mid
        if not np.isfinite(step).all():
            return point, None
        point = point - step
        if np.abs(step).max() <= 2.0**-52 * max(float(np.abs(point).max()), 2.0**-900):
            break
    return point, approximate_inverse(statement.derivative(Ball.exact(point)).mid)
