"""Balls around others, and around everything."""

import numpy as np

from certify.arithmetic.ball import Ball


def hull(x: Ball, y: Ball) -> Ball:
    """The smallest convenient ball that contains both, entrywise."""
    return Ball.from_bounds(np.minimum(x.lower, y.lower), np.maximum(x.upper, y.upper))


def unbounded(shape: tuple[int, ...]) -> Ball:
    """Balls that know nothing: infinite radius."""
    return Ball._unchecked(np.zeros(shape), np.full(shape, np.inf))
