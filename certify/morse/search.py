"""All critical points in a box: subdivision until every part is excluded, or belongs to a proved critical point."""

from collections.abc import Sequence

import numpy as np

from certify.equilibrium import KnownZero
from certify.morse.exclusion import Exclusion, exclude
from certify.morse.partition import Boxes
from certify.morse.problem import MorseProblem


def covered(zeros: Sequence[KnownZero], boxes: Boxes) -> np.ndarray:
    """Which boxes (N, d) lie in the cube of uniqueness of a proved critical point."""
    lower, upper = boxes
    found = np.zeros(len(lower), bool)
    for zero in zeros:
        low = np.nextafter(zero.point - zero.radius, np.inf)
        high = np.nextafter(zero.point + zero.radius, -np.inf)
        found |= (low <= lower).all(axis=1) & (upper <= high).all(axis=1)
    return found


def excluded(problem: MorseProblem, boxes: Boxes) -> Exclusion:
    """The exclusion test of boxes (N, d)."""
    return exclude(problem.gradients.forms(*boxes))
