"""The number system of truncated power series: NumPy object arrays of Arb balls and Arb series, mixed."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, final

import flint
import numpy as np

from certify.flow.series_functions import Series, apply, series_power
from certify.program.arb import Arbs
from foundation import InputError
from foundation.arb_precision import arb_precision


def working(precision: int, length: int) -> AbstractContextManager[None]:
    """Arb's working precision in bits and the largest length of its series, inside the block."""
    return arb_precision(precision, series_length=length)


@final
@dataclass(frozen=True)
class SeriesSystem:
    """Implements `NumberSystem` for series in one variable; to be used inside `working`.

    An entry is a ball (a constant) or a series. What depends on a comparison is refused for series: only
    real-analytic programs go.
    """

    precision: int
    split: bool = False

    def constant(self, array: np.ndarray) -> np.ndarray:
        return self._balls.constant(array)

    def interval(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        return self._balls.interval(lower, upper)

    def bounds(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._balls.bounds(_constants(x))

    def ends(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return self._balls.ends(_constants(x))

    def map(self, x: np.ndarray, structural: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        return _filled(np.asarray(structural(x), dtype=object))

    def concatenate(self, parts: Sequence[np.ndarray], axis: int) -> np.ndarray:
        return np.concatenate(parts, axis)

    def where(self, condition: np.ndarray, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(condition, x, y)

    def hull(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return self._balls.hull(_constants(x), _constants(y))

    def function(self, name: str, *operands: np.ndarray) -> np.ndarray:
        return np.asarray(np.frompyfunc(_FUNCTIONS[name], len(operands), 1)(*operands), dtype=object)

    def power(self, x: np.ndarray, exponent: int) -> np.ndarray:
        return np.asarray(np.frompyfunc(lambda a: series_power(a, exponent), 1, 1)(x), dtype=object)

    def matmul(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if x.shape[-1] == 0:
            batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
            return _filled(np.zeros((*batch, x.shape[-2], y.shape[-1]), dtype=object))
        if _is_constant(x):
            return self._balls.matmul(x, y) if _is_constant(y) else _stacked(_constant_product, x, y)
        if _is_constant(y):
            turned = _stacked(_constant_product, np.swapaxes(y, -1, -2), np.swapaxes(x, -1, -2))
            return np.asarray(np.swapaxes(turned, -1, -2))
        return np.asarray(np.matmul(x, y), dtype=object)

    def sum(self, x: np.ndarray, axes: tuple[int, ...]) -> np.ndarray:
        return _filled(np.asarray(np.sum(x, axis=axes), dtype=object))

    def cumulative_sum(self, x: np.ndarray, axis: int) -> np.ndarray:
        return np.asarray(np.add.accumulate(x, axis), dtype=object)

    def segment_sum(self, x: np.ndarray, order: np.ndarray, starts: np.ndarray) -> np.ndarray:
        return np.add.reduceat(x[:, order], starts, axis=1)

    def extremum(self, x: np.ndarray, axes: tuple[int, ...], largest: bool) -> np.ndarray:
        return self._balls.extremum(_constants(x), axes, largest)

    def softmax(self, x: np.ndarray, parameters: Mapping[str, Any]) -> np.ndarray:
        """exp(x - c) / sum exp(x - c) along the axes, for any number c."""
        powers, sums, _ = self._exponentials(x, parameters)
        axes = tuple(axis + 1 for axis in parameters["axes"])
        return self.function("div", powers, np.expand_dims(sums, axes))

    def logsumexp(self, x: np.ndarray, parameters: Mapping[str, Any]) -> np.ndarray:
        """c + log sum exp(x - c) along the axes, for any number c."""
        _, sums, shift = self._exponentials(x, parameters)
        return self.function("add", self.function("log", sums), shift)

    def _exponentials(self, x: np.ndarray, parameters: Mapping[str, Any]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        middles = [entry[0] if isinstance(entry, Series) else entry for entry in x.flat]
        largest = max((float(m.mid()) for m in middles), default=0.0)
        shift = self.constant(np.full((1,) * x.ndim, largest))
        powers = self.function("exp", self.function("sub", x, shift))
        sums = self.sum(powers, tuple(axis + 1 for axis in parameters["axes"]))
        return powers, sums, shift.reshape((1,) * sums.ndim)

    @property
    def _balls(self) -> Arbs:
        return Arbs(self.precision)


def _is_constant(x: np.ndarray) -> bool:
    return not any(isinstance(entry, Series) for entry in x.flat)


def _stacked(product: Callable[[np.ndarray, np.ndarray], np.ndarray], x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """The product of each matrix of one stack with that of the other."""
    batch = np.broadcast_shapes(x.shape[:-2], y.shape[:-2])
    left, right = np.broadcast_to(x, batch + x.shape[-2:]), np.broadcast_to(y, batch + y.shape[-2:])
    result = np.empty((*batch, x.shape[-2], y.shape[-1]), dtype=object)
    for index in np.ndindex(*batch):
        result[index] = product(left[index], right[index])
    return result


def _constant_product(matrix: np.ndarray, series: np.ndarray) -> np.ndarray:
    """A matrix of balls times one of series: all coefficients in one product of matrices."""
    rows, inner = matrix.shape
    columns = series.shape[1]
    length = min(entry.prec for entry in series.flat if isinstance(entry, Series))
    flat = [c for entry in series.flat for c in _coefficients(entry, length)]
    left = flint.arb_mat(rows, inner, list(matrix.flat))
    entries = (left * flint.arb_mat(inner, columns * length, flat)).entries()
    result = np.empty((rows, columns), dtype=object)
    for position, index in enumerate(np.ndindex(rows, columns)):
        result[index] = Series(entries[position * length : (position + 1) * length], length)
    return result


def _coefficients(entry: Any, length: int) -> list[flint.arb]:
    given = entry.coeffs()[:length] if isinstance(entry, Series) else [entry]
    return given + [flint.arb(0)] * (length - len(given))


def _constants(x: np.ndarray) -> np.ndarray:
    if not _is_constant(x):
        raise InputError("a comparison depends on the state: the field must be real-analytic")
    return x


def _filled(x: np.ndarray) -> np.ndarray:
    """Zeros that NumPy made become balls."""
    if all(isinstance(entry, flint.arb | Series) for entry in x.flat):
        return x
    return np.asarray(
        np.frompyfunc(lambda a: a if isinstance(a, flint.arb | Series) else flint.arb(a), 1, 1)(x), object
    )


class _Functions(dict[str, Callable[..., Any]]):
    """name -> the function of entries; looked up once for each name."""

    def __missing__(self, name: str) -> Callable[..., Any]:
        self[name] = lambda *operands: apply(name, *operands)
        return self[name]


_FUNCTIONS = _Functions()
