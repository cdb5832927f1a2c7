"""The zeros that are proved already, as arrays that grow: comparisons with many boxes at once."""

from collections.abc import Callable, Iterable
from typing import TypeAlias, final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.known_zeros import KnownZero

Boxes: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Lower and upper bounds, each (N, n)."""

Relation: TypeAlias = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]

_GROUP = 64


@final
class ZeroTable:
    """Different zeros, each in its enclosure and alone in its cube of uniqueness."""

    def __init__(self, dimension: int, zeros: Iterable[KnownZero] = ()) -> None:
        self.zeros: list[KnownZero] = []
        # lower and upper bounds of the zeros, then of their cubes, rounded inward
        self._bounds = np.zeros((4, 16, dimension))
        for zero in zeros:
            self._append(zero)

    def __len__(self) -> int:
        return len(self.zeros)

    def add(self, zero: KnownZero) -> bool:
        """Adds the zero where it is proved to differ from all of the table: the enclosures are disjoint."""
        lower, upper = self._bounds[:2, : len(self)]
        new = bool(np.any((upper < zero.lower) | (zero.upper < lower), axis=1).all())
        if new:
            self._append(zero)
        return new

    def holds_one(self, boxes: Ball) -> np.ndarray:
        """Which of the boxes (N, n) are proved to hold the enclosure of a zero as a whole, (N,)."""
        low = np.nextafter(boxes.mid - boxes.rad, np.inf)
        high = np.nextafter(boxes.mid + boxes.rad, -np.inf)
        return self._matches(low, high, lambda a, b, box_low, box_high: (box_low <= a) & (b <= box_high), 0)

    def outside(self, boxes: Boxes) -> Boxes:
        """The boxes (N, n) that lie in no cube of uniqueness."""
        lower, upper = boxes
        inside = self._matches(lower, upper, lambda a, b, low, high: (a <= low) & (high <= b), 2)
        return (lower[~inside], upper[~inside]) if inside.any() else boxes

    def _matches(self, lower: np.ndarray, upper: np.ndarray, relation: Relation, first: int) -> np.ndarray:
        """Which boxes stand in the relation, in every coordinate, to one row; boxes nearby are compared together."""
        result = np.zeros(len(lower), bool)
        starts, ends = self._bounds[first : first + 2, : len(self)]
        if not len(self) or not len(lower):
            return result
        order = np.argsort(lower[:, 0], kind="stable")
        for k in range(0, len(order), _GROUP):
            rows = order[k : k + _GROUP]
            # what is in the relation to a box meets the hull of the group
            low, high = lower[rows].min(axis=0), upper[rows].max(axis=0)
            meets = np.all(ends >= low, axis=1) & np.all(starts <= high, axis=1)
            if meets.any():
                related = relation(starts[meets], ends[meets], lower[rows, None], upper[rows, None])
                result[rows] = np.any(np.all(related, axis=2), axis=1)
        return result

    def _append(self, zero: KnownZero) -> None:
        count = len(self)
        if count == self._bounds.shape[1]:
            self._bounds = np.concatenate([self._bounds, np.zeros_like(self._bounds)], axis=1)
        self._bounds[:, count] = (zero.lower, zero.upper, *zero.cube)
        self.zeros.append(zero)
