"""Which entries of a program's values are one and the same function of the parameters.

Entries get numbers (value numbering [J. Cocke and J. T. Schwartz, Programming Languages and Their Compilers, 1970]):
equal numbers are proved to be equal functions, because they are the same operation on operands of equal numbers. Sums
and products are those of real numbers, whose order is of no matter. A maximum whose largest operand is decided by the
balls has that operand's number. Different numbers say nothing.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.effort import charge
from certify.program.errors import UndecidedBranch
from certify.program.evaluate import apply_equation, charge_program, converted_arguments, last_uses
from certify.program.evaluate import program_constants as constants_of
from certify.program.primitives.contraction import free_axes
from certify.program.primitives.nonsmooth import compare
from certify.program.primitives.registry import PRIMITIVES
from certify.program.program import Equation, Program
from certify.program.values import NumberSystem, Value, aligned

# Rearrangements of entries: applied to the numbers as they stand; what they fill in is the number 0, of the value 0.
_STRUCTURAL = frozenset(
    ("reshape", "transpose", "broadcast_in_dim", "slice", "concatenate", "rev", "take", "pad", "select_n")
)
# They have a value wherever their operands have one.
_TOTAL = _STRUCTURAL | {"dot_general", "reduce_sum", "reduce_max", "reduce_min", "max", "min"}
_TOTAL |= {"add", "sub", "mul", "neg", "abs", "square", "exp", "tanh", "logistic", "sin", "cos"}
_COMMUTATIVE = frozenset(("add", "mul", "max", "min"))
# Sums of more terms in all than this get fresh numbers: they would take seconds.
_MANY_TERMS = 2**25


@final
class Numbering:
    """Numbers of all entries, beside their enclosures in one number system."""

    def __init__(self, program: Program, system: NumberSystem) -> None:
        self.program, self.system = program, system
        self.known: dict[tuple[Any, ...], int] = {}
        self.next = 1

    def operands(self, parameters: Value, examples: np.ndarray) -> Iterator[tuple[int, Equation, list[Any]]]:
        """Each equation's position, the equation, and the numbers of its operands (arrays (N or 1, ...)).

        parameters: enclosures (D,) of the first input; examples (N, ...): the second one. Raises
        `UndecidedBranch` where a value may not exist: what has none is equal to nothing.
        """
        program, system = self.program, self.system
        charge_program(program, getattr(system, "precision", None), len(examples))
        values = converted_arguments(system, program, [parameters, Ball.exact(examples)], [False, True])
        values += constants_of(system, program)
        numbers: list[Any] = [self._fresh(values[0].shape), self._of_constants(examples)]
        numbers += [self._of_constants(a[None]) if a.dtype == np.float64 else None for a in program.constants]
        last = last_uses(program)
        for position, equation in enumerate(program.equations):
            operands = [values[ref] for ref in equation.operands]
            own = [values[r] if numbers[r] is None else numbers[r] for r in equation.operands]
            value = apply_equation(system, equation, operands)
            if equation.signature.is_real and equation.primitive not in _TOTAL and not _is_finite(system, value):
                raise UndecidedBranch(f"`{equation.primitive}` is not bounded by the balls; shrink them")
            values.append(value)
            numbers.append(self._numbered(equation, operands, own, value))
            yield position, equation, own
            for ref in last.get(position, ()):
                values[ref] = numbers[ref] = None

    def _numbered(self, equation: Equation, operands: list[Value], own: list[Any], value: Value) -> Any:
        """The numbers of an equation's value; None for values that are no reals."""
        if not equation.signature.is_real:
            return None
        charge("entries", math.prod(value.shape))
        name, parameters = equation.primitive, equation.parameters
        if name in _STRUCTURAL and all(isinstance(x, np.ndarray) and x.dtype != object for x in own):
            return np.asarray(PRIMITIVES[name].evaluate(self.system, own, parameters))
        if name == "dot_general":
            return self._contracted(own, parameters, value.shape)
        if name in ("reduce_sum", "reduce_max", "reduce_min"):
            return self._reduced(name, operands[0], own[0], parameters["axes"])
        if name in ("max", "min"):
            return self._extremum(name, operands, own)
        if name in _ENTRYWISE:
            return self._elementwise(name, own, parameters)
        return self._fresh(value.shape)

    def _fresh(self, shape: Sequence[int]) -> np.ndarray:
        count = math.prod(shape)
        self.next += count
        return np.arange(self.next - count, self.next).reshape(shape)

    def _of_constants(self, array: np.ndarray) -> np.ndarray:
        """Equal numbers for equal floats, 0 for 0; what is no number is equal to nothing."""
        known = self._of_rows(("constant",), array.reshape(*array.shape, 1) + 0.0, lambda row: row[0] == 0.0)
        return np.where(np.isfinite(array), known, self._fresh(array.shape))

    def _of_rows(
        self, key: tuple[Any, ...], rows: np.ndarray, is_zero: Callable[[np.ndarray], bool] = lambda row: False
    ) -> np.ndarray:
        """One number for each different row along the last axis."""
        flat = np.ascontiguousarray(rows.reshape(-1, rows.shape[-1]))
        view = flat.view(np.dtype((np.void, flat.dtype.itemsize * flat.shape[1]))).reshape(-1)
        _, first, inverse = np.unique(view, return_index=True, return_inverse=True)
        charge("entries", flat.size)
        numbers = np.array([0 if is_zero(flat[i]) else self._number((*key, flat[i].tobytes())) for i in first])
        return np.asarray(numbers[inverse.reshape(-1)].reshape(rows.shape[:-1]), np.int64)

    def _number(self, key: tuple[Any, ...]) -> int:
        if key not in self.known:
            self.known[key] = self.next
            self.next += 1
        return self.known[key]

    def _elementwise(self, name: str, own: list[np.ndarray], parameters: Any) -> np.ndarray:
        full = np.stack(np.broadcast_arrays(*same_rank(own)), -1)
        if name in _COMMUTATIVE:
            full = np.sort(full, -1)
        plain = tuple(sorted((key, repr(value)) for key, value in parameters.items()))
        numbers = self._of_rows((name, len(own), plain), full)
        if name == "mul":
            return np.where((full == 0).any(-1), 0, numbers)
        if name in ("add", "sub"):
            numbers = np.where(full[..., -1] == 0, full[..., 0], numbers)
        return np.where(full[..., 0] == 0, full[..., -1], numbers) if name == "add" else numbers

    def _contracted(self, own: list[np.ndarray], parameters: Any, shape: Sequence[int]) -> np.ndarray:
        sides = []
        for x, side in zip(own, ("left", "right"), strict=True):
            batch, contract = parameters[f"{side}_batch"], parameters[f"{side}_contract"]
            groups = (batch, free_axes(x.ndim - 1, batch, contract), contract)
            order = (0, *(axis + 1 for group in groups for axis in group))
            sizes = [math.prod(x.shape[1 + axis] for axis in group) for group in groups]
            sides.append(np.transpose(x, order).reshape(x.shape[0], *sizes))
        left, right = sides[0][:, :, :, None], sides[1][:, :, None]
        terms = math.prod(np.broadcast_shapes(left.shape, right.shape))
        if terms > _MANY_TERMS or not terms:
            return self._fresh(shape)
        low, high = np.minimum(left, right), np.maximum(left, right)
        pairs = self._of_rows(("mul", 2, ()), np.stack((low, high), -1))
        return self._sums(np.where(low == 0, 0, pairs)).reshape(shape)

    def _sums(self, terms: np.ndarray) -> np.ndarray:
        """The numbers of sums along the last axis: 0 of nothing but zeros, a term's own where it stands alone."""
        if not terms.shape[-1]:
            return np.zeros(terms.shape[:-1], np.int64)
        ordered = np.sort(terms, -1)
        numbers = self._of_rows(("sum", terms.shape[-1]), ordered)
        alone = (ordered[..., :-1] == 0).all(-1)
        return np.where(alone, ordered[..., -1], numbers)

    def _reduced(self, name: str, operand: Value, own: np.ndarray, axes: Sequence[int]) -> np.ndarray:
        rows = joined_axes(own, axes)
        if name == "reduce_sum":
            return self._sums(rows)
        low, high = (joined_axes(bound, axes) for bound in self.system.bounds(operand))
        largest = name == "reduce_max"
        best = np.max(low, -1, keepdims=True) if largest else np.min(high, -1, keepdims=True)
        possible = np.asarray(high >= best if largest else low <= best, bool)
        return self._of_sets(name, np.where(possible, rows, -1))

    def _extremum(self, name: str, operands: list[Value], own: list[np.ndarray]) -> np.ndarray:
        x, y = np.broadcast_arrays(*same_rank(own))
        a, b = aligned(self.system, operands)
        above, _ = compare(self.system, "gt" if name == "max" else "lt", a, b)
        below, _ = compare(self.system, "lt" if name == "max" else "gt", a, b)
        kept = (np.broadcast_to(np.where(below, -1, x), x.shape), np.broadcast_to(np.where(above, -1, y), x.shape))
        return self._of_sets(f"reduce_{name}", np.stack(kept, -1))

    def _of_sets(self, name: str, members: np.ndarray) -> np.ndarray:
        """The numbers of extrema over sets of numbers, with -1 for what is no member."""
        ordered = np.sort(members, -1)
        again = np.concatenate([np.zeros((*ordered.shape[:-1], 1), bool), ordered[..., 1:] == ordered[..., :-1]], -1)
        distinct = np.sort(np.where(again, -1, ordered), -1)
        numbers = self._of_rows((name,), distinct)
        return np.where((distinct[..., :-1] == -1).all(-1), distinct[..., -1], numbers)


def _is_finite(system: NumberSystem, value: Value) -> bool:
    """Whether all enclosures are bounded."""
    return bool(np.isfinite(np.asarray([b.astype(float) for b in system.bounds(value)])).all())


# Smooth functions of real operands, entry by entry.
_ENTRYWISE = frozenset(
    ("add", "sub", "mul", "div", "neg", "abs", "square", "integer_pow", "pow", "sqrt", "rsqrt", "cbrt")
) | frozenset(
    ("exp", "expm1", "log", "log1p", "tanh", "logistic", "sin", "cos", "tan", "atan", "sinh", "cosh", "erf", "erfc")
)


def same_rank(arrays: Sequence[np.ndarray]) -> list[np.ndarray]:
    rank = max(a.ndim for a in arrays)
    return [a if a.ndim == rank else a.reshape(a.shape + (1,) * (rank - a.ndim)) for a in arrays]


def joined_axes(array: np.ndarray, axes: Sequence[int]) -> np.ndarray:
    """The entries along `axes` as one last axis."""
    moved = [axis + 1 for axis in axes]
    kept = [axis for axis in range(array.ndim) if axis not in moved]
    rows = np.transpose(array, [*kept, *moved])
    return rows.reshape(*rows.shape[: len(kept)], math.prod(array.shape[axis] for axis in moved))
