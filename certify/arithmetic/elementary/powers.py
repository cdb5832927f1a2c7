"""Powers of balls with ball exponents and with whole exponents."""

from functools import partial
from typing import Any

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball, ball, where
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.exponential import exp
from certify.arithmetic.elementary.logarithm import log
from certify.arithmetic.elementary.piecewise import broadcast
from certify.arithmetic.elementary.rule import Rule, Wide, bounds_of, increasing
from foundation import InputError

# Beyond this exponent a power of a float other than 0 and +-1 is hardly ever a float.
_LARGEST_EXPONENT = 2**31


def integer_pow(x: Ball, exponent: int) -> Ball:
    """x^exponent for a whole exponent (0^0 = 1), proved, entrywise.

    A negative power of a ball that contains 0 is an unbounded ball.
    """
    if not _is_whole(exponent):
        raise InputError(f"the exponent of integer_pow must be a whole number up to 2^31, but is {exponent!r}; use pow")
    n = int(exponent)
    if n == 0:
        return Ball.exact(np.ones(x.shape))
    if n == 1:
        return x
    if n < 0:
        return Ball.exact(np.ones(x.shape)) / integer_pow(x, -n)
    point = partial(point_value, partial(_power_arb, n))
    return Rule(point, _even(point) if n % 2 == 0 else increasing(point, -np.inf, np.inf))(x)


def pow(x: Ball, y: Any) -> Ball:
    """x^y, proved, entrywise (broadcast).

    Where an exponent is an exact whole number the base may be any ball; elsewhere the base must lie above 0,
    or `InputError` is raised (a base that reaches 0 is allowed for exact exponents >= 0).
    """
    base, power = broadcast(x, ball(y))
    if not base.size:
        return base
    whole = (power.rad == 0) & (power.mid == np.rint(power.mid)) & (np.abs(power.mid) <= _LARGEST_EXPONENT)
    result = Ball(np.zeros(base.shape), np.zeros(base.shape))
    for exponent in np.unique(power.mid[whole]):
        chosen = whole & (power.mid == exponent)
        result = where(chosen, _scatter(chosen, integer_pow(base[chosen], int(exponent))), result)
    if whole.all():
        return result
    rest = ~whole
    return where(rest, _scatter(rest, _real_pow(base[rest], power[rest])), result)


def _real_pow(x: Ball, y: Ball) -> Ball:
    reachable_zero = (x.lower == 0) & (y.rad == 0) & (y.mid > 0)
    if np.any(bad := ~((x.lower > 0) | reachable_zero)):
        worst = float(x.lower[bad].min())
        raise InputError(
            f"power with a fractional exponent of a ball that reaches down to {worst}; the base must be positive"
        )
    exact = (x.rad == 0) & (y.rad == 0) & (x.mid > 0)
    ones = Ball.exact(np.ones(x.shape))
    result = where(exact, _exact_pow(where(exact, x, ones), where(exact, y, ones)), ones)
    if exact.all():
        return result
    wide = ~exact
    return where(wide, _scatter(wide, _wide_pow(x[wide], y[wide])), result)


def _wide_pow(x: Ball, y: Ball) -> Ball:
    touching = x.lower == 0
    safe = where(touching, Ball.from_bounds(x.upper, x.upper), x)
    power = exp(y * log(where(safe.mid > 0, safe, Ball.exact(np.ones(x.shape)))))
    upper = np.where(safe.mid > 0, power.upper, 0.0)
    return where(touching, Ball.from_bounds(np.zeros(x.shape), upper), power)


def _exact_pow(x: Ball, y: Ball) -> Ball:
    low, high = np.empty(x.shape), np.empty(x.shape)
    for index, base in np.ndenumerate(x.mid):
        exponent = arb(float(y.mid[index]))
        value, error = point_value(lambda b, e=exponent: b**e, np.asarray(base))  # type: ignore[misc]
        low[index], high[index] = value, error
    return Ball(np.where(np.isfinite(high), low, 0.0), high)


def _is_whole(exponent: Any) -> bool:
    whole = isinstance(exponent, int | np.integer) and not isinstance(exponent, bool)
    return whole and -_LARGEST_EXPONENT <= int(exponent) <= _LARGEST_EXPONENT


def _power_arb(exponent: int, x: arb) -> arb:
    """Repeated squaring: Arb's own power of a ball around zero may answer nan."""
    result, square = arb(1), x
    while exponent:
        if exponent & 1:
            result = result * square
        exponent >>= 1
        square = square * square if exponent else square
    return result


def _even(point: Any) -> Wide:
    def wide(lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        nearest = np.where((lower <= 0) & (upper >= 0), 0.0, np.minimum(np.abs(lower), np.abs(upper)))
        farthest = np.maximum(np.abs(lower), np.abs(upper))
        low = np.maximum(bounds_of(point, np.where(np.isfinite(nearest), nearest, 0.0))[0], 0.0)
        high = bounds_of(point, np.where(np.isfinite(farthest), farthest, 0.0))[1]
        return low, np.where(np.isfinite(farthest), high, np.inf)

    return wide


def _scatter(mask: np.ndarray, values: Ball) -> Ball:
    mid, rad = np.zeros(mask.shape), np.zeros(mask.shape)
    mid[mask], rad[mask] = values.mid, values.rad
    return Ball(mid, rad)
