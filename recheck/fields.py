"""Fields R^n -> R^n as programs: values, derivatives, and the zeros of f (flows) or f - id (maps)."""

from flint import arb, arb_mat

from recheck.document import Program
from recheck.outcome import BadInput
from recheck.program.machine import Machine, Work

Entries = list[arb]


class Field:
    """f, its displacement (f, or f - id for a map), and their derivatives over balls."""

    def __init__(self, program: Program, is_map: bool, work: Work) -> None:
        shapes = len(program.inputs) == 1 == len(program.outputs)
        if not shapes or not program.inputs[0].is_real or not program.output_signatures[0].is_real:
            raise BadInput("the field is no function of one real array")
        if program.inputs[0].size != program.output_signatures[0].size or not program.inputs[0].size:
            raise BadInput("the field does not map a space to itself")
        self.size, self.is_map = program.inputs[0].size, is_map
        self.machine = Machine(program, (True,), work)

    def value(self, point: Entries) -> Entries:
        return self.machine.outputs([point])

    def jacobian(self, point: Entries) -> arb_mat:
        return arb_mat(self.machine.jacobian([point])[1])

    def displacement(self, point: Entries) -> Entries:
        values = self.value(point)
        return [v - x for v, x in zip(values, point, strict=True)] if self.is_map else values

    def derivative(self, point: Entries) -> arb_mat:
        matrix = self.jacobian(point)
        if not self.is_map:
            return matrix
        n = self.size
        return arb_mat(n, n, [matrix[i, j] - int(i == j) for i in range(n) for j in range(n)])


class Gradient:
    """The gradient of a scalar program as a field, with its Hessian as derivative."""

    is_map = False

    def __init__(self, program: Program, work: Work) -> None:
        shapes = len(program.inputs) == 1 == len(program.outputs)
        if not shapes or not program.inputs[0].is_real or program.output_signatures[0] != ((), "float64"):
            raise BadInput("the function is no real scalar of one array")
        self.size = program.inputs[0].size
        self.machine = Machine(program, (True,), work)

    def displacement(self, point: Entries) -> Entries:
        return self.machine.pull(self.machine.run([point]), [arb(1)])

    def derivative(self, point: Entries) -> arb_mat:
        return arb_mat(self.machine.second([point], [arb(1)]))
