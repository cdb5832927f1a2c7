"""The number system of float64 balls on NumPy."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from certify import arithmetic
from certify.arithmetic import Ball, hull, where
from certify.arithmetic.ball import _checked
from certify.arithmetic.ball_parts import no_radii
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

    def ends(self, x: Ball) -> tuple[Ball, Ball]:
        return Ball.exact(x.lower), Ball.exact(x.upper)

    def map(self, x: Ball, structural: Callable[[np.ndarray], np.ndarray]) -> Ball:
        mid = structural(x.mid)
        return Ball._unchecked(mid, no_radii(mid.shape) if x.is_exact else structural(x.rad))

    def concatenate(self, parts: Sequence[Ball], axis: int) -> Ball:
        mid = np.concatenate([part.mid for part in parts], axis)
        if all(part.is_exact for part in parts):
            return Ball._unchecked(mid, no_radii(mid.shape))
        return Ball._unchecked(mid, np.concatenate([part.rad for part in parts], axis))

    def where(self, condition: np.ndarray, x: Ball, y: Ball) -> Ball:
        return where(condition, x, y)

    def hull(self, x: Ball, y: Ball) -> Ball:
        return hull(*_broadcast(x, y))

    def function(self, name: str, *operands: Ball) -> Ball:
        if name in _ELEMENTARY:
            found: Ball = getattr(arithmetic, name)(*operands)
            return found
        implementation = _FUNCTIONS.get(name)
        return implementation(*operands) if implementation else entrywise(name, *operands)

    def power(self, x: Ball, exponent: int) -> Ball:
        return arithmetic.integer_pow(x, exponent)

    def matmul(self, x: Ball, y: Ball) -> Ball:
        return multiply_matrices(x, y)

    def matrices(self, name: str, *operands: Ball) -> Ball:
        from certify.program.matrices.functions import apply_to_balls

        return apply_to_balls(name, *operands)

    def sum(self, x: Ball, axes: tuple[int, ...]) -> Ball:
        return x.sum(axes)

    def cumulative_sum(self, x: Ball, axis: int) -> Ball:
        """Partial sums of up to n terms err by at most gamma_(n-1) times the partial sums of |x| [Higham, (4.4)]."""
        count = x.shape[axis]
        with np.errstate(over="ignore", invalid="ignore"):
            reach = np.cumsum(np.abs(x.mid), axis) * (2 * gamma(count)) + np.cumsum(x.rad, axis)
            return _checked(np.cumsum(x.mid, axis), inflate(reach, count + 3))

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


def _logaddexp(x: Ball, y: Ball) -> Ball:
    """log(e^x + e^y) = max + log1p(exp(-|x - y|)), increasing in both: evaluated at the lower and the upper ends."""
    if x.is_exact and y.is_exact:
        return _logaddexp_at(x, y)
    low = _logaddexp_at(*(Ball.exact(bound) for bound in _finite(x.lower, y.lower)))
    high = _logaddexp_at(*(Ball.exact(bound) for bound in _finite(x.upper, y.upper)))
    bounded = np.logical_and.reduce(np.broadcast_arrays(*map(np.isfinite, (x.lower, x.upper, y.lower, y.upper))))
    return Ball.from_bounds(np.where(bounded, low.lower, -np.inf), np.where(bounded, high.upper, np.inf))


def _logaddexp_at(x: Ball, y: Ball) -> Ball:
    smaller = arithmetic.exp(-abs(x - y))
    return arithmetic.maximum(x, y) + arithmetic.log1p(smaller)


def _finite(*bounds: np.ndarray) -> tuple[np.ndarray, ...]:
    return tuple(np.where(np.isfinite(bound), bound, 0.0) for bound in bounds)


# functions of `certify.arithmetic`, loaded when they are used
_ELEMENTARY = (
    *("exp", "expm1", "log", "log1p", "tanh", "logistic", "sin", "cos", "tan", "atan", "sinh", "cosh", "erf", "erfc"),
    *("sqrt", "rsqrt", "cbrt", "pow", "maximum", "minimum"),
)

_FUNCTIONS: dict[str, Callable[..., Ball]] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "abs": abs,
    "square": Ball.square,
    "logaddexp": _logaddexp,
}
