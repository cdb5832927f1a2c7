"""Where all equilibria of a field are looked for: a box, perhaps cut by an invariant subspace, in units of its size."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.boxes import BoxField
from certify.equilibrium.known_zeros import KnownZero
from certify.equilibrium.reduced import pivots, reduced
from certify.equilibrium.side_conditions import SideConditions
from certify.equilibrium.statement import EquilibriumStatement
from certify.program.rescale import LARGEST_EXPONENT, rescaled
from foundation import CertificateError, InputError

# Sizes within 2^10 of 1 are taken as they are: float64 leaves room enough.
_NEAR_ONE = 10


@final
@dataclass(frozen=True, eq=False)
class SearchSpace:
    """statement: the field with its subspace, or on the whole space. lower, upper: the box (n,).

    exponents: of the units of the k unknowns z, y = 2^exponents z; y is the point x itself, or its entries `places`,
    in which the subspace is x = base + T y.
    """

    statement: EquilibriumStatement
    lower: np.ndarray
    upper: np.ndarray
    exponents: tuple[int, ...]
    places: tuple[int, ...] = field(default=())

    @staticmethod
    def of(
        statement: EquilibriumStatement, lower: np.ndarray, upper: np.ndarray, exponents: tuple[int, ...] | None = None
    ) -> "SearchSpace":
        """The space, in units that suit the box where none are given; `CertificateError` where they do not fit."""
        places = tuple(range(len(lower)))
        if statement.restriction == "subspace":
            found = pivots(statement.base, statement.vectors)
            if found is None:
                raise CertificateError("the subspace has no entries of the point as coordinates")
            places = tuple(found)
        if exponents is None:
            exponents = suitable(lower[list(places)], upper[list(places)])
        if len(exponents) != len(places) or any(abs(e) > LARGEST_EXPONENT for e in exponents):
            raise CertificateError("the units of the certificate's witness do not fit")
        return SearchSpace(statement, lower, upper, exponents, places)

    @property
    def is_restricted(self) -> bool:
        return self.statement.restriction == "subspace"

    @property
    def dimension(self) -> int:
        """k."""
        return len(self.places)

    @cached_property
    def box(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds (k,) of the unknowns z; raises `InputError` where the units are not exact."""
        rows = list(self.places)
        return self.down(self.lower[rows]), self.down(self.upper[rows])

    @cached_property
    def unknowns(self) -> EquilibriumStatement:
        """The field, or map, of the unknowns z on the whole of R^k."""
        s = self.statement
        if self.is_restricted:
            program = reduced(s.field, s.base, s.vectors, self.places, self.exponents)
        else:
            program = rescaled(s.field, self.exponents, [-e for e in self.exponents])
        return EquilibriumStatement(program, s.kind)

    @cached_property
    def field(self) -> BoxField:
        return BoxField(self.unknowns.field, self.unknowns.is_map, self._conditions)

    @cached_property
    def _conditions(self) -> SideConditions | None:
        """The bounds of the entries of x that are no coordinates."""
        rest = [i for i in range(len(self.lower)) if i not in set(self.places)]
        if not rest:
            return None
        matrix, base = self._chart
        return SideConditions(matrix[rest], base[rest], self.lower[rest], self.upper[rest])

    @cached_property
    def _chart(self) -> tuple[Ball, Ball]:
        """T 2^e and base."""
        chart = self.statement.chart
        return chart.directions_ball * self._units, chart.base_ball

    @cached_property
    def _units(self) -> np.ndarray:
        return np.asarray(np.ldexp(1.0, np.array(self.exponents)))

    def down(self, values: np.ndarray) -> np.ndarray:
        """z of floats y, (..., k); raises `CertificateError` where that is not exact."""
        scaled = np.ldexp(values, -np.array(self.exponents))
        if not np.array_equal(np.ldexp(scaled, np.array(self.exponents)), values):
            raise CertificateError("a number is beyond the range of its unit; rescale the variables")
        return np.asarray(scaled)

    def up(self, values: np.ndarray) -> np.ndarray:
        """y of floats z, (..., k)."""
        return np.asarray(np.ldexp(values, np.array(self.exponents)))

    def points(self, boxes: Ball) -> Ball:
        """x over balls of unknowns z, (N, k) -> (N, n)."""
        if not self.is_restricted:
            return boxes * self._units if any(self.exponents) else boxes
        matrix, base = self._chart
        return (matrix @ boxes.T).T + base

    def point(self, zero: KnownZero) -> Ball:
        """Enclosure of the equilibrium x, (n,)."""
        return self.points(zero.box.reshape(1, -1)).reshape(-1)

    def position(self, zero: KnownZero) -> str:
        """Where the equilibrium lies with respect to the closed box: inside, outside, or boundary (to rounding)."""
        point = self.point(zero)
        if (point.upper < self.lower).any() or (point.lower > self.upper).any():
            return "outside"
        inside = (self.lower <= point.lower).all() and (point.upper <= self.upper).all()
        return "inside" if inside else "boundary"


def suitable(lower: np.ndarray, upper: np.ndarray) -> tuple[int, ...]:
    """Exponents of units of the size of the box; 0 where all are of moderate size."""
    sizes = np.maximum(np.abs(lower), np.abs(upper))
    found = tuple(int(e) for e in np.clip(np.rint(np.log2(sizes)), -LARGEST_EXPONENT, LARGEST_EXPONENT))
    return found if max(map(abs, found)) > _NEAR_ONE else (0,) * len(found)


def read_space(problem: Mapping[str, Any], exponents: Any) -> SearchSpace:
    """The space of a certificate's problem; exponents: int64 (k,) of its witness, or None."""
    restriction = "subspace" if "vectors" in problem else "none"
    statement = EquilibriumStatement.from_tree({**problem, "restriction": restriction})
    bounds = [problem.get(name) for name in ("lower", "upper")]
    for value in bounds:
        fits = isinstance(value, np.ndarray) and value.dtype == np.float64 and value.shape == (statement.ambient,)
        if not fits or not np.isfinite(value).all():  # type: ignore[arg-type]
            raise CertificateError(f"the box of the certificate is not a pair of arrays of {statement.ambient} floats")
    lower, upper = bounds
    if not (lower < upper).all():  # type: ignore[operator]
        raise CertificateError("the box of the certificate is empty")
    k = statement.dimension
    if exponents is None:
        units: tuple[int, ...] = (0,) * k
    else:
        if not isinstance(exponents, np.ndarray) or exponents.dtype != np.int64 or exponents.shape != (k,):
            raise CertificateError("the certificate's witness has malformed units")
        units = tuple(int(e) for e in exponents)
    try:
        return SearchSpace.of(statement, lower, upper, units)  # type: ignore[arg-type]
    except InputError as error:
        raise CertificateError(str(error)) from None
