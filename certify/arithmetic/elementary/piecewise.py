"""abs, minimum, maximum and sign of balls."""

from typing import Any

import numpy as np

from certify.arithmetic.ball import Ball, ball, where
from foundation import InputError


def abs(x: Ball) -> Ball:
    """|x|, proved, entrywise."""
    return x.__abs__()


def minimum(x: Any, y: Any) -> Ball:
    """The smaller of two, proved, entrywise (broadcast)."""
    a, b = broadcast(ball(x), ball(y))
    hull = Ball.from_bounds(np.minimum(a.lower, b.lower), np.minimum(a.upper, b.upper))
    return where(a.upper <= b.lower, a, where(b.upper <= a.lower, b, hull))


def maximum(x: Any, y: Any) -> Ball:
    """The larger of two, proved, entrywise (broadcast)."""
    return -minimum(-ball(x), -ball(y))


def sign(x: Ball) -> Ball:
    """-1, 0 or 1, proved, entrywise (0 at 0); a ball that touches 0 gives the hull of the values it takes."""
    low, high = np.sign(x.lower), np.sign(x.upper)
    return Ball.from_bounds(low, high)


def broadcast(a: Ball, b: Ball) -> tuple[Ball, Ball]:
    """Both with their common shape; raises `InputError` where the shapes do not fit."""
    shape = _common_shape(a.shape, b.shape)
    return (
        Ball._unchecked(np.broadcast_to(a.mid, shape), np.broadcast_to(a.rad, shape)),
        Ball._unchecked(np.broadcast_to(b.mid, shape), np.broadcast_to(b.rad, shape)),
    )


def _common_shape(first: tuple[int, ...], second: tuple[int, ...]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(first, second)
    except ValueError:
        raise InputError(f"arrays of shapes {first} and {second} do not fit together; reshape one of them") from None
