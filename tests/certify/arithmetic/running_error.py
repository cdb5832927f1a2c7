"""Rigorous running error analysis: the code of a float64 algorithm run on ranges and error bounds.

A `Rounded` holds, for each cell of an array, a range that contains both the ideal and the computed value of a
quantity, and a bound of their difference. Every operation adds the error of one rounding to nearest
[N. Higham, Accuracy and Stability of Numerical Algorithms, 3.3]. The analysis itself is done in float64 and padded by
a relative 2^-40 after each operation, which outweighs its own roundings.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import arb, arb_poly, arb_series, ctx

U = 2.0**-53
PAD = 2.0**-40
TINY = 2.0**-1000


@dataclass(frozen=True)
class Rounded:
    low: np.ndarray
    high: np.ndarray
    error: np.ndarray

    __array_ufunc__ = None

    @staticmethod
    def exact(low: Any, high: Any = None, error: Any = 0.0) -> "Rounded":
        """Floats between `low` and `high`, off their ideal values by at most `error`."""
        low = np.asarray(low, np.float64)
        high = low if high is None else np.asarray(high, np.float64)
        low, high, error = np.broadcast_arrays(low, high, np.asarray(error, np.float64))
        return Rounded(low, high, error)

    @property
    def size(self) -> np.ndarray:
        return np.maximum(np.abs(self.low), np.abs(self.high))

    def __neg__(self) -> "Rounded":
        return Rounded(-self.high, -self.low, self.error)

    def __add__(self, other: Any) -> "Rounded":
        y = _rounded(other)
        exact = _is(self, 0.0) | _is(y, 0.0)
        return _result(self.low + y.low, self.high + y.high, self.error + y.error, exact)

    __radd__ = __add__

    def __sub__(self, other: Any) -> "Rounded":
        return self + (-_rounded(other))

    def __rsub__(self, other: Any) -> "Rounded":
        return _rounded(other) + (-self)

    def __mul__(self, other: Any) -> "Rounded":
        y = _rounded(other)
        corners = [self.low * y.low, self.low * y.high, self.high * y.low, self.high * y.high]
        low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
        if other is self:
            low = np.maximum(low, 0.0)
        exact = _is(self, 0.0) | _is(y, 0.0) | _is(self, 1.0) | _is(y, 1.0) | _is(self, -1.0) | _is(y, -1.0)
        return _result(low, high, self.error * y.size + self.size * y.error, exact)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> "Rounded":
        y = _rounded(other)
        least = np.minimum(np.abs(y.low), np.abs(y.high))
        assert np.all(y.low * y.high > 0)
        corners = [self.low / y.low, self.low / y.high, self.high / y.low, self.high / y.high]
        low, high = np.minimum.reduce(corners), np.maximum.reduce(corners)
        size = np.maximum(np.abs(low), np.abs(high))
        return _result(low, high, (self.error + size * y.error) / least, _is(y, 1.0))

    def __rtruediv__(self, other: Any) -> "Rounded":
        return _rounded(other) / self


def _rounded(value: Any) -> Rounded:
    return value if isinstance(value, Rounded) else Rounded.exact(value)


def _is(x: Rounded, value: float) -> np.ndarray:
    """Where x is this very float: adding 0 and multiplying by 0, 1, -1 do not round."""
    return (x.low == value) & (x.high == value) & (x.error == 0)


def _result(low: np.ndarray, high: np.ndarray, inherited: np.ndarray, exact: np.ndarray | bool = False) -> Rounded:
    low, high = np.broadcast_arrays(low, high)
    size = np.maximum(np.abs(low), np.abs(high))
    error = (inherited + np.where(exact, 0.0, U * size + TINY)) * (1 + PAD)
    slack = np.where(exact, 0.0, size * PAD) + error
    return Rounded(low - slack, high + slack, error)


def cells(radius: float, count: int, lowest: float | None = None) -> Rounded:
    """`count` adjoining intervals that cover [lowest, radius] (by default [-radius, radius]), of exact floats."""
    edges = np.linspace(-radius if lowest is None else lowest, radius, count + 1)
    return Rounded.exact(edges[:-1], edges[1:])


def graded_cells(radius: float, lowest: float, count: int = 400) -> Rounded:
    """Adjoining intervals that cover [lowest, radius] in geometric progression, for errors relative to the argument."""
    edges = np.geomspace(lowest, radius, count + 1)
    edges[0], edges[-1] = lowest, radius
    return Rounded.exact(edges[:-1], edges[1:])


def polynomial_gap(
    function: Callable[[arb_series], arb_series],
    polynomial: Callable[[Any], Any],
    radius: float,
    power: int = 0,
    terms: int = 40,
    centre: float = 0.0,
) -> float:
    """Proved bound of |function(centre + r) - polynomial(r)| / |r|^power over 0 < |r| <= radius.

    Taylor's theorem with the Lagrange remainder: Arb encloses the Taylor coefficients at the centre, and the last one
    over the whole interval. `polynomial` is the code itself, run on the polynomial r with Arb coefficients.
    """
    saved = ctx.cap
    ctx.cap = terms + 1
    try:
        with ctx.workprec(400):
            at_centre = function(arb_series([arb(centre), 1], terms + 1))
            interval = arb(centre) + arb(0, radius)
            over_interval = function(arb_series([interval, 1], terms + 1))
            own = polynomial(arb_poly([0, 1]))
            own = own if isinstance(own, arb_poly) else arb_poly([own])
            assert own.degree() < terms
            total = abs(over_interval[terms]) * arb(radius) ** (terms - power)
            for k in range(terms):
                difference = abs(at_centre[k] - own[k])
                if k < power:
                    assert float(difference.upper()) < 1e-90, (k, difference)
                else:
                    total += difference * arb(radius) ** (k - power)
            return float(total.upper()) * (1 + PAD)
    finally:
        ctx.cap = saved
