"""Balls and enclosures together with exact numbers that lie in them."""

import math
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from stabproof.testing.strategies.known import KnownBall, KnownEnclosure
from stabproof.testing.strategies.sizes import InvalidSetting

_LARGEST = 2.0**1000


def enclosures(
    min_value: float = -1e6, max_value: float = 1e6, *, allow_infinite: bool = False
) -> st.SearchStrategy[KnownEnclosure]:
    """Enclosures inside [min_value, max_value] with an exact number in each: an end point, or any fraction between.

    Points (lower = upper) occur; with `allow_infinite` so do half-lines and the whole line. The simplest is 0.
    """
    _check_range(min_value, max_value)
    return _enclosures(min_value, max_value, allow_infinite)


@st.composite
def _enclosures(draw: st.DrawFn, min_value: float, max_value: float, allow_infinite: bool) -> KnownEnclosure:
    ends = st.floats(min_value, max_value, allow_nan=False, allow_infinity=False)
    lower, upper = sorted((draw(ends), draw(ends)))
    if draw(st.booleans()):
        upper = lower
    share = Fraction(draw(st.integers(0, 64)), 64)
    value = Fraction(lower) + share * (Fraction(upper) - Fraction(lower))
    if allow_infinite:
        lower, upper = draw(st.sampled_from([(lower, upper), (-math.inf, upper), (lower, math.inf)]))
    return KnownEnclosure(Enclosure(lower, upper), value)


def balls(
    shape: tuple[int, ...] = (),
    *,
    min_value: float = -1e6,
    max_value: float = 1e6,
    max_radius: float = 1.0,
) -> st.SearchStrategy[KnownBall]:
    """Ball arrays with midpoints in [min_value, max_value], radii in [0, max_radius], an exact number in each entry.

    The numbers are end points, the midpoint, or rational points between. The simplest ball is exactly 0.
    """
    _check_range(min_value, max_value)
    if not 0 <= max_radius <= _LARGEST:
        raise InvalidSetting(f"max_radius must be a finite number of at least 0, but is {max_radius!r}")
    return _balls(shape, min_value, max_value, max_radius)


@st.composite
def _balls(draw: st.DrawFn, shape: tuple[int, ...], min_value: float, max_value: float, max_radius: float) -> KnownBall:
    middle = st.floats(min_value, max_value, allow_nan=False, allow_infinity=False)
    radius = st.one_of(st.just(0.0), st.floats(0.0, max_radius, allow_nan=False, allow_subnormal=True))
    mid, rad, values = np.zeros(shape), np.zeros(shape), np.empty(shape, dtype=object)
    for index in np.ndindex(*shape):
        mid[index], rad[index] = draw(middle), draw(radius)
        share = Fraction(draw(st.integers(-8, 8)), 8)
        values[index] = Fraction(float(mid[index])) + share * Fraction(float(rad[index]))
    return KnownBall(Ball(mid, rad), values)


def _check_range(low: float, high: float) -> None:
    if not -_LARGEST <= low <= high <= _LARGEST:
        raise InvalidSetting(f"the range needs finite min_value <= max_value, but is [{low!r}, {high!r}]")
