"""Builds programs: equations are checked, folded, simplified and shared as they are emitted."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, final

import numpy as np

from certify.effort import charge
from certify.program.balls import Balls
from certify.program.primitives.integers import wraps_around
from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import Equation, Program
from certify.program.signature import FLOAT, Signature
from certify.program.simplify import simplified
from foundation import InputError

# Entries up to which a constant is replaced by its negative: longer ones are stored once.
_SHORT = 64


class Node(NamedTuple):
    """One value: an input (no primitive, no array), a constant (array), or an equation."""

    signature: Signature
    primitive: str = ""
    operands: tuple[int, ...] = ()
    parameters: Mapping[str, Any] = {}
    array: np.ndarray | None = None
    source: str = ""


@final
class Builder:
    """Emits equations; equal equations share one value. References are positions in `nodes`."""

    def __init__(self, source: str = "") -> None:
        self.nodes: list[Node] = []
        self.source = source
        # operations on integer constants that wrapped around: (primitive, element type, source line), and how often
        self.wraps: dict[tuple[str, str, str], int] = {}
        # where a softmax or log-sum-exp subtracts something else than its largest entry: rounding knows of it
        self.shifts: set[str] = set()
        # what each equation of a jaxpr became, where somebody wants to know
        self.steps: list[Any] | None = None
        # which values are numbers for all inputs, as far as it was asked
        self.total: dict[int, bool] = {}
        self._known: dict[Any, int] = {}

    def input(self, signature: Signature) -> int:
        return self._append(Node(signature))

    def constant(self, value: Any) -> int:
        """An exact array: floats become float64 (float32 exactly), integers and booleans keep their type."""
        array = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(np.float64)
        key = ("constant", array.dtype.str, array.shape, array.tobytes())
        if key not in self._known:
            self._known[key] = self._append(Node(Signature(array.shape, str(array.dtype)), array=array))
        return self._known[key]

    def number(self, value: float, shape: tuple[int, ...] = ()) -> int:
        """The float `value`, in every entry of `shape`."""
        scalar = self.constant(np.float64(value))
        return scalar if shape == () else self.emit("broadcast_in_dim", scalar, shape=shape, axes=())

    def signature(self, ref: int) -> Signature:
        return self.nodes[ref].signature

    def value(self, ref: int) -> np.ndarray | None:
        """The array of a constant; None for other values."""
        return self.nodes[ref].array

    def emit(self, primitive: str, *operands: int, **parameters: Any) -> int:
        """The reference of the equation's value; raises `InputError` when operands do not fit."""
        rule = PRIMITIVES[primitive]
        signature = rule.infer([self.nodes[ref].signature for ref in operands], parameters)
        folded = self._folded(primitive, operands, parameters, signature)
        if folded is not None:
            return self.constant(folded)
        shorter = simplified(self, primitive, operands, parameters)
        if shorter is not None:
            return shorter
        key = (primitive, operands, tuple(sorted(parameters.items())))
        if key not in self._known:
            self._known[key] = self._append(Node(signature, primitive, operands, parameters, None, self.source))
        return self._known[key]

    def program(self, outputs: Sequence[int]) -> Program:
        """The program with these outputs, without what they do not need."""
        needed = self._needed(outputs)
        order = [i for i, node in enumerate(self.nodes) if not node.primitive and node.array is None]
        inputs = len(order)
        order += [i for i in needed if self.nodes[i].array is not None]
        constants = len(order) - inputs
        order += [i for i in needed if self.nodes[i].primitive]
        place = {old: new for new, old in enumerate(order)}
        nodes = [self.nodes[i] for i in order]
        equations = tuple(
            Equation(n.primitive, tuple(place[x] for x in n.operands), n.parameters, n.signature, n.source)
            for n in nodes[inputs + constants :]
        )
        arrays = tuple(n.array for n in nodes[inputs : inputs + constants] if n.array is not None)
        return Program(tuple(n.signature for n in nodes[:inputs]), arrays, equations, tuple(place[x] for x in outputs))

    def inline(self, program: Program, operands: Sequence[int]) -> list[int]:
        """The program's equations on these operands; gives the references of all its values."""
        refs = [*operands, *(self.constant(array) for array in program.constants)]
        source = self.source
        for equation in program.equations:
            self.source = equation.source
            refs.append(self.emit(equation.primitive, *(refs[x] for x in equation.operands), **equation.parameters))
        self.source = source
        return refs

    def _append(self, node: Node) -> int:
        charge("steps", 1)
        self.nodes.append(node)
        return len(self.nodes) - 1

    def _needed(self, outputs: Sequence[int]) -> list[int]:
        seen, stack = set(outputs), list(outputs)
        while stack:
            for operand in self.nodes[stack.pop()].operands:
                if operand not in seen:
                    seen.add(operand)
                    stack.append(operand)
        return sorted(seen)

    def _folded(
        self, primitive: str, operands: tuple[int, ...], parameters: Mapping[str, Any], signature: Signature
    ) -> np.ndarray | None:
        """The value of integers and booleans that depend on constants alone, and of exact sums and products."""
        arrays = [self.nodes[ref].array for ref in operands]
        if not arrays or any(array is None for array in arrays):
            return None
        if signature.dtype == FLOAT:
            return _folded_number(primitive, [a for a in arrays if a is not None], parameters)
        if not all(np.isfinite(array).all() for array in arrays if array is not None):
            return None
        system = Balls()
        values = [system.constant(a[None]) if a.dtype == np.float64 else a[None] for a in arrays if a is not None]
        try:
            result = PRIMITIVES[primitive].evaluate(system, values, parameters)
        except InputError:
            return None
        if not isinstance(result, np.ndarray):
            return None
        if wraps_around(primitive, [x for x in values if isinstance(x, np.ndarray)], parameters, result):
            place = (primitive, signature.dtype, self.source)
            self.wraps[place] = self.wraps.get(place, 0) + 1
        return np.asarray(result)[0]


def _folded_number(primitive: str, arrays: Sequence[np.ndarray], parameters: Mapping[str, Any]) -> np.ndarray | None:
    """A real scalar whose value is a float: computed in balls, kept when the ball is a single number; parts of arrays
    that unit vectors select.
    """
    if primitive == "dot_general":
        return _selected(arrays, parameters)
    if primitive == "neg" and arrays[0].size <= _SHORT and np.isfinite(arrays[0]).all():
        return -arrays[0]
    if any(a.size != 1 or not np.isfinite(a).all() for a in arrays):
        return None
    system = Balls()
    values = [system.constant(a[None]) if a.dtype == np.float64 else a[None] for a in arrays]
    if primitive in ("add", "sub", "mul", "div"):
        return _exact_operation(primitive, arrays)
    if primitive not in ("neg", "convert", "max", "min", "abs", "reshape", "broadcast_in_dim", "select_n"):
        return None
    if primitive == "broadcast_in_dim" and parameters["shape"] != (1,) * len(parameters["shape"]):
        return None
    result = PRIMITIVES[primitive].evaluate(system, values, parameters)
    return np.asarray(result.mid[0]) if result.is_exact else None


def _selected(arrays: Sequence[np.ndarray], parameters: Mapping[str, Any]) -> np.ndarray | None:
    """A contraction of a unit vector with finite numbers: the numbers that meet its one."""
    unit, other = arrays
    plain = unit.ndim == 1 == len(parameters["left_contract"]) and unit.size > 1 and unit.dtype == np.float64
    if not plain or not np.isfinite(other).all() or np.count_nonzero(unit) != 1 or unit.max() != 1.0:
        return None
    return np.take(other, int(unit.argmax()), axis=parameters["right_contract"][0])


def _exact_operation(primitive: str, arrays: Sequence[np.ndarray]) -> np.ndarray | None:
    from fractions import Fraction

    x, y = (Fraction(float(a.reshape(()))) for a in arrays)
    if primitive == "div" and y == 0:
        return None
    exact = {"add": x + y, "sub": x - y, "mul": x * y, "div": x / y if y else x}[primitive]
    try:
        value = float(exact)
    except OverflowError:
        return None
    if Fraction(value) != exact:
        return None
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    return np.full(shape, value)
