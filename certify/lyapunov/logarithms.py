"""Bounds of logarithms of non-negative numbers, with log 0 = -inf; of NaN nothing is known."""

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.elementary import log


def log_upper(x: np.ndarray) -> np.ndarray:
    """Upper bounds of log x for every entry x >= 0 (floats, taken as exact; inf allowed)."""
    return _bounds(x, upper=True)


def log_lower(x: np.ndarray) -> np.ndarray:
    """Lower bounds of log x for every entry x >= 0 (floats, taken as exact; inf allowed)."""
    return _bounds(x, upper=False)


def log_magnitude(x: Ball) -> tuple[np.ndarray, np.ndarray]:
    """Lower and upper bounds of log |x|, entrywise; -inf below where a ball contains 0."""
    return log_lower(x.mignitude), log_upper(x.magnitude)


def _bounds(x: np.ndarray, upper: bool) -> np.ndarray:
    array = np.asarray(x, np.float64)
    inside = (array > 0) & np.isfinite(array)
    balls = log(Ball.exact(np.where(inside, array, 1.0)))
    ends = balls.upper if upper else balls.lower
    unknown = np.inf if upper else -np.inf
    return np.where(inside, ends, np.where(array > 0, np.inf, np.where(np.isnan(array), unknown, -np.inf)))
