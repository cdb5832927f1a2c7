"""The number system of float64 balls on NumPy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from certify import arithmetic
from certify.arithmetic import Ball, hull, where
from certify.arithmetic.ball import _checked
from certify.arithmetic.rounding import gamma, inflate
from certify.program.entrywise import entrywise
from certify.program.products import multiply_matrices


@final
@dataclass(frozen=True)
class Balls:
    """Implements `NumberSystem` with arrays of type `Ball`."""

    split: bool = False

    def constant(self, array: np.ndarray) -> Ball:
        return Ball.exact(array, "a constant of the program")

    def interval(self, lower: np.ndarray, upper: np.ndarray) -> Ball:
        return Ball.from_bounds(lower, upper)

    def bounds(self, x: Ball) -> tuple[np.ndarray, np.ndarray]:
        return x.lower, x.upper

    def map(self, x: Ball, structural: Callable[[np.ndarray], np.ndarray]) -> Ball:
        mid = structural(x.mid)
        return Ball(mid, np.broadcast_to(np.float64(0.0), mid.shape) if x.is_exact else structural(x.rad))

    def concatenate(self, parts: Sequence[Ball], axis: int) -> Ball:
        mid = np.concatenate([part.mid for part in parts], axis)
        if all(part.is_exact for part in parts):
            return Ball(mid, np.broadcast_to(np.float64(0.0), mid.shape))
        return Ball(mid, np.concatenate([part.rad for part in parts], axis))

    def where(self, condition: np.ndarray, x: Ball, y: Ball) -> Ball:
        return where(condition, x, y)

    def hull(self, x: Ball, y: Ball) -> Ball:
        return hull(*_broadcast(x, y))

    def function(self, name: str, *operands: Ball) -> Ball:
        if name in _OPERATORS:
            return _OPERATORS[name](*operands)
        implementation = getattr(arithmetic, name, None)
        return implementation(*operands) if implementation else entrywise(name, *operands)

    def power(self, x: Ball, exponent: int) -> Ball:
        if exponent == 2:
            return x.square()
        implementation = getattr(arithmetic, "integer_pow", None)
        return implementation(x, exponent) if implementation else _repeated(x, exponent)

    def matmul(self, x: Ball, y: Ball) -> Ball:
        return multiply_matrices(x, y)

    def sum(self, x: Ball, axes: tuple[int, ...]) -> Ball:
        return x.sum(axes)

    def segment_sum(self, x: Ball, order: np.ndarray, starts: np.ndarray) -> Ball:
        """Any order of summation of m terms errs by at most gamma_(m-1) sum |x| [Higham, (4.4)]."""
        count = int(np.diff(np.append(starts, order.size)).max())
        with np.errstate(over="ignore", invalid="ignore"):
            mid, rad = (np.add.reduceat(a[:, order], starts, axis=1) for a in (x.mid, x.rad))
            reach = np.add.reduceat(np.abs(x.mid)[:, order], starts, axis=1)
            return _checked(mid, inflate(rad + 2 * gamma(count) * reach, count + 3))

    def extremum(self, x: Ball, axes: tuple[int, ...], largest: bool) -> Ball:
        reduce = np.max if largest else np.min
        return Ball.from_bounds(reduce(x.lower, axis=axes), reduce(x.upper, axis=axes))


def _broadcast(x: Ball, y: Ball) -> tuple[Ball, Ball]:
    shape = np.broadcast_shapes(x.shape, y.shape)
    return (x.map(lambda a: np.broadcast_to(a, shape)), y.map(lambda a: np.broadcast_to(a, shape)))


_OPERATORS: dict[str, Callable[..., Ball]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "abs": abs,
    "square": Ball.square,
}


def _repeated(x: Ball, exponent: int) -> Ball:
    """x^exponent by repeated squaring."""
    if exponent < 0:
        return 1.0 / _repeated(x, -exponent)
    if exponent == 0:
        return Ball.exact(np.ones(x.shape))
    half = _repeated(x, exponent // 2)
    even = half.square() if exponent > 1 else None
    if even is None:
        return x
    return even * x if exponent % 2 else even
