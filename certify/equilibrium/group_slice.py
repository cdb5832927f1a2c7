"""Linear symmetries x -> exp(t S) x: a slice across the group's orbit, and the square system solved on it."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.rational_vectors import Vectors, exact_matrix, product, vectors_ball
from certify.linear_algebra.matrix_exponential import matrix_exponential
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.linear_algebra.solve import solve
from foundation import CertificateError

# For skew C of a norm below pi, <C x, exp(C) x> = 0 only where C x = 0.
_BELOW_PI = 3.0


@final
@dataclass(frozen=True, eq=False)
class GroupSlice:
    """Relative equilibria f(x) = M(c) x on the slice x = base + across y, with unknowns (y, c).

    generators: s commuting exact matrices S_k (n x n), C = c_1 S_1 + ... + c_s S_s; M = C for a flow, exp(C) for a map.
    base: floats (n,). across: floats (n, n - s), taken exactly, transverse to the directions S_k base: where it is not,
    nothing is proved. y are the first n - s unknowns, c the velocities (map: steps) along the symmetries.
    """

    base: np.ndarray
    across: np.ndarray
    generators: Sequence[Vectors]
    is_map: bool

    @staticmethod
    def from_tree(problem: Mapping[str, Any], n: int, is_map: bool) -> "GroupSlice":
        """Read from the problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        generators = problem.get("generators")
        require(isinstance(generators, list) and 0 < len(generators) < n, "a malformed list of generators")
        require(all(_is_square(matrix, n) for matrix in generators), "a malformed generator")  # type: ignore[union-attr]
        require(commute(generators), "generators that do not commute")  # type: ignore[arg-type]
        base, across = problem.get("base"), problem.get("across")
        require(_is_finite(base, (n,)), "a malformed base point")
        require(_is_finite(across, (n, n - len(generators))), "a malformed slice")  # type: ignore[arg-type]
        return GroupSlice(base, across, generators, is_map)  # type: ignore[arg-type]

    def as_tree(self) -> dict[str, Any]:
        """The slice as data."""
        matrices = [[list(row) for row in matrix] for matrix in self.generators]
        return {"base": self.base, "across": self.across, "generators": matrices}

    @property
    def dimension(self) -> int:
        """n - s."""
        return int(self.across.shape[1])

    def point(self, unknowns: Ball) -> Ball:
        """base + across y, shape (n,)."""
        return Ball.exact(self.base) + Ball.exact(self.across) @ unknowns[: self.dimension]

    def defect(self, values: Ball, unknowns: Ball) -> Ball:
        """f(x) - M(c) x from the values f(x), shape (n,)."""
        return values - self._action(unknowns) @ self.point(unknowns)

    def exact_point(self, unknowns: np.ndarray) -> list[Fraction]:
        """base + across y at exact floats."""
        y = [Fraction(value) for value in unknowns[: self.dimension].tolist()]
        rows = zip(self.base.tolist(), self.across.tolist(), strict=True)
        return [
            Fraction(b) + sum((Fraction(t) * v for t, v in zip(r, y, strict=True) if t), Fraction(0)) for b, r in rows
        ]

    def sharp_defect(self, values: np.ndarray, point: np.ndarray, unknowns: np.ndarray) -> np.ndarray:
        """f(x) - M(c) x in Arb balls of the working precision."""
        speeds = [Fraction(value) for value in unknowns[self.dimension :].tolist()]
        rows = len(self.base)
        total = flint.fmpq_mat(rows, rows)
        for matrix, speed in zip(self.generators, speeds, strict=True):
            total += exact_matrix(matrix) * flint.fmpq(speed.numerator, speed.denominator)
        action = flint.arb_mat(total)
        moved = (action.exp() if self.is_map else action) * flint.arb_mat([[x] for x in point])
        return np.array([value - moved[i, 0] for i, value in enumerate(values)], dtype=object)

    def derivative(self, jacobian: Ball, unknowns: Ball) -> Ball:
        """Derivative of `defect` by (y, c), (n, n): (Df - M) across and, by c_k, -S_k x (map: -S_k M x)."""
        action, point = self._action(unknowns), self.point(unknowns)
        along = self._along(action @ point if self.is_map else point)
        return _beside((jacobian - action) @ Ball.exact(self.across), -along)

    def linearisation(self, jacobian: Ball, unknowns: Ball) -> Ball:
        """Df - C (map: exp(-C) Df) on the quotient by the directions S_k x, (n - s, n - s), in the basis `across`.

        It is the derivative of the system in the coordinates of the slice: by equivariance the directions S_k x are in
        its kernel (map: fixed), and the quotient removes them.
        """
        if self.is_map:
            moving = matrix_exponential(-self._combination(unknowns)) @ jacobian
        else:
            moving = jacobian - self._combination(unknowns)
        basis = _beside(Ball.exact(self.across), self._along(self.point(unknowns)))
        return solve(basis, moving @ Ball.exact(self.across))[: self.dimension]

    def is_unmoved(self, unknowns: Ball) -> bool:
        """Whether <S_k x, f(x)> = 0 for all k makes a relative equilibrium with these unknowns one with c = 0.

        At a proved zero the columns S_k x are independent. Flow: their Gram matrix maps c to 0. Map: C is skew with
        frequencies w below pi, and 0 = <C x, exp(C) x> is a sum of w sin(w) |x_w|^2.
        """
        if not self.is_map:
            return True
        skew = all(m[i][j] == -m[j][i] for m in self.generators for i in range(len(m)) for j in range(i + 1))
        return skew and frobenius_norm_bound(self._combination(unknowns)) < _BELOW_PI

    @cached_property
    def _matrices(self) -> tuple[Ball, ...]:
        return tuple(vectors_ball(matrix) for matrix in self.generators)

    def _combination(self, unknowns: Ball) -> Ball:
        total = self._matrices[0] * unknowns[self.dimension]
        for k, matrix in enumerate(self._matrices[1:], 1):
            total = total + matrix * unknowns[self.dimension + k]
        return total

    def _action(self, unknowns: Ball) -> Ball:
        combination = self._combination(unknowns)
        return matrix_exponential(combination) if self.is_map else combination

    def _along(self, point: Ball) -> Ball:
        """The columns S_k x, (n, s)."""
        columns = [matrix @ point for matrix in self._matrices]
        return Ball(*(np.stack([getattr(c, name) for c in columns], axis=1) for name in ("mid", "rad")))


def commute(generators: Sequence[Vectors]) -> bool:
    """Whether every two of the matrices commute exactly."""
    return all(product(a, b) == product(b, a) for i, a in enumerate(generators) for b in generators[:i])


def _beside(left: Ball, right: Ball) -> Ball:
    return Ball(*(np.concatenate([getattr(part, name) for part in (left, right)], axis=1) for name in ("mid", "rad")))


def _is_square(matrix: Any, n: int) -> bool:
    rows = (
        isinstance(matrix, list) and len(matrix) == n and all(isinstance(row, list) and len(row) == n for row in matrix)
    )
    return rows and all(isinstance(entry, Fraction) and math.isfinite(_size(entry)) for row in matrix for entry in row)


def _size(entry: Fraction) -> float:
    try:
        return float(entry)
    except OverflowError:
        return math.inf


def _is_finite(array: Any, shape: tuple[int, ...]) -> bool:
    good = isinstance(array, np.ndarray) and array.dtype == np.float64 and array.shape == shape
    return good and bool(np.isfinite(array).all())


def require(condition: bool, what: str) -> None:
    if not condition:
        raise CertificateError(f"the problem of the equilibrium certificate has {what}")
