"""Equilibria that are proved already, with the cubes in which each is the only one."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.prove import is_injective
from certify.equilibrium.statement import EquilibriumStatement
from certify.zeros import Undecided, prove_zero
from foundation import InputError

GROWTH, LARGEST_EXPONENT = 1.5, 103


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


def is_new(zeros: Sequence[KnownZero], new: KnownZero) -> bool:
    """Whether the new zero is proved to differ from all of the list: the enclosures are disjoint."""
    return all(bool(((z.upper < new.lower) | (new.upper < z.lower)).any()) for z in zeros)
