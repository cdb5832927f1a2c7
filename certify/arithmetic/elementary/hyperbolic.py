"""tanh, logistic, sinh and cosh of balls."""

from functools import partial

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.rule import Rule, bounds_of, increasing

_tanh_point = partial(point_value, arb.tanh)
_sinh_point = partial(point_value, arb.sinh)
_cosh_point = partial(point_value, arb.cosh)


def _logistic_arb(x: arb) -> arb:
    return 1 / (1 + (-x).exp())


_logistic_point = partial(point_value, _logistic_arb)


def tanh(x: Ball) -> Ball:
    """Hyperbolic tangent, proved, entrywise."""
    return Rule(_tanh_point, increasing(_tanh_point, -1.0, 1.0))(x)


def logistic(x: Ball) -> Ball:
    """1 / (1 + e^-x), proved, entrywise."""
    return Rule(_logistic_point, increasing(_logistic_point, 0.0, 1.0))(x)


def sinh(x: Ball) -> Ball:
    """Hyperbolic sine, proved, entrywise."""
    return Rule(_sinh_point, increasing(_sinh_point, -np.inf, np.inf))(x)


def cosh(x: Ball) -> Ball:
    """Hyperbolic cosine, proved, entrywise."""
    return Rule(_cosh_point, _cosh_wide)(x)


def _cosh_wide(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    nearest = np.where((lower <= 0) & (upper >= 0), 0.0, np.minimum(np.abs(lower), np.abs(upper)))
    farthest = np.maximum(np.abs(lower), np.abs(upper))
    low = np.maximum(bounds_of(_cosh_point, np.where(np.isfinite(nearest), nearest, 0.0))[0], 1.0)
    high = bounds_of(_cosh_point, np.where(np.isfinite(farthest), farthest, 0.0))[1]
    return low, np.where(np.isfinite(farthest), high, np.inf)
