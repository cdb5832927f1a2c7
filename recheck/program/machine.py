"""Evaluates programs, and differentiates them, one example at a time.

On balls the values enclose all values at points of the balls, and the derivatives all derivatives; a program that is
not proved to be real-analytic in the active inputs on a neighbourhood of the balls raises `Undecided`.
"""

from collections.abc import Callable, Sequence
from typing import Any

from flint import arb, arb_series

from recheck.outcome import NotCovered
from recheck.program.elements import series
from recheck.program.kernel import Entries, Site
from recheck.program.reader import PRIMITIVES, Program
from recheck.program.tape import Node, combined, gradient, plain

# Elementary operations of one recheck: some minutes of one core.
MOST_WORK = 2 * 10**9
_MOST_TABLE = 2**24


class Work:
    """Counts elementary operations, and ends a recheck that would take too many."""

    def __init__(self, most: int = MOST_WORK) -> None:
        self.left = most

    def spend(self, amount: int) -> None:
        self.left -= amount
        NotCovered.when(self.left < 0, "the recheck needs more operations than it is given")


class Machine:
    """A program with the marks of the inputs by which it is differentiated."""

    def __init__(self, program: Program, active: Sequence[bool], work: Work) -> None:
        self.program, self.work = program, work
        marks = [*active, *([False] * len(program.constants))]
        self.constants = [_constant(array) for array in program.constants]
        self.sites: list[Site] = []
        offset, self.cost = len(marks), 0
        for number, equation in enumerate(program.equations):
            flags = tuple(marks[ref] for ref in equation.operands)
            signature = program.signatures[offset + number]
            operands = tuple(program.signatures[ref] for ref in equation.operands)
            same = len(set(equation.operands)) == 1
            site = Site(operands, signature, equation.parameters, flags, same)
            if _table_size(equation.primitive, site) > _MOST_TABLE:
                raise NotCovered("an equation is larger than any that is evaluated")
            self.sites.append(site)
            self.cost += 1 + _table_size(equation.primitive, site)
            marks.append(any(flags))

    def outputs(self, arguments: Sequence[Entries]) -> Entries:
        """The entries of the only output at the arguments, each flat in row-major order."""
        self.work.spend(self.cost)
        values = [*arguments, *self.constants]
        for equation, site in zip(self.program.equations, self.sites, strict=True):
            values.append(PRIMITIVES[equation.primitive].run(site, [values[ref] for ref in equation.operands]))
        return values[self.program.outputs[0]]

    def jacobian(self, arguments: Sequence[Entries], wrt: int = 0) -> tuple[Entries, list[Entries]]:
        """The output's entries and the rows of its derivative by one input."""
        nodes = [Node(x) for x in arguments[wrt]]
        output = self.outputs([*arguments[:wrt], nodes, *arguments[wrt + 1 :]])
        self.work.spend(2 * self.cost * len(output))
        return [plain(x) for x in output], [gradient(x, nodes) for x in output]

    def gradient(self, arguments: Sequence[Entries], cotangent: Callable[[Entries], Entries]) -> Entries:
        """sum_k c_k d(output_k)/d(first input), c a function of the output."""
        nodes = [Node(x) for x in arguments[0]]
        output = self.outputs([nodes, *arguments[1:]])
        self.work.spend(2 * self.cost)
        weights = cotangent([plain(x) for x in output])
        return gradient(combined(list(zip(output, weights, strict=True))), nodes)

    def second(self, arguments: Sequence[Entries], cotangent: Entries) -> list[list[arb]]:
        """The matrix of second derivatives of <cotangent, output> by the first input, one direction at a time."""
        point, rest = arguments[0], list(arguments[1:])
        columns = []
        for j in range(len(point)):
            moved = [series(x, int(i == j)) for i, x in enumerate(point)]
            slopes = self.gradient([moved, *rest], lambda _: cotangent)
            columns.append([x[1] if isinstance(x, arb_series) else arb(0) for x in slopes])
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
