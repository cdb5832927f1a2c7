"""Powers of balls with ball exponents and with whole exponents."""

from functools import partial
from typing import Any

import numpy as np
from flint import arb

from certify.arithmetic.ball import Ball, ball, where
from certify.arithmetic.elementary.arb import point_value
from certify.arithmetic.elementary.exponential import exp
from certify.arithmetic.elementary.hyperbolic_sine import even
from certify.arithmetic.elementary.logarithm import log
from certify.arithmetic.elementary.pairs import quotient, two_product
from certify.arithmetic.elementary.piecewise import broadcast
from certify.arithmetic.elementary.rule import Point, Rule, Wide, bounds_of, increasing
from certify.arithmetic.rounding import UNIT_ROUNDOFF
from foundation import InputError

Pair = tuple[np.ndarray, np.ndarray]

# Pairs lose at most 16 u^2 in a product: 2^10 products leave far less than this.
_LARGEST_PAIRED = 2**10
_PAIR_ERROR = 2.0**-90
_RECIPROCAL_ERROR = 1.01 * UNIT_ROUNDOFF
# The magnitudes of all intermediates stay within 2^+-400.
_EXPONENT_ROOM = 400.0
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
    point = partial(_power_point, n)
    return Rule(point, _wide(n, point), partial(_power_spread, n), partial(_is_narrow, n))(x)


def _power_point(n: int, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """x^n by repeated squaring of pairs; Arb where an intermediate could leave the range of exact products."""
    inside = np.abs(np.frexp(x)[1].astype(np.float64)) + 1 <= _EXPONENT_ROOM / np.abs(n)
    inside &= (x != 0) & (np.abs(n) <= _LARGEST_PAIRED)
    high, low = _paired_power(np.where(inside, x, 1.0), np.abs(n))
    value, error = high, np.abs(low) * (1 + 2.0**-40) + np.abs(high) * _PAIR_ERROR
    if n < 0:
        value = quotient(np.ones(x.shape), np.zeros(x.shape), high, low)
        error = np.abs(value) * _RECIPROCAL_ERROR
    if not inside.all():
        value[~inside], error[~inside] = point_value(partial(_power_arb, n), x[~inside])
        exact = (x == 0) & (n > 0)
        value, error = np.where(exact, 0.0, value), np.where(exact, 0.0, error)
    return value, error


def _paired_power(x: np.ndarray, n: int) -> Pair:
    """x^n as a normalised pair with a relative error of at most 16 n u^2, for intermediates of moderate size."""
    result: Pair | None = None
    base = (x, np.zeros(x.shape))
    while n:
        if n & 1:
            result = base if result is None else _times(result, base)
        n >>= 1
        base = _times(base, base) if n else base
    assert result is not None
    return result


def _times(x: Pair, y: Pair) -> Pair:
    """Product of pairs, relative error below 16 u^2 [Dekker's mul2; M. Joldes et al., ACM TOMS 44 (2017)]."""
    high, rest = two_product(x[0], y[0])
    low = rest + (x[0] * y[1] + x[1] * y[0])
    total = high + low
    return total, (high - total) + low


def _is_narrow(n: int, mid: np.ndarray, rad: np.ndarray) -> np.ndarray:
    return rad * np.abs(n) <= np.abs(mid) * 2.0**-8


def _power_spread(n: int, mid: np.ndarray, rad: np.ndarray, value: np.ndarray, error: np.ndarray) -> np.ndarray:
    # |(1 + d)^n - 1| <= t (1 + 4 t) for |d| <= q, t = |n| q <= 2^-8, also for negative n
    t = np.where(mid == 0, 0.0, rad / np.where(mid == 0, 1.0, np.abs(mid))) * np.abs(n)
    return (np.abs(value) + error) * (t * (1 + 4 * t))


def _wide(n: int, point: Point) -> Wide:
    if n > 0:
        return even(point, 0.0) if n % 2 == 0 else increasing(point, -np.inf, np.inf)
    return partial(_reciprocal_wide, n, point)


def _reciprocal_wide(n: int, point: Point, lower: np.ndarray, upper: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Negative powers decrease in |x|; around zero nothing is known."""
    near, far = np.minimum(np.abs(lower), np.abs(upper)), np.maximum(np.abs(lower), np.abs(upper))
    apart = ((lower > 0) | (upper < 0)) & np.isfinite(near)
    low = np.where(np.isfinite(far), bounds_of(point, np.where(apart & np.isfinite(far), far, 1.0))[0], 0.0)
    low, high = np.maximum(low, 0.0), bounds_of(point, np.where(apart, near, 1.0))[1]
    mirrored = (upper < 0) & (n % 2 != 0)
    low, high = np.where(mirrored, -high, low), np.where(mirrored, -low, high)
    return np.where(apart, low, -np.inf), np.where(apart, high, np.inf)


def pow(x: Ball, y: Any) -> Ball:
    """x^y, proved, entrywise (broadcast).

    Where an exponent is an exact whole number the base may be any ball; elsewhere the base must lie above 0,
    or `InputError` is raised (a base that reaches 0 is allowed for exact exponents >= 0).
    """
    base, power = broadcast(x, ball(y))
    if not base.size:
        return base
    whole = (power.rad == 0) & (power.mid == np.rint(power.mid)) & (np.abs(power.mid) <= _LARGEST_EXPONENT)
    result = Ball._unchecked(np.zeros(base.shape), np.zeros(base.shape))
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
    return Ball._unchecked(np.where(np.isfinite(high), low, 0.0), high)


def _is_whole(exponent: Any) -> bool:
    whole = isinstance(exponent, int | np.integer) and not isinstance(exponent, bool)
    return whole and -_LARGEST_EXPONENT <= int(exponent) <= _LARGEST_EXPONENT


def _power_arb(exponent: int, x: arb) -> arb:
    """Repeated squaring: Arb's own power of a ball around zero may answer nan."""
    result, square, rest = arb(1), x, -exponent if exponent < 0 else exponent
    while rest:
        if rest & 1:
            result = result * square
        rest >>= 1
        square = square * square if rest else square
    return 1 / result if exponent < 0 else result


def _scatter(mask: np.ndarray, values: Ball) -> Ball:
    mid, rad = np.zeros(mask.shape), np.zeros(mask.shape)
    mid[mask], rad[mask] = values.mid, values.rad
    return Ball._unchecked(mid, rad)
