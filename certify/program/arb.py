"""The number system of Arb balls at any precision: NumPy object arrays of `flint.arb`.

The working precision is an argument; it is set, and restored, by `arb_precision`.
"""

import functools
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.effort import charge
from certify.program.arb_functions import FUNCTIONS, power
from foundation import exact_number
from foundation.arb_precision import arb_precision


@final
@dataclass(frozen=True)
class Arbs:
    """Implements `NumberSystem` with object arrays of `flint.arb` at `precision` bits."""

    precision: int
    split: bool = False

    def constant(self, array: np.ndarray) -> np.ndarray:
        return to_arb(Ball.exact(array, "a constant of the program"))

    def interval(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        return to_arb(Ball.from_bounds(lower, upper))

    def bounds(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        with arb_precision(self.precision):
            return _LOWER(x), _UPPER(x)

    def ends(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self.bounds(x)

    def map(self, x: np.ndarray, structural: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        result = np.asarray(structural(x), dtype=object)
        return _FILL(result) if result.size > x.size or _has_gaps(result) else result

    def concatenate(self, parts: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.concatenate(parts, axis)

    def where(self, condition: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(condition, x, y)

    def hull(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        with arb_precision(self.precision):
            return _HULL(x, y)

    def function(self, name: str, *operands: np.ndarray) -> np.ndarray:
        with arb_precision(self.precision):
            return np.asarray(np.frompyfunc(FUNCTIONS[name], len(operands), 1)(*operands), dtype=object)

    def power(self, x: np.ndarray, exponent: int) -> np.ndarray:
        with arb_precision(self.precision):
            return np.asarray(np.frompyfunc(lambda a: power(a, exponent), 1, 1)(x), dtype=object)

    def matmul(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
        left = np.broadcast_to(x, batch + x.shape[-2:])
        right = np.broadcast_to(y, batch + y.shape[-2:])
        result = np.empty((*batch, x.shape[-2], y.shape[-1]), dtype=object)
        charge("words", result.size * x.shape[-1] * -(-self.precision // 64))
        with arb_precision(self.precision):
            for index in np.ndindex(*batch):
                result[index] = _product(left[index], right[index])
        return result

    def matrices(self, name: str, *operands: np.ndarray) -> np.ndarray:
        from certify.program.matrices.functions import apply_to_arbs

        return apply_to_arbs(name, self.precision, *operands)

    def sum(self, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        with arb_precision(self.precision):
            return _FILL(np.asarray(np.sum(x, axis=axes), dtype=object))

    def cumulative_sum(self, x: np.ndarray, axis: int) -> np.ndarray:
        with arb_precision(self.precision):
            return np.asarray(np.add.accumulate(x, axis), dtype=object)

    def segment_sum(self, x: np.ndarray, order: np.ndarray, starts: np.ndarray) -> np.ndarray:
        with arb_precision(self.precision):
            return np.add.reduceat(x[:, order], starts, axis=1)

    def extremum(self, x: np.ndarray, axes: tuple[int, ...], largest: bool) -> np.ndarray:
        pick = flint.arb.max if largest else flint.arb.min
        kept = [axis for axis in range(x.ndim) if axis not in axes]
        length = math.prod(x.shape[axis] for axis in axes)
        rows = np.transpose(x, [*kept, *axes]).reshape(*(x.shape[axis] for axis in kept), length)
        result = np.empty(rows.shape[:-1], dtype=object)
        with arb_precision(self.precision):
            for index in np.ndindex(*result.shape):
                result[index] = functools.reduce(pick, rows[index])
        return result


def to_arb(x: Ball) -> np.ndarray:
    """The balls as Arb balls: midpoints exact, radii rounded up."""
    # the radius is rounded up to 30 bits; an infinite one makes the whole line
    return np.asarray(np.frompyfunc(flint.arb, 2, 1)(x.mid, x.rad), dtype=object)


def to_bounds(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Float bounds (lower, upper), rounded outward; what is no finite ball becomes (-inf, inf)."""
    lower, upper = np.frompyfunc(_bounds, 1, 2)(x)
    return np.asarray(lower, np.float64), np.asarray(upper, np.float64)


def to_ball(x: np.ndarray) -> Ball:
    """The Arb balls as float64 balls, rounded outward."""
    return Ball.from_bounds(*to_bounds(x))


def exact_arb(value: Any, precision: int) -> flint.arb:
    """An exact number (float, int, `fractions.Fraction`, SymPy's rational, `flint.fmpq`) or an arb as an Arb ball."""
    if isinstance(value, flint.arb):
        return value
    exact = as_fraction(value)
    with arb_precision(precision):
        return flint.arb(flint.fmpq(exact.numerator, exact.denominator))


def as_fraction(value: Any) -> Fraction:
    """The exact value of a number of any type that `exact_number` reads; else `InputError`."""
    return exact_number(value, "an argument")


def _bounds(x: flint.arb) -> tuple[float, float]:
    if not x.is_finite():
        return -math.inf, math.inf
    if x.is_exact() and float(x) == x and math.isfinite(float(x)):
        return float(x), float(x)
    with arb_precision(64):
        lower, upper = float(x.lower()), float(x.upper())
    return math.nextafter(lower, -math.inf), math.nextafter(upper, math.inf)


def _has_gaps(array: np.ndarray) -> bool:
    return not set(map(type, array.flat)) <= {flint.arb}


def _product(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    rows, inner, columns = x.shape[0], x.shape[1], y.shape[1]
    if inner == 0:
        return _FILL(np.zeros((rows, columns), dtype=object))
    product = flint.arb_mat(x.tolist()) * flint.arb_mat(y.tolist())
    return np.array(product.entries(), dtype=object).reshape(rows, columns)


# What is no finite ball may be anything, also an undefined value: it must never win or lose a comparison.
_LOWER = np.frompyfunc(lambda x: x.lower() if x.is_finite() else flint.arb("-inf"), 1, 1)
_UPPER = np.frompyfunc(lambda x: x.upper() if x.is_finite() else flint.arb("inf"), 1, 1)
_HULL = np.frompyfunc(lambda x, y: x.union(y), 2, 1)
_FILL = np.frompyfunc(lambda x: x if isinstance(x, flint.arb) else flint.arb(x), 1, 1)
