"""How an elementary function acts on arrays of balls, given what it does at points and on intervals."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from certify.arithmetic.ball import Ball
from certify.arithmetic.rounding import SMALLEST_SUBNORMAL

# Value and error bound at floats: |f(x) - value| <= error, where the value is no float the error is +inf or NaN.
Point: TypeAlias = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
# Lower and upper bounds of f over intervals [lower, upper], whose ends may be infinite.
Wide: TypeAlias = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
# Upper bound of |f(x) - f(mid)| over |x - mid| <= rad, from (mid, rad, value, error at mid), where `narrow` holds;
# up to 8 roundings and underflow are made good here.
Spread: TypeAlias = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray], np.ndarray]
Narrow: TypeAlias = Callable[[np.ndarray, np.ndarray], np.ndarray]

# Below this the product of a slope and a radius may lose bits to underflow.
_SMALL = 2.0**-960

# Entries in flight: the temporaries of one block stay in the second-level cache.
_BLOCK = 16384


@final
@dataclass(frozen=True)
class Rule:
    """An elementary function: its value at points, its slope on narrow balls and its bounds on wide ones."""

    point: Point
    wide: Wide
    spread: Spread | None = None
    narrow: Narrow | None = None

    def __call__(self, x: Ball) -> Ball:
        """The ball array of f(x), entrywise."""
        mid = np.ravel(x.mid)
        rad = None if x.is_exact else np.ravel(x.rad)
        value, radius = np.empty(mid.shape), np.empty(mid.shape)
        with np.errstate(all="ignore"):
            for start in range(0, mid.size, _BLOCK):
                part = slice(start, start + _BLOCK)
                block = self._exact(mid[part]) if rad is None else self._inexact(mid[part], rad[part])
                value[part], radius[part] = block
        return Ball._unchecked(value.reshape(x.shape), radius.reshape(x.shape))

    def _exact(self, mid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return _sound(*self.point(mid))

    def _inexact(self, mid: np.ndarray, rad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        if self.spread is None or self.narrow is None:
            narrow = rad == 0
        else:
            narrow = self.narrow(mid, rad)
        if narrow.all():
            return self._narrow(mid, rad)
        value, radius = np.empty(mid.shape), np.empty(mid.shape)
        if narrow.any():
            value[narrow], radius[narrow] = self._narrow(mid[narrow], rad[narrow])
        wide = ~narrow
        lower, upper = _ends(mid[wide], rad[wide])
        hull = Ball.from_bounds(*self.wide(lower, upper))
        value[wide], radius[wide] = hull.mid, hull.rad
        return value, radius

    def _narrow(self, mid: np.ndarray, rad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, error = self.point(mid)
        if self.spread is None:
            return _sound(value, error)
        spread = self.spread(mid, rad, value, error)
        radius = (error + spread) * (1 + 2.0**-49)
        if not spread.min() >= _SMALL:
            radius = np.where(rad == 0, error, radius + 4 * SMALLEST_SUBNORMAL)
        return _sound(value, radius)


def bounds_of(point: Point, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds of f at finite points; infinite where the value is no float."""
    value, error = _sound(*point(points))
    exact = error == 0
    low, high = np.nextafter(value - error, -np.inf), np.nextafter(value + error, np.inf)
    return np.where(exact, value, low), np.where(exact, value, high)


def increasing(point: Point, at_minus_infinity: float, at_infinity: float) -> Wide:
    """Bounds over intervals of an increasing function with the given limits, which also bound its values."""

    def wide(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low = bounds_of(point, np.where(np.isfinite(lower), lower, 0.0))[0]
        high = bounds_of(point, np.where(np.isfinite(upper), upper, 0.0))[1]
        low = np.where(np.isfinite(lower), low, at_minus_infinity)
        high = np.where(np.isfinite(upper), high, at_infinity)
        return np.maximum(low, at_minus_infinity), np.minimum(high, at_infinity)

    return wide


def decreasing(point: Point, at_minus_infinity: float, at_infinity: float) -> Wide:
    """Bounds over intervals of a decreasing function with the given limits, which also bound its values."""

    def negated(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        value, error = point(points)
        return -value, error

    rising = increasing(negated, -at_minus_infinity, -at_infinity)

    def wide(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = rising(lower, upper)
        return -high, -low

    return wide


def _ends(mid: np.ndarray, rad: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    x = Ball._unchecked(mid, rad)
    return x.lower, x.upper


def _sound(value: np.ndarray, error: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sound = error < np.inf
    if sound.all():
        return value, error
    return np.where(sound, value, 0.0), np.where(sound, error, np.inf)
