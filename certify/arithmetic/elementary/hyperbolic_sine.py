"""sinh and cosh of balls from pairs of exponentials."""

import numpy as np

from certify.arithmetic.ball import Ball
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.exponential import exp_parts, times_power
from certify.arithmetic.elementary.pairs import relative_error_odd, two_sum
from certify.arithmetic.elementary.rule import Point, Rule, Wide, bounds_of, increasing
from certify.arithmetic.rounding import UNIT_ROUNDOFF

# Errors in units of the value; tests/certify/arithmetic proves them over the whole range.
SINH_ERROR = 1.3 * UNIT_ROUNDOFF
COSH_ERROR = 1.1 * UNIT_ROUNDOFF

_SMALL = 0.25
# Here e^x, twice the result, is still a float; beyond 710.5 the result itself is none.
_LARGEST = 709.0
_SQUARABLE = 2.0**400


def sinh(x: Ball) -> Ball:
    """Hyperbolic sine, proved, entrywise."""
    return Rule(_sinh_point, increasing(_sinh_point, -np.inf, np.inf), _sinh_spread, _is_narrow)(x)


def cosh(x: Ball) -> Ball:
    """Hyperbolic cosine, proved, entrywise."""
    return Rule(_cosh_point, even(_cosh_point, 1.0), _cosh_spread, _is_narrow)(x)


def even(point: Point, least: float) -> Wide:
    """Bounds over intervals of an even function that increases on [0, inf) from `least` to infinity."""

    def wide(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nearest = np.where((lower <= 0) & (upper >= 0), 0.0, np.minimum(np.abs(lower), np.abs(upper)))
        farthest = np.maximum(np.abs(lower), np.abs(upper))
        low = np.maximum(bounds_of(point, np.where(np.isfinite(nearest), nearest, 0.0))[0], least)
        high = bounds_of(point, np.where(np.isfinite(farthest), farthest, 0.0))[1]
        return low, np.where(np.isfinite(farthest), high, np.inf)

    return wide


def _exponentials(size: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """e^size and e^-size, each as head and tail, for 0 <= size <= 709."""
    heads_and_tails = []
    # e^-708 and below are subnormal, and vanish beside e^708.
    for x in (size, -np.minimum(size, 700.0)):
        head, tail, exponent = exp_parts(x)
        heads_and_tails += [times_power(head, exponent), times_power(np.ones(x.shape), exponent) * tail]
    return tuple(heads_and_tails)  # type: ignore[return-value]


def sinh_series(x: np.ndarray) -> np.ndarray:
    """sinh(x) for |x| <= 1/4 by the Taylor polynomial of degree 13."""
    s = x * x
    p = s * (1 / 6227020800) + 1 / 39916800
    for factorial in (362880, 5040, 120, 6):
        p = p * s + 1 / factorial
    return x + x * (s * p)


def _sinh_large(size: np.ndarray) -> np.ndarray:
    grown, grown_tail, fallen, fallen_tail = _exponentials(size)
    total, rest = two_sum(grown, -fallen)
    return 0.5 * total + 0.5 * (rest + (grown_tail - fallen_tail))


def _sinh_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = np.abs(x)
    inner = np.minimum(size, _LARGEST)
    value = np.where(size <= _SMALL, sinh_series(np.minimum(size, _SMALL)), _sinh_large(np.maximum(inner, _SMALL)))
    value = np.copysign(value, x)
    return _beyond("sinh", x, size, value, relative_error_odd(value, SINH_ERROR, x))


def _cosh_point(x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    size = np.abs(x)
    grown, grown_tail, fallen, fallen_tail = _exponentials(np.minimum(size, _LARGEST))
    total, rest = two_sum(grown, fallen)
    value = 0.5 * total + 0.5 * (rest + (grown_tail + fallen_tail))
    return _beyond("cosh", x, size, value, value * COSH_ERROR)


def _beyond(
    name: str, x: np.ndarray, size: np.ndarray, value: np.ndarray, error: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Arb for the last two units before overflow, and nothing known after it."""
    far = size > _LARGEST
    if not far.any():
        return value, error
    last = far & (size < 711)
    value[last], error[last] = point_value(lambda y: y.sinh() if name == "sinh" else y.cosh(), x[last])
    return value, np.where(size >= 711, np.inf, error)


def _is_narrow(_: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad <= 2.0**-8


def _sinh_spread(_: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # |sinh(m + d) - sinh m| <= cosh m sinh r + |sinh m| (cosh r - 1), sinh r <= r (1 + r^2), cosh r - 1 <= r^2
    size = np.abs(value) + error
    moderate = np.minimum(size, _SQUARABLE)
    slope = np.where(size < _SQUARABLE, np.sqrt(1.0 + moderate * moderate), size * (1 + 2.0**-50))
    return slope * rad * (1 + rad * rad) + size * (rad * rad)


def _cosh_spread(_: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # |cosh(m + d) - cosh m| <= |sinh m| sinh r + cosh m (cosh r - 1), sinh^2 m = cosh^2 m - 1
    size = value + error
    moderate = np.minimum(size, _SQUARABLE)
    square = np.maximum(moderate * moderate * (1 + 2.0**-50) - 1.0, 0.0)
    slope = np.where(size < _SQUARABLE, np.sqrt(square), size)
    return slope * rad * (1 + rad * rad) + size * (rad * rad)
