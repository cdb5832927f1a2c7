"""Fields R^n -> R^n as programs: values, derivatives, and the zeros of f (flows) or f - id (maps)."""

from fractions import Fraction
from typing import Any

from flint import arb, arb_mat

from recheck.linear import identity, solve
from recheck.outcome import BadInput
from recheck.program.machine import Machine, Work
from recheck.program.reader import Program
from recheck.proof import entry, rational

Entries = list[arb]


def real_function(tree: dict[str, Any], name: str, shape: tuple[int, ...] | None = None) -> Program:
    """The program of that name: a function of one real array with one real array as its value, of this shape."""
    program = entry(tree, name, Program)
    signatures = (*program.inputs, *program.output_signatures)
    good = len(program.inputs) == 1 == len(program.outputs) and all(s.is_real and s.size for s in signatures)
    BadInput.unless(good and shape in (None, signatures[1].shape), f"the program {name!r} is no such real function")
    return program


class Field:
    """f, its displacement (f, or f - id for a map), and their derivatives over balls.

    On an affine subspace x = base + T y, T (n, k) exact, everything is in the coordinates y.
    """

    def __init__(self, program: Program, is_map: bool, work: Work, problem: dict[str, Any] | None = None) -> None:
        if program.inputs[0].size != program.output_signatures[0].size:
            raise BadInput("the field does not map a space to itself")
        self.size = self.ambient = program.inputs[0].size
        self.is_map, self.machine = is_map, Machine(program, (True,), work)
        self.columns: arb_mat | None = None
        if problem is not None and "vectors" in problem:
            base, vectors = entry(problem, "base", list), entry(problem, "vectors", list)
            widths = {len(row) if isinstance(row, list) else 0 for row in vectors}
            if len(base) != self.ambient or len(vectors) != self.ambient or len(widths) != 1 or widths == {0}:
                raise BadInput("the subspace does not fit the field")
            if not all(isinstance(x, Fraction) for row in [base, *vectors] for x in row):
                raise BadInput("the vectors of the subspace are defective")
            self.size, self.base = widths.pop(), [rational(b) for b in base]
            self.columns = arb_mat([[rational(x) for x in row] for row in vectors])

    def point(self, coordinates: Entries) -> Entries:
        if self.columns is None:
            return coordinates
        moved = (self.columns * arb_mat(self.size, 1, coordinates)).entries()
        return [b + m for b, m in zip(self.base, moved, strict=True)]

    def value(self, coordinates: Entries) -> Entries:
        return self.machine.outputs([self.point(coordinates)])

    def displacement(self, coordinates: Entries) -> Entries:
        point = self.point(coordinates)
        values = self.machine.outputs([point])
        if self.is_map:
            values = [v - x for v, x in zip(values, point, strict=True)]
        if self.columns is not None:
            values = list((self.columns.transpose() * arb_mat(len(values), 1, values)).entries())
        return values

    def derivative(self, coordinates: Entries) -> arb_mat:
        """Of the displacement."""
        matrix = arb_mat(self.machine.jacobian([self.point(coordinates)])[1])
        if self.is_map:
            matrix = matrix - identity(self.ambient)
        return matrix if self.columns is None else self.columns.transpose() * (matrix * self.columns)

    def jacobian(self, coordinates: Entries) -> arb_mat:
        """The linearisation."""
        matrix = arb_mat(self.machine.jacobian([self.point(coordinates)])[1])
        if self.columns is None:
            return matrix
        across = self.columns.transpose()
        return solve(across * self.columns, across * (matrix * self.columns))


class Gradient:
    """The gradient of a scalar program as a field, with its Hessian as derivative."""

    is_map = False

    def __init__(self, program: Program, work: Work) -> None:
        self.size = program.inputs[0].size
        self.machine = Machine(program, (True,), work)

    def displacement(self, point: Entries) -> Entries:
        return self.machine.gradient([point], lambda _: [arb(1)])

    def derivative(self, point: Entries) -> arb_mat:
        return arb_mat(self.machine.second([point], [arb(1)]))
