"""tanh and its derivative 1 - tanh^2 = 1 / cosh^2 at the centres and at the ends of intervals, by one exponential."""

from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from certify import arithmetic
from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF

Place: TypeAlias = tuple[Ball, Ball]
"""(t, s) with t = tanh and s = 1 - t^2 at points."""

_UNDERFLOW = 2.0**-1060
_GROWTH = 1.0 + 2.0**-50
# Beyond this place e^-2|x| is below _UNDERFLOW.
_FAR = 1e3


@final
@dataclass(frozen=True, eq=False)
class Tangents:
    """(t, s) at the centre of each interval, at its lower and at its upper end.

    t and s are between their values at the ends, but for s = 1 at 0, which lies inside where `straddles` holds.
    """

    centre: Place
    low: Place
    high: Place
    straddles: np.ndarray


def tangents(centre: np.ndarray, deviation: np.ndarray) -> Tangents:
    """Those of the intervals |x - centre| <= deviation (infinite for the whole line), proved."""
    with np.errstate(over="ignore"):
        lower = np.nextafter(centre - deviation, -np.inf)
        upper = np.nextafter(centre + deviation, np.inf)
    t, s = _values(np.clip(np.stack([centre, lower, upper]), -_FAR, _FAR))
    return Tangents((t[0], s[0]), (t[1], s[1]), (t[2], s[2]), (lower <= 0) & (upper >= 0))


def _values(points: np.ndarray) -> Place:
    """With E = e^-2|x|: |t| = (1 - E)/(1 + E) and s = 4 E/(1 + E)^2, so that s is accurate relative to itself.

    For E >= 0 their slopes in E are at most 2 and 4 in modulus. The quotients take three and five roundings.
    """
    decay = arithmetic.exp(Ball.exact(-2.0 * np.abs(points)))
    e, error = decay.mid, (decay.rad + _UNDERFLOW) * _GROWTH
    total = 1.0 + e
    size = (1.0 - e) / total
    slope = 4.0 * e / (total * total)
    size_error = (2.0 * error + 4 * UNIT_ROUNDOFF * np.abs(size)) * _GROWTH
    slope_error = (4.0 * error + 8 * UNIT_ROUNDOFF * slope) * _GROWTH + _UNDERFLOW
    return Ball(np.copysign(size, points), size_error), Ball(slope, slope_error)
