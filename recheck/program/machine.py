"""Evaluates programs, and differentiates them, one example at a time.

On balls the values enclose all values at points of the balls, and the derivatives all derivatives; a program that is
not proved to be real-analytic in the active inputs on a neighbourhood of the balls raises `Undecided`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod
from typing import Any

from flint import arb, arb_series

from recheck.outcome import NotCovered, Undecided, Work
from recheck.program.elements import series
from recheck.program.kernel import Entries, Node, Site, combined, gradient, plain
from recheck.program.reader import PRIMITIVES, Program

_MOST_TABLE = 2**24


class Machine:
    """A program with the marks of the inputs by which it is differentiated."""

    def __init__(self, program: Program, active: Sequence[bool], work: Work) -> None:
        self.program, self.work = program, work
        marks = [*active, *([False] * len(program.constants))]
        self.constants = [
            [arb(x) if array.dtype == "float64" else x for x in array.data] for array in program.constants
        ]
        self.sites: list[Site] = []
        offset, self.cost = len(marks), 0
        for number, equation in enumerate(program.equations):
            flags = tuple(marks[ref] for ref in equation.operands)
            signature = program.signatures[offset + number]
            operands = tuple(program.signatures[ref] for ref in equation.operands)
            same = len(set(equation.operands)) == 1
            site = Site(operands, signature, equation.parameters, flags, same)
            size = _table_size(equation.primitive, site)
            NotCovered.when(size > _MOST_TABLE, "an equation is larger than any that is evaluated")
            self.sites.append(site)
            self.cost += 1 + size
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
        return site.output.size * prod(shape[axis] for axis in site.parameters["left_contract"])
    if name == "softmax":
        return site.output.size * max(site.output.shape, default=1) ** len(site.parameters["axes"])
    return max([site.output.size, *(s.size for s in site.operands)])


@dataclass(frozen=True, eq=False)
class Sign:
    """An entry p times the product of the inputs `odd`: level 2, p > 0; 1, p >= 0; 0, nothing is known of p.

    One object stands for one value: x * x is the square of x, whatever x is.
    """

    level: int
    odd: frozenset[int] = frozenset()

    @property
    def is_positive(self) -> bool:
        return self.level == 2 and not self.odd

    def __add__(self, other: Any) -> "Sign":
        other = _sign(other)
        alike = self.odd == other.odd and min(self.level, other.level) > 0
        return Sign(max(self.level, other.level), self.odd) if alike else Sign(0)

    def __sub__(self, other: Any) -> "Sign":
        return Sign(0)

    def __neg__(self) -> "Sign":
        return Sign(0)

    def __mul__(self, other: Any) -> "Sign":
        if self is other:
            return Sign(2 if self.is_positive else 1)
        other = _sign(other)
        level = min(self.level, other.level, 1 if self.odd & other.odd else 2)
        return Sign(level, self.odd ^ other.odd) if level else Sign(0)

    def __truediv__(self, other: Any) -> "Sign":
        if isinstance(other, Sign):
            Undecided.unless(other.is_positive, "a divisor is not proved to be positive")
        return self * (other if isinstance(other, Sign) else 1 / other)

    def __rtruediv__(self, other: Any) -> "Sign":
        return _sign(other) / self

    __radd__, __rsub__, __rmul__ = __add__, __sub__, __mul__


def _sign(x: Any) -> Sign:
    return x if isinstance(x, Sign) else Sign(2 if x > 0 else 1 if x >= 0 else 0)


# computed on signs by the kernels themselves
ALGEBRA = {"add", "sub", "neg", "mul", "div", "square", "integer_pow", "dot_general", "reduce_sum", "cumsum", "reshape"}
ALGEBRA |= {"transpose", "broadcast_in_dim", "slice", "rev", "pad", "concatenate", "take", "scatter_add", "select_n"}
_POSITIVE = {"exp", "cosh", "logistic", "sqrt", "rsqrt"}
_OF_POSITIVE = {"sqrt", "rsqrt", "log"}


def obstacle(machine: Machine, data: Sequence[Entries]) -> str:
    """ "" where the program is proved to be real-analytic in its first input on all of R^n, for these other inputs."""
    steps = list(zip(machine.program.equations, machine.sites, strict=True))
    if all(PRIMITIVES[equation.primitive].entire for equation, site in steps if site.strict):
        return ""
    values = [[Sign(2, frozenset([k])) for k in range(machine.program.inputs[0].size)], *data, *machine.constants]
    for equation, site in steps:
        operands, primitive = [values[ref] for ref in equation.operands], PRIMITIVES[equation.primitive]
        name, why = equation.primitive, f"{equation.primitive} {equation.source}".strip()
        if name in _OF_POSITIVE and site.strict and not all(x.is_positive for x in map(_sign, operands[0])):
            return why
        kept = name == "convert" and site.output.is_real and site.operands[0].is_real
        if not site.strict or kept or (name in ALGEBRA and not (name == "select_n" and site.active[0])):
            try:
                values.append(primitive.run(site, operands))
            except Undecided:
                return why
        elif primitive.entire or name in _OF_POSITIVE:
            values.append([Sign(2 if name in _POSITIVE else 0) for _ in range(site.output.size)])
        else:
            return why
    return ""
