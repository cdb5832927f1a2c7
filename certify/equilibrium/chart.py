"""Coordinates of an affine subspace: x = base + T y, and the square system that is solved in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.equilibrium.rational_vectors import Vectors, vectors_ball
from certify.linear_algebra.solve import solve


@final
@dataclass(frozen=True)
class Chart:
    """x = base + T y with exact base (n,) and T (n, k) of full rank; a vector v has the test values T^T v.

    Both are None for the whole space: x = y.
    """

    base: Sequence[Fraction] | None = None
    directions: Vectors | None = None

    @cached_property
    def base_ball(self) -> Ball:
        assert self.base is not None
        return rational_ball(list(self.base))

    @cached_property
    def directions_ball(self) -> Ball:
        assert self.directions is not None
        return vectors_ball(self.directions)

    def dimension(self, ambient: int) -> int:
        """k."""
        return ambient if self.directions is None else len(self.directions[0])

    def point(self, coordinates: Ball) -> Ball:
        """base + T y, shape (n,)."""
        return coordinates if self.directions is None else self.base_ball + self.directions_ball @ coordinates

    def exact_point(self, coordinates: np.ndarray) -> list[Fraction]:
        """base + T y at exact floats y."""
        exact = [Fraction(y) for y in coordinates.tolist()]
        if self.base is None or self.directions is None:
            return exact
        rows = zip(self.base, self.directions, strict=True)
        return [start + sum((t * y for t, y in zip(row, exact, strict=True) if t), Fraction(0)) for start, row in rows]

    def tested(self, values: Ball) -> Ball:
        """T^T v, shape (k,)."""
        return values if self.directions is None else self.directions_ball.T @ values

    def derivative(self, jacobian: Ball) -> Ball:
        """T^T J T: the derivative of y -> T^T f(base + T y)."""
        return jacobian if self.directions is None else self.directions_ball.T @ (jacobian @ self.directions_ball)

    def linearisation(self, jacobian: Ball) -> Ball:
        """(T^T T)^-1 T^T J T: the matrix of J on span T (modulo the orthogonal complement), in the basis T."""
        if self.directions is None:
            return jacobian
        return solve(self.directions_ball.T @ self.directions_ball, self.derivative(jacobian))

    def coordinates(self, point: np.ndarray) -> np.ndarray:
        """The coordinates of the nearest point of the subspace (an estimate)."""
        if self.directions is None:
            return point
        return np.asarray(np.linalg.lstsq(self.directions_ball.mid, point - self.base_ball.mid, rcond=None)[0])
