"""Elementary functions of affine forms: linear at the centre, with Lagrange's remainder over the range.

f(c + u) = f(c) + f'(c) u + h u^2 with h = f''(xi)/2 for a xi in the range [T. Apostol, Calculus I, 7.7]; u^2 lies in
[0, deviation^2]. Where the plain range of f is narrower than that remainder it is taken instead.
"""

from collections.abc import Callable
from typing import TypeAlias

import numpy as np

from certify import arithmetic
from certify.arithmetic import Ball
from certify.morse.forms import Forms, choose, negative, of_ball, rounded
from certify.morse.tangents import Tangents
from certify.program.balls import Balls

Unary: TypeAlias = Callable[[Forms], Forms]

_BALLS = Balls(split=True)
_UNDERFLOW = 2.0**-1060
# (2/3) / sqrt 3, rounded up: the largest value of t (1 - t^2), taken at t = 1 / sqrt 3, which lies between the others.
_PEAK, _PLACE_LOW, _PLACE_HIGH = 0.3849001794597506, 0.57735026918962, 0.57735026918963


def linearised(x: Forms, value: Ball, slope: Ball, half_curvature: Ball, plain: Ball) -> Forms:
    """The form of f(x): value and slope of f at the centre, f''/2 and f over the whole range."""
    with np.errstate(over="ignore", invalid="ignore"):
        square = x.deviation * x.deviation * (1.0 + 2.0**-50) + _UNDERFLOW
        above = np.maximum(half_curvature.upper, 0.0) * square
        below = np.minimum(half_curvature.lower, 0.0) * square
        middle, spread = (above + below) / 2, (above - below) / 2
        radius = value.rad + slope.magnitude * x.radius + slope.rad * x.reach + spread
        centre, slopes = value.mid + middle, x.slopes * slope.mid
        mass = np.abs(value.mid) + np.abs(above) + np.abs(below) + np.abs(slopes).sum(axis=0)
        found = rounded(centre, slopes, radius, mass)
    better = plain.rad < found.radius
    return choose(better, of_ball(plain, len(x.slopes)), found) if better.any() else found


def squared(x: Forms) -> Forms:
    """x^2, with the remainder u^2 in [0, deviation^2]."""
    middle, whole = Ball(x.centre, np.zeros(x.shape)), x.range()
    half = Ball(np.ones(x.shape), np.zeros(x.shape))
    return linearised(x, middle.square(), middle * 2.0, half, whole.square())


def hyperbolic_tangent(x: Forms) -> Forms:
    """tanh: f' = s and f''/2 = -t s with t = tanh and s = 1 - t^2."""
    at = x.tangents
    plain = Ball.from_bounds(at.low[0].lower, at.high[0].upper)
    return linearised(x, *at.centre, _half_curvature_of_tanh(at), plain)


def squared_secant(x: Forms) -> Forms:
    """s = 1 - tanh^2 = 1 / cosh^2, accurate relative to itself: f' = -2 t s and f''/2 = s (2 - 3 s)."""
    at = x.tangents
    t, s = at.centre
    largest = np.where(at.straddles, 1.0, np.maximum(at.low[1].upper, at.high[1].upper))
    smallest = np.minimum(at.low[1].lower, at.high[1].lower)
    plain = Ball.from_bounds(smallest, np.maximum(largest, smallest))
    return linearised(x, s, -2.0 * t * s, _half_curvature_of_secant(smallest, largest), plain)


def _half_curvature_of_tanh(at: Tangents) -> Ball:
    """-t (1 - t^2) between the ends: its values there, and its extrema +-_PEAK at t = -+1/sqrt 3."""
    values = [-(t * s) for t, s in (at.low, at.high)]
    least = np.minimum(values[0].lower, values[1].lower)
    most = np.maximum(values[0].upper, values[1].upper)
    first, last = at.low[0].lower, at.high[0].upper
    least = np.where((first <= _PLACE_HIGH) & (last >= _PLACE_LOW), -_PEAK, least)
    most = np.where((first <= -_PLACE_LOW) & (last >= -_PLACE_HIGH), _PEAK, most)
    return Ball.from_bounds(least, most)


def _half_curvature_of_secant(smallest: np.ndarray, largest: np.ndarray) -> Ball:
    """s (2 - 3 s) for s between two bounds: its values there, and its maximum 1/3 at s = 1/3."""
    ends = [Ball.exact(s) * (2.0 - 3.0 * Ball.exact(s)) for s in (smallest, largest)]
    least = np.minimum(ends[0].lower, ends[1].lower)
    most = np.maximum(ends[0].upper, ends[1].upper)
    return Ball.from_bounds(
        least, np.where((smallest <= 1 / 3) & (largest >= 0.33333333333333), 0.33333333333334, most)
    )


def logistic(x: Forms) -> Forms:
    """1 / (1 + e^-x) = (1 + tanh(x/2)) / 2."""
    t = hyperbolic_tangent(_halved(x))
    return rounded((t.centre + 1.0) / 2, t.slopes / 2, t.radius / 2, np.abs(t.centre) + 1.0)


def logistic_slope(x: Forms) -> Forms:
    """The derivative of the logistic function, 1 / (4 cosh^2(x/2))."""
    s = squared_secant(_halved(x))
    return rounded(s.centre / 4, s.slopes / 4, s.radius / 4)


def _halved(x: Forms) -> Forms:
    return rounded(x.centre / 2, x.slopes / 2, x.radius / 2)


def softplus(x: Forms) -> Forms:
    """log(1 + e^x): f' = logistic and f''/2 = logistic (1 - logistic) / 2."""
    middle, whole = Ball(x.centre, np.zeros(x.shape)), x.range()
    rate = arithmetic.logistic(whole)
    zero = Ball(np.zeros(x.shape), np.zeros(x.shape))
    value, plain = (_BALLS.function("logaddexp", place, zero) for place in (middle, whole))
    return linearised(x, value, arithmetic.logistic(middle), rate * (1.0 - rate) * 0.5, plain)


def power(x: Forms, exponent: int) -> Forms:
    """x^n: f' = n x^(n-1) and f''/2 = n (n-1)/2 x^(n-2)."""
    if exponent in (1, 2):
        return x if exponent == 1 else squared(x)

    def raised(place: Ball, n: int) -> Ball:
        return arithmetic.integer_pow(place, n)

    middle, whole = Ball(x.centre, np.zeros(x.shape)), x.range()
    factor = float(exponent * (exponent - 1) // 2)
    slope = float(exponent) * raised(middle, exponent - 1)
    return linearised(x, raised(middle, exponent), slope, factor * raised(whole, exponent - 2), raised(whole, exponent))


def _by_rule(name: str, derivatives: Callable[[Ball, Ball], tuple[Ball, Ball]]) -> Unary:
    """A function of `certify.arithmetic` whose f' and f''/2 are given from the argument and the value."""

    def function(x: Forms) -> Forms:
        middle, whole = Ball(x.centre, np.zeros(x.shape)), x.range()
        value, plain = (_BALLS.function(name, place) for place in (middle, whole))
        return linearised(x, value, derivatives(middle, value)[0], derivatives(whole, plain)[1], plain)

    return function


def reciprocal(x: Forms) -> Forms:
    """1 / x: f' = -1/x^2 and f''/2 = 1/x^3."""
    middle, whole = Ball(x.centre, np.zeros(x.shape)), x.range()
    value, plain = 1.0 / middle, 1.0 / whole
    return linearised(x, value, -(value * value), plain * plain * plain, plain)


def _gaussian(x: Ball) -> Ball:
    return arithmetic.exp(-x.square()) * _two_over_root_pi()


def _two_over_root_pi() -> Ball:
    return 1.0 / arithmetic.sqrt(arithmetic.atan(Ball.exact(1.0)))


UNARY: dict[str, Unary] = {
    "neg": negative,
    "square": squared,
    "tanh": hyperbolic_tangent,
    "logistic": logistic,
    "exp": _by_rule("exp", lambda x, y: (y, y * 0.5)),
    "expm1": _by_rule("expm1", lambda x, y: (y + 1.0, (y + 1.0) * 0.5)),
    "log": _by_rule("log", lambda x, y: (1.0 / x, -0.5 / x.square())),
    "log1p": _by_rule("log1p", lambda x, y: (1.0 / (1.0 + x), -0.5 / (1.0 + x).square())),
    "sin": _by_rule("sin", lambda x, y: (arithmetic.cos(x), y * -0.5)),
    "cos": _by_rule("cos", lambda x, y: (-arithmetic.sin(x), y * -0.5)),
    "sinh": _by_rule("sinh", lambda x, y: (arithmetic.cosh(x), y * 0.5)),
    "cosh": _by_rule("cosh", lambda x, y: (arithmetic.sinh(x), y * 0.5)),
    "sqrt": _by_rule("sqrt", lambda x, y: (0.5 / y, -0.125 / (y * x))),
    "atan": _by_rule("atan", lambda x, y: (1.0 / (1.0 + x.square()), -x / (1.0 + x.square()).square())),
    "erf": _by_rule("erf", lambda x, y: (_gaussian(x), -(x * _gaussian(x)))),
    "erfc": _by_rule("erfc", lambda x, y: (-_gaussian(x), x * _gaussian(x))),
}
