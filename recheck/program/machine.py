"""Evaluates programs, and differentiates them backwards, one example at a time.

On balls the values enclose all values at points of the balls, and the derivatives all derivatives; a program that is
not proved to be real-analytic in the active inputs on a neighbourhood of the balls raises `Undecided`.
"""

from collections.abc import Sequence
from typing import Any

from flint import arb, arb_series

from recheck.outcome import NotCovered
from recheck.program.elements import series
from recheck.program.kernel import Entries, Kernel, Site
from recheck.program.reader import PRIMITIVES, Program

# Elementary operations of one recheck: some minutes of one core.
MOST_WORK = 2 * 10**9
_MOST_TABLE = 2**24


class Work:
    """Counts elementary operations, and ends a recheck that would take too many."""

    def __init__(self, most: int = MOST_WORK) -> None:
        self.left = most

    def spend(self, amount: int) -> None:
        self.left -= amount
        if self.left < 0:
            raise NotCovered("the recheck needs more operations than it is given")


class Machine:
    """A program with the marks of the inputs by which it is differentiated."""

    def __init__(self, program: Program, active: Sequence[bool], work: Work) -> None:
        self.program, self.work = program, work
        marks = [*active, *([False] * len(program.constants))]
        self.constants = [_constant(array) for array in program.constants]
        self.kernels: list[Kernel] = []
        offset, self.cost = len(marks), 0
        for number, equation in enumerate(program.equations):
            flags = tuple(marks[ref] for ref in equation.operands)
            signature = program.signatures[offset + number]
            operands = tuple(program.signatures[ref] for ref in equation.operands)
            same = len(set(equation.operands)) == 1
            site = Site(operands, signature, equation.parameters, flags, same)
            if _table_size(equation.primitive, site) > _MOST_TABLE:
                raise NotCovered("an equation of the program is larger than any that is evaluated")
            self.kernels.append(PRIMITIVES[equation.primitive].build(site))
            self.cost += 1 + max(self.kernels[-1].work, signature.size)
            marks.append(any(flags))
        self.marks = marks

    def run(self, arguments: Sequence[Entries]) -> list[Entries]:
        """All values of the program at the arguments, each flat in row-major order."""
        self.work.spend(self.cost)
        values = [*arguments, *self.constants]
        for equation, kernel in zip(self.program.equations, self.kernels, strict=True):
            values.append(kernel.forward([values[ref] for ref in equation.operands]))
        return values

    def outputs(self, arguments: Sequence[Entries]) -> Entries:
        """The entries of the only output."""
        return self.run(arguments)[self.program.outputs[0]]

    def pull(self, values: list[Entries], cotangent: Entries, wrt: int = 0) -> Entries:
        """sum_k cotangent_k d(output_k)/d(input wrt), at the values of `run`."""
        self.work.spend(2 * self.cost)
        shares: dict[int, Entries] = {self.program.outputs[0]: cotangent}
        first = len(values) - len(self.kernels)
        for position in range(len(self.kernels) - 1, -1, -1):
            share = shares.pop(first + position, None)
            equation, kernel = self.program.equations[position], self.kernels[position]
            if share is None or not self.marks[first + position]:
                continue
            operands = [values[ref] for ref in equation.operands]
            if kernel.backward is None:
                if (
                    any(self.marks[ref] for ref in equation.operands)
                    and self.program.signatures[first + position].is_real
                ):
                    raise NotCovered(f"no derivative of `{equation.primitive}`")
                continue
            for ref, own in zip(
                equation.operands, kernel.backward(operands, values[first + position], share), strict=True
            ):
                if own is not None and self.marks[ref]:
                    _accumulate(shares, ref, own)
        found = shares.get(wrt)
        return [arb(0)] * self.program.inputs[wrt].size if found is None else [_real(x) for x in found]

    def jacobian(self, arguments: Sequence[Entries]) -> tuple[Entries, list[Entries]]:
        """The output's entries and the rows of its derivative by the first input."""
        values = self.run(arguments)
        output = values[self.program.outputs[0]]
        rows = []
        for k in range(len(output)):
            rows.append(self.pull(values, [arb(1) if j == k else 0 for j in range(len(output))]))
        return output, rows

    def second(self, arguments: Sequence[Entries], cotangent: Entries) -> list[list[arb]]:
        """The matrix of second derivatives of <cotangent, output> by the first input, one direction at a time."""
        point, rest = arguments[0], list(arguments[1:])
        columns = []
        for j in range(len(point)):
            moved = [series(x, int(i == j)) for i, x in enumerate(point)]
            gradient = self.pull(self.run([moved, *rest]), list(cotangent))
            columns.append([x[1] if isinstance(x, arb_series) else arb(0) for x in gradient])
        return columns


def _table_size(name: str, site: Site) -> int:
    if name == "dot_general":
        shape = site.operands[0].shape
        length = 1
        for axis in site.parameters["left_contract"]:
            length *= shape[axis]
        return site.output.size * length
    if name == "softmax":
        return site.output.size * max(site.output.shape, default=1) ** len(site.parameters["axes"])
    return max([site.output.size, *(s.size for s in site.operands)])


def _constant(array: Any) -> Entries:
    return [arb(x) for x in array.data] if array.dtype == "float64" else list(array.data)


def _accumulate(shares: dict[int, Entries], ref: int, own: Entries) -> None:
    before = shares.get(ref)
    if before is None:
        shares[ref] = own
        return
    shares[ref] = [b if _none(a) else a if _none(b) else a + b for a, b in zip(before, own, strict=True)]


def _none(x: Any) -> bool:
    return isinstance(x, int) and x == 0


def _real(x: Any) -> Any:
    return arb(x) if isinstance(x, int) else x


def is_entire(program: Program, active: Sequence[bool]) -> str:
    """ "" when the program is proved to be real-analytic in its active inputs on the whole space; else the obstacle."""
    marks = [*active, *([False] * len(program.constants))]
    for equation in program.equations:
        touched = [marks[ref] for ref in equation.operands]
        marks.append(any(touched))
        if not any(touched) or PRIMITIVES[equation.primitive].entire:
            continue
        if equation.primitive == "integer_pow" and equation.parameters["exponent"] >= 0:
            continue
        if equation.primitive == "div" and not touched[1]:
            continue
        if equation.primitive == "select_n" and not touched[0]:
            continue
        to_real = equation.primitive == "convert" and equation.parameters["dtype"] == "float64"
        if to_real and program.signatures[equation.operands[0]].is_real:
            continue
        return f"{equation.primitive} {equation.source}".strip()
    return ""
