"""A real-analytic program as a list of operations on numbers: what its Taylor coefficients are computed from."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, final

import flint
import numpy as np

from certify.program.arb import Arbs
from certify.program.arb_functions import FUNCTIONS
from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import Program

# More operations than these are quicker as series of arrays.
_MOST_OPERATIONS = 20_000
_ARITY = {"add": 2, "sub": 2, "mul": 2, "div": 2, "neg": 1, "square": 1}
_ARITY |= dict.fromkeys(("exp", "log", "sqrt", "sin", "cos", "tanh", "logistic"), 1)


class NotStraight(Exception):
    """The program holds what is no operation of a straight line; it is evaluated as series of arrays."""


@final
@dataclass(frozen=True)
class Operation:
    """`name` of earlier places; `exponent` of a power. A place holds an input, a constant or a result."""

    name: str
    operands: tuple[int, ...]
    exponent: int = 0


@final
@dataclass(frozen=True, eq=False)
class StraightLine:
    """places 0 .. inputs - 1 hold the inputs; constants: place -> Arb ball; operations: place -> operation, in order.

    Both sin and cos of a place are there where one of them is, next to each other. outputs: places.
    """

    inputs: int
    constants: Mapping[int, flint.arb]
    operations: Mapping[int, Operation]
    outputs: tuple[int, ...]


@final
@dataclass(eq=False)
class _Tape:
    size: int
    constants: dict[int, flint.arb] = field(default_factory=dict)
    operations: dict[int, Operation] = field(default_factory=dict)
    known: dict[Operation, int] = field(default_factory=dict)

    def constant(self, value: flint.arb) -> "_Entry":
        self.constants[self.size] = value
        return self._placed()

    def emit(self, name: str, *operands: "_Entry", exponent: int = 0) -> "_Entry":
        """The result's place; what holds constants alone is a constant."""
        if name not in _ARITY and name != "power":
            raise NotStraight(name)
        places = tuple(entry.place for entry in operands)
        if name != "power" and all(place in self.constants for place in places):
            return self.constant(FUNCTIONS[name](*(self.constants[place] for place in places)))
        operation = Operation(name, places, exponent)
        if operation not in self.known:
            if len(self.operations) >= _MOST_OPERATIONS:
                raise NotStraight("too many operations")
            for each in _PAIRS.get(name, (name,)):
                single = Operation(each, places, exponent)
                self.known[single], self.operations[self.size] = self.size, single
                self._placed()
        return _Entry(self, self.known[operation])

    def _placed(self) -> "_Entry":
        self.size += 1
        return _Entry(self, self.size - 1)


_PAIRS = {"sin": ("sin", "cos"), "cos": ("sin", "cos")}


@final
@dataclass(frozen=True, eq=False)
class _Entry:
    """An entry of an array while the program is read; NumPy's sums and products add and multiply entries."""

    tape: _Tape
    place: int

    def __add__(self, other: Any) -> "_Entry":
        return self.tape.emit("add", self, self._entry(other))

    def __radd__(self, other: Any) -> "_Entry":
        return self if isinstance(other, int) and other == 0 else self._entry(other) + self

    def __mul__(self, other: Any) -> "_Entry":
        return self.tape.emit("mul", self, self._entry(other))

    def _entry(self, other: Any) -> "_Entry":
        return other if isinstance(other, _Entry) else self.tape.constant(flint.arb(other))


@final
class _Reading:
    """What a straight line needs of `NumberSystem`, on object arrays of entries; the rest is not straight."""

    split = False

    def __init__(self, tape: _Tape, precision: int) -> None:
        self._tape, self._balls = tape, Arbs(precision)

    def __getattr__(self, name: str) -> Any:
        raise NotStraight(name)

    def constant(self, array: np.ndarray) -> np.ndarray:
        return _each(self._tape.constant, self._balls.constant(array))

    def map(self, x: np.ndarray, structural: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return _each(self._filled, np.asarray(structural(x), dtype=object))

    def concatenate(self, parts: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.concatenate(parts, axis)

    def function(self, name: str, *operands: np.ndarray) -> np.ndarray:
        return _each(lambda *entries: self._tape.emit(name, *entries), *operands)

    def power(self, x: np.ndarray, exponent: int) -> np.ndarray:
        return _each(lambda entry: self._power(entry, exponent), x)

    def matmul(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if x.shape[-1] == 0:
            raise NotStraight("an empty product")
        return np.asarray(np.matmul(x, y), dtype=object)

    def sum(self, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        return _each(self._filled, np.asarray(np.sum(x, axis=axes), dtype=object))

    def cumulative_sum(self, x: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(np.add.accumulate(x, axis), dtype=object)

    def _filled(self, entry: Any) -> _Entry:
        """Zeros that NumPy made become constants."""
        return entry if isinstance(entry, _Entry) else self._tape.constant(flint.arb(float(entry)))

    def _power(self, x: _Entry, exponent: int) -> _Entry:
        if exponent in (0, 1):
            return x if exponent else self._tape.constant(flint.arb(1))
        if exponent < 0:
            return self._tape.emit("div", self._tape.constant(flint.arb(1)), self._power(x, -exponent))
        half = self._power(x, exponent // 2)
        square = self._tape.emit("square", half)
        product = self._tape.emit("mul", square, x) if exponent % 2 else square
        return self._tape.emit("power", product, x, exponent=exponent)


def straight_line(program: Program, precision: int) -> StraightLine | None:
    """The program's operations, or None where it holds others than these; to be called at the working precision."""
    inputs = program.inputs[0].size
    tape = _Tape(inputs)
    system: Any = _Reading(tape, precision)
    first = np.empty(inputs, dtype=object)
    first[:] = [_Entry(tape, place) for place in range(inputs)]
    values: list[Any] = [first.reshape(1, *program.inputs[0].shape)]
    try:
        values += [system.constant(a[None]) if a.dtype == np.float64 else a[None] for a in program.constants]
        for equation in program.equations:
            operands = [values[ref] for ref in equation.operands]
            values.append(PRIMITIVES[equation.primitive].evaluate(system, operands, equation.parameters))
        outputs = tuple(entry.place for entry in values[program.outputs[0]].flat)
    except NotStraight:
        return None
    return StraightLine(inputs, tape.constants, tape.operations, outputs)


def _each(function: Callable[..., _Entry], *operands: np.ndarray) -> np.ndarray:
    return np.asarray(np.frompyfunc(function, len(operands), 1)(*operands), dtype=object)
