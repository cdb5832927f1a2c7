"""Balls of directions v(t) (`line_geometry`) and bounds of determinants: rounded outwards."""

import numpy as np

from certify.arithmetic import Ball, where


def direction_balls(t: np.ndarray) -> tuple[Ball, Ball]:
    """The coordinates of v(t) at floats t in [0, 2]."""
    one, exact = Ball.exact(np.float64(1.0)), Ball.exact(t)
    return one - exact, where(t <= 1.0, exact, Ball.exact(np.float64(2.0)) - exact)


def determinant_bounds(matrices: Ball, least: bool = False) -> np.ndarray:
    """Bounds (k,) of |det A_i| from above, or from below."""
    determinant = matrices[:, 0, 0] * matrices[:, 1, 1] - matrices[:, 0, 1] * matrices[:, 1, 0]
    return determinant.mignitude if least else determinant.magnitude
