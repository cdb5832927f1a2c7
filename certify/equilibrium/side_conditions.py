"""Affine functions of the unknowns that must stay between bounds: they contract and exclude boxes."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.contraction import contracted


@final
@dataclass(frozen=True, eq=False)
class SideConditions:
    """lower <= base + T y <= upper; matrix T: Ball (m, k), base: Ball (m,), lower and upper (m,)."""

    matrix: Ball
    base: Ball
    lower: np.ndarray
    upper: np.ndarray

    def contract(self, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Bounds of the points of the boxes (N, k) that obey them, and which boxes hold none, (N,).

        From base + T c + T (y - c) - s = 0 with s between the bounds and c the midpoint, each row and unknown in turn.
        """
        boxes = Ball.from_bounds(lower, upper)
        count = len(lower)
        slack = Ball.from_bounds(self.lower, self.upper)
        values = (self.matrix @ Ball.exact(boxes.mid).T).T + self.base - slack
        slopes = Ball(*(np.broadcast_to(part, (count, *part.shape)) for part in (self.matrix.mid, self.matrix.rad)))
        low, high = contracted(slopes, values, boxes, lower, upper)
        empty = np.asarray((low > high).any(axis=1))
        # a row without an unknown, or with all its unknowns: its range against its bounds
        spread = (self.matrix @ boxes.T).T + self.base
        empty = empty | np.asarray(((spread.upper < self.lower) | (spread.lower > self.upper)).any(axis=1))
        return np.where(empty[:, None], lower, low), np.where(empty[:, None], upper, high), empty
