"""The problem of an equilibrium certificate: a field as a program, and where its equilibrium is looked for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any, final

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium.chart import Chart
from certify.equilibrium.rational_vectors import Vectors, complement, rank
from certify.program import Program, evaluate, jacobian, jacobian_program, require_decided
from certify.program.arb import to_ball
from certify.program.cost import is_small
from foundation import CertificateError
from foundation.arb_precision import arb_precision

if TYPE_CHECKING:
    from certify.equilibrium.group_slice import GroupSlice

KINDS = ("flow", "map")
RESTRICTIONS = ("none", "subspace", "symmetry", "group")
_PRECISION = 160
_FEW_ROWS = 16


@final
@dataclass(frozen=True)
class EquilibriumStatement:
    """field: program (n,) -> (n,). kind: "flow" (f(x) = 0) or "map" (f(x) = x).

    restriction: "none"; "subspace": the affine subspace base + span(vectors); "symmetry": modulo the translations
    along `vectors`, in the slice of points base + (orthogonal complement). base: exact, (n,). vectors: exact, (n, k).
    "group": modulo the linear symmetries x -> exp(t S_k) x, on `group`; the unknowns are then those of `GroupSlice`.
    equations: exponents of the powers of two by which the equations are multiplied, (k,); none is 1.
    """

    field: Program
    kind: str
    restriction: str = "none"
    base: Sequence[Fraction] = ()
    vectors: Vectors = ()
    group: "GroupSlice | None" = None
    equations: Sequence[int] = ()

    @staticmethod
    def from_tree(problem: Mapping[str, Any]) -> "EquilibriumStatement":
        """Read the problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        field, kind, restriction = (problem.get(name, "") for name in ("field", "kind", "restriction"))
        _check_field(field)
        require(kind in KINDS, f"the kind {kind!r}")
        require(restriction in RESTRICTIONS, f"the restriction {restriction!r}")
        if restriction == "group":
            from certify.equilibrium.group_slice import GroupSlice

            group = GroupSlice.from_tree(problem, field.inputs[0].size, kind == "map")
            return EquilibriumStatement(field, kind, restriction, group=group)
        statement = EquilibriumStatement(field, kind, restriction, problem.get("base", ()), problem.get("vectors", ()))
        if restriction != "none":
            _check_vectors(statement)
        return statement

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        tree = {"field": self.field, "kind": self.kind, "restriction": self.restriction}
        if self.restriction == "none":
            return tree
        if self.group is not None:
            return tree | self.group.as_tree()
        return tree | {"base": list(self.base), "vectors": [list(row) for row in self.vectors]}

    @property
    def ambient(self) -> int:
        """n."""
        return self.field.inputs[0].size

    @property
    def is_map(self) -> bool:
        return self.kind == "map"

    @cached_property
    def chart(self) -> Chart:
        """The coordinates in which the equilibrium is isolated (without linear symmetries)."""
        if self.restriction == "none":
            return Chart()
        return Chart(self.base, self.vectors if self.restriction == "subspace" else complement(self.vectors))

    @property
    def dimension(self) -> int:
        """k, the number of unknowns: the coordinates y, and with linear symmetries the velocities too."""
        return self.ambient if self.group else self.chart.dimension(self.ambient)

    @property
    def places(self) -> int:
        """How many of the unknowns determine the point."""
        return self.group.dimension if self.group else self.dimension

    def point(self, coordinates: Ball) -> Ball:
        """The point x, (n,), of unknowns (k,)."""
        return self.group.point(coordinates) if self.group else self.chart.point(coordinates)

    def displacement(self, point: Ball) -> Ball:
        """f(x), or f(x) - x for a map, over a ball of points (n,)."""
        return self.value(point) - point if self.is_map else self.value(point)

    def value(self, point: Ball) -> Ball:
        """f(x) over a ball of points (n,)."""
        (value,) = evaluate(self.field, [point.reshape(self.field.inputs[0].shape)])
        return value.reshape(-1)

    def residual(self, coordinates: np.ndarray) -> Ball:
        """T^T (f(x) or f(x) - x) at the exact point of these coordinates; in 160 bits where the field is small."""
        if is_small(self.field) and self.ambient * self.dimension <= 10**5:
            return self._sharp_residual(coordinates)
        exact = Ball.exact(coordinates)
        if self.group:
            return self.group.defect(self.value(self.point(exact)), exact)
        return self._weighted(self.chart.tested(self.displacement(self.point(exact))))

    def derivative(self, coordinates: Ball) -> Ball:
        """Derivative of `residual` over a ball of coordinates, (k, k)."""
        matrix = self.jacobian(self.point(coordinates))
        if self.group:
            return self.group.derivative(matrix, coordinates)
        return self._weighted(self.chart.derivative(matrix - np.eye(self.ambient) if self.is_map else matrix))

    def linearisation(self, coordinates: Ball) -> Ball:
        """The matrix whose eigenvalues decide the stability, over a ball of coordinates."""
        matrix = self.jacobian(self.point(coordinates))
        return self.group.linearisation(matrix, coordinates) if self.group else self.chart.linearisation(matrix)

    def jacobian(self, point: Ball) -> Ball:
        """Df over a ball of points, (n, n)."""
        argument = point.reshape(self.field.inputs[0].shape)
        if self.ambient > _FEW_ROWS:
            return jacobian(self.field, [argument]).reshape((self.ambient, self.ambient))
        require_decided(self.field, [argument])
        (value,) = evaluate(_derived(self.field), [argument])
        return value.reshape((self.ambient, self.ambient))

    def _sharp_residual(self, coordinates: np.ndarray) -> Ball:
        with arb_precision(_PRECISION):
            point = np.array([_arb(x) for x in self._exact_point(coordinates)], dtype=object)
        (value,) = evaluate(self.field, [point.reshape(self.field.inputs[0].shape)], precision=_PRECISION)
        with arb_precision(_PRECISION):
            if self.group:
                return to_ball(self.group.sharp_defect(value.reshape(-1), point, coordinates))
            value = value.reshape(-1) - point if self.is_map else value.reshape(-1)
            if self.chart.directions is not None:
                columns = zip(*self.chart.directions, strict=True)
                value = np.array([_product(column, value) for column in columns], dtype=object)
        return self._weighted(to_ball(value))

    def _weighted(self, values: Ball) -> Ball:
        """Values (k,) or rows (k, k) of the equations, each times its power of two."""
        if not any(self.equations):
            return values
        weights = np.ldexp(1.0, np.array(self.equations))
        return values * weights.reshape(-1, *(1,) * (values.ndim - 1))

    def _exact_point(self, coordinates: np.ndarray) -> list[Fraction]:
        return self.group.exact_point(coordinates) if self.group else self.chart.exact_point(coordinates)


@lru_cache(maxsize=16)
def _derived(field: Program) -> Program:
    """The Jacobian's program, kept: many equilibria of one field are certified one after the other."""
    return jacobian_program(field, (0,))


def _arb(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def _product(column: Sequence[Fraction], values: np.ndarray) -> flint.arb:
    total = flint.arb(0)
    for factor, value in zip(column, values, strict=True):
        if factor:
            total += _arb(factor) * value
    return total


def _check_field(field: Any) -> None:
    require(isinstance(field, Program), "an entry 'field' that is not a program")
    shapes = len(field.inputs) == 1 == len(field.outputs)
    require(shapes and field.inputs[0].is_real and field.output_signatures[0].is_real, "a field of several arrays")
    require(field.inputs[0].size == field.output_signatures[0].size > 0, "a field that is not square")


def _check_vectors(statement: EquilibriumStatement) -> None:
    n, base, vectors = statement.ambient, statement.base, statement.vectors
    require(isinstance(base, list) and len(base) == n and _rational(base), "a malformed base point")
    require(isinstance(vectors, list) and len(vectors) == n, "malformed vectors")
    lengths = {len(row) if isinstance(row, list) and _rational(row) else 0 for row in vectors}
    require(len(lengths) == 1 and 0 < min(lengths) <= n, "malformed vectors")
    require(rank(vectors) == min(lengths), "vectors that are linearly dependent")
    require(statement.restriction == "subspace" or min(lengths) < n, "symmetries in every direction")


def _rational(row: Sequence[Any]) -> bool:
    return all(isinstance(entry, Fraction) for entry in row)


def require(condition: bool, what: str) -> None:
    if not condition:
        raise CertificateError(f"the problem of the equilibrium certificate has {what}")
