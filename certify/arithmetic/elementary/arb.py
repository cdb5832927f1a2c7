"""The slow and sure way: bounds of elementary functions at floats by Arb, one entry at a time."""

import math
from collections.abc import Callable
from typing import TypeAlias

import numpy as np
from flint import arb

from foundation.arb_precision import arb_precision

ArbFunction: TypeAlias = Callable[[arb], arb]

_PRECISION = 160
# Of bounds that become floats, whatever precision is around: a float's 53 bits, and some.
_FLOAT_BITS = 64


def float_bounds(value: arb) -> tuple[float, float]:
    """Floats below and above an Arb ball; infinite where it is unbounded, undefined or beyond the float range.

    Arb's bounds convert to floats to nearest (toward zero at most where they underflow), so one step outward suffices.
    """
    if not value.is_finite():
        return -math.inf, math.inf
    with arb_precision(_FLOAT_BITS):
        low, high = float(value.lower()), float(value.upper())
    return math.nextafter(low, -math.inf), math.nextafter(high, math.inf)


def bounds_at(function: ArbFunction, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper float bounds of `function` at each finite float of `points`."""
    low, high = np.empty(points.shape), np.empty(points.shape)
    with arb_precision(_PRECISION):
        for index, point in np.ndenumerate(points):
            low[index], high[index] = float_bounds(function(arb(float(point))))
    return low, high


def bounds_over(function: ArbFunction, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of `function` over each interval [lower, upper] of finite floats, by Arb on the whole interval."""
    low, high = np.empty(lower.shape), np.empty(lower.shape)
    with arb_precision(_PRECISION):
        for index, start in np.ndenumerate(lower):
            interval = arb(float(start)).union(arb(float(upper[index])))
            low[index], high[index] = float_bounds(function(interval))
    return low, high


def point_value(function: ArbFunction, points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value and error bound at each finite float; the error is infinite where the value is no float."""
    low, high = bounds_at(function, points)
    bounded = np.isfinite(low) & np.isfinite(high)
    low, high = np.where(bounded, low, 0.0), np.where(bounded, high, 0.0)
    value = low / 2 + high / 2
    error = np.maximum(high - value, value - low)
    return value, np.where(bounded, np.nextafter(error, np.inf), np.inf)
