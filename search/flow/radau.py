"""Collocation at Radau's points: a polynomial that solves a differential equation there, in floats."""

from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np
import scipy.linalg
from numpy.polynomial import chebyshev, legendre

from certify.program import Program, evaluate, jacobian_program
from foundation import InputError

# Errors of a step fall like its 14th power, and a polynomial field keeps the degree of its defect below 30.
DEGREE = 14
_NEWTON = 12
# Newton's steps that no longer shrink are accepted below this, relative to the components' sizes.
_WORST_NEWTON = 1e-11


@final
@dataclass(frozen=True)
class Collocation:
    """The field in floats and the matrices of the collocation."""

    field: Program

    @cached_property
    def slope(self) -> Program:
        return jacobian_program(self.field, (0,))

    @cached_property
    def nodes(self) -> np.ndarray:
        """-1 and Radau's points on (-1, 1], with 1."""
        roots = np.sort(legendre.legroots([0.0] * (DEGREE - 1) + [1.0, 1.0]).real)  # -1 and the inner points, mirrored
        return np.concatenate([[-1.0], np.sort(-roots[1:]), [1.0]])

    @cached_property
    def to_chebyshev(self) -> np.ndarray:
        """Values at the nodes -> coefficients."""
        return np.asarray(np.linalg.inv(chebyshev.chebvander(self.nodes, DEGREE)))

    @cached_property
    def derivative(self) -> np.ndarray:
        """Values at the nodes -> derivatives there."""
        slopes = np.array([chebyshev.chebder(row) for row in np.eye(DEGREE + 1)])
        return np.asarray((chebyshev.chebvander(self.nodes, DEGREE - 1) @ slopes.T) @ self.to_chebyshev)

    def values(self, points: np.ndarray) -> np.ndarray:
        shape = self.field.inputs[0].shape
        (found,) = evaluate(self.field, [points.reshape(len(points), *shape)], batch=[True])
        return np.asarray(found.mid).reshape(points.shape)

    def slopes(self, points: np.ndarray) -> np.ndarray:
        shape, n = self.field.inputs[0].shape, points.shape[1]
        (found,) = evaluate(self.slope, [points.reshape(len(points), *shape)], batch=[True])
        return np.asarray(found.mid).reshape(len(points), n, n)

    def solved(self, start: np.ndarray, guess: np.ndarray, half: float, scale: np.ndarray) -> np.ndarray | None:
        """Coefficients (n, DEGREE + 1) with p(-1) = start and p' = half f(p) at Radau's points; or None."""
        n, rows = len(start), self.derivative[1:]
        points, last = guess, np.inf
        base = np.kron(rows[:, 1:], np.eye(n))
        for _ in range(_NEWTON):
            try:
                defect = rows @ np.vstack([start, points]) - half * self.values(points)
                slopes = half * self.slopes(points) / scale[None, :, None] * scale[None, None, :]
            except InputError:
                return None
            if not np.isfinite(slopes).all() or not np.isfinite(defect).all():
                return None
            matrix = base - scipy.linalg.block_diag(*slopes)
            step = np.linalg.lstsq(matrix, (defect / scale).ravel(), rcond=None)[0].reshape(DEGREE, n)
            points = points - step * scale
            if not np.isfinite(points).all():
                return None
            larger = np.maximum(scale, np.abs(points).max(axis=0))
            size, scale = float(np.abs(step * (scale / larger)).max()), larger
            if size < 1e-15 or (size < _WORST_NEWTON and size > last / 4):
                break
            last = size
        else:
            return None
        return np.asarray((self.to_chebyshev @ np.vstack([start, points])).T)
