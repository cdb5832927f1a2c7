"""Branch and bound over all directions of R^d: cells of the cube's faces are halved until each is proved.

Statement and proof: docs/theory/cells.md.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from certify.lyapunov.time_limit import check_time
from foundation.computing_time import computing_time

Cells: TypeAlias = tuple[np.ndarray, np.ndarray]
"""Centres (L, d) and half-widths (L, d)."""

CellBound: TypeAlias = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(centres, half-widths) -> proved lower bounds (L,) over the cells, and weights (L, d) that say which side to cut."""

# A bound that fails on cells of this size fails at a point, or nearly; sides are exact far below it.
_SMALLEST_SIDE = 2.0**-24


def covers(
    bound: CellBound, dimension: int, target: float, *, at_once: int, most: int, deadline: float, each: float = 1.0
) -> bool:
    """Whether halving proves `bound` >= target in every direction, with at most `most` cells in all.

    Every direction is, up to its sign and length, a point of one of the d faces v_i = 1, |v_j| <= 1. at_once: how many
    cells are bounded together; each: how many elementary functions of balls a cell costs, about. deadline: a
    `computing_time()` value. Fails closed: a bound that is NaN proves nothing, and its cell stays open; so does every
    cell under a target that is NaN.
    """
    centres, halves = np.eye(dimension), 1.0 - np.eye(dimension)
    seen = 0
    while len(centres):
        seen += len(centres)
        if seen > most or halves.max(axis=1).min() < _SMALLEST_SIDE:
            return False
        open_cells, weights = [], []
        for start in range(0, len(centres), at_once):
            check_time(min(at_once, len(centres) - start) * each)
            if computing_time() > deadline:
                return False
            part = slice(start, start + at_once)
            found, weight = bound(centres[part], halves[part])
            open_cells.append(~(found >= target))
            weights.append(weight)
        kept = np.concatenate(open_cells)
        centres, halves = halved(centres[kept], halves[kept], np.concatenate(weights)[kept])
    return True


def halved(centres: np.ndarray, halves: np.ndarray, weights: np.ndarray) -> Cells:
    """Both halves of every cell, cut across the side of greatest weight (exact: sides are powers of two)."""
    rows, side = np.arange(len(centres)), np.where(halves > 0, weights, -1.0).argmax(axis=1)
    smaller = halves.copy()
    smaller[rows, side] /= 2
    shift = np.zeros_like(centres)
    shift[rows, side] = smaller[rows, side]
    return np.concatenate([centres - shift, centres + shift]), np.concatenate([smaller, smaller])
