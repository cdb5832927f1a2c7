"""sin, cos and tan of balls."""

from functools import partial

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import ArbFunction, bounds_over, point_value
from certify.arithmetic.elementary.rule import Rule, Wide

_sin_point = partial(point_value, arb.sin)
_cos_point = partial(point_value, arb.cos)
_tan_point = partial(point_value, arb.tan)


def sin(x: Ball) -> Ball:
    """Sine, proved, entrywise."""
    return Rule(_sin_point, _bounded(arb.sin))(x)


def cos(x: Ball) -> Ball:
    """Cosine, proved, entrywise."""
    return Rule(_cos_point, _bounded(arb.cos))(x)


def tan(x: Ball) -> Ball:
    """Tangent, proved, entrywise; an unbounded ball where x contains a pole."""
    return Rule(_tan_point, _over(arb.tan))(x)


def _over(function: ArbFunction) -> Wide:
    def wide(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        bounded = np.isfinite(lower) & np.isfinite(upper)
        low, high = bounds_over(function, np.where(bounded, lower, 0.0), np.where(bounded, upper, 0.0))
        return np.where(bounded, low, -np.inf), np.where(bounded, high, np.inf)

    return wide


def _bounded(function: ArbFunction) -> Wide:
    over = _over(function)

    def wide(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        low, high = over(lower, upper)
        return np.maximum(low, -1.0), np.minimum(high, 1.0)

    return wide
