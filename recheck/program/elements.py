"""Entries of real arrays: Arb balls, and truncated power series in one variable t with balls as coefficients.

Every function refuses (`Undecided`) a ball that touches the end of its domain, a pole, a kink, a jump or a branch
cut: where it answers, the function is real-analytic in a neighbourhood of the ball. `closed` admits the end of the
domain itself, for values on which nothing that is differentiated depends.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from flint import arb, arb_series, ctx

from recheck.outcome import Undecided
from recheck.program.kernel import plain

Element = Any


def series(value: arb, slope: arb | int = 0, length: int = 2) -> arb_series:
    """value + slope t + O(t^length)."""
    return arb_series([value, slope], prec=length)


@contextmanager
def series_to(order: int) -> Iterator[None]:
    """Power series keep their coefficients up to this order; FLINT cuts them elsewhere."""
    before, ctx.cap = ctx.cap, order + 1
    try:
        yield
    finally:
        ctx.cap = before


def value_of(x: Element) -> arb:
    """The value without its history and its higher coefficients."""
    x = plain(x)
    return x[0] if isinstance(x, arb_series) else x


def with_value(x: arb_series, value: arb) -> arb_series:
    """The series with another enclosure of its first coefficient."""
    return arb_series([value, *x.coeffs()[1:]], prec=x.prec)


def derivative_of(x: Element) -> Element:
    """dx/dt."""
    return x.derivative() if isinstance(x, arb_series) else arb(0)


def order_of_itself(x: Any) -> int:
    """0: one value equals itself where it is a number; raises `Undecided` where it is unbounded."""
    Undecided.when(not isinstance(x, int) and not value_of(x).is_finite(), "whether an unbounded value is a number")
    return 0


def refuse(name: str, x: arb) -> None:
    raise Undecided(f"{name} at {x.str(8)}, which touches the end of its domain, a pole, a kink or a jump")


def divide(x: Element, y: Element) -> Element:
    below = value_of(y)
    if isinstance(below, arb) and not (below > 0 or below < 0):
        refuse("a division by a number", below)
    return x / y


def square(x: Element) -> Element:
    """x^2, never negative."""
    if isinstance(x, arb_series):
        return with_value(x * x, square(x[0]))
    if not isinstance(x, arb) or x > 0 or x < 0 or not x.is_finite():
        return x * x
    return arb(0).union(x.abs_upper() * x.abs_upper()) if not x.is_zero() else arb(0)


def power(x: Element, exponent: int) -> Element:
    """x^exponent for a whole exponent, by repeated squaring."""
    if exponent < 0:
        return divide(arb(1), power(x, -exponent))
    if exponent == 0:
        return arb(1)
    half = square(power(x, exponent // 2)) if exponent > 1 else x
    return half * x if exponent % 2 and exponent > 1 else half


def _increasing(function: Callable[[arb], arb]) -> Callable[[arb], arb]:
    """The hull of the values at both ends."""

    def apply(x: arb) -> arb:
        if x.is_exact() or not x.is_finite():
            return function(x)
        return function(x.lower()).union(function(x.upper()))

    return apply


def _cube_root(x: arb) -> arb:
    return arb(0) if x.is_zero() else x.root(3) if x > 0 else -((-x).root(3))


# name -> (the function on its domain, whether a ball lies inside, whether it lies in the closed domain,
#          the derivative from argument and value)
Rule = tuple[Callable[[arb], arb], Callable[[arb], bool], Callable[[arb], bool], Callable[[Element, Element], Element]]


_always: Callable[[arb], bool] = arb.is_finite


def _above(least: int) -> tuple[Callable[[arb], bool], Callable[[arb], bool]]:
    return (lambda x: bool(x > least)), (lambda x: bool(x >= least))


def _not_zero(x: arb) -> bool:
    return bool(x > 0 or x < 0)


def _zero_or_not(x: arb) -> bool:
    return bool(x.is_zero()) or _not_zero(x)


def _gauss(x: Element) -> Element:
    return apply("exp", -square(x)) * (2 / arb.pi().sqrt())


_POSITIVE, _ABOVE_ONE = _above(0), _above(1)
_MINUS_ONE, _UNIT = _above(-1), ((lambda x: bool(-1 < x < 1)), (lambda x: bool(-1 <= x <= 1)))
_RULES: dict[str, Rule] = {
    "exp": (arb.exp, _always, _always, lambda x, y: y),
    "expm1": (arb.expm1, _always, _always, lambda x, y: y + 1),
    "log": (arb.log, _POSITIVE[0], _POSITIVE[0], lambda x, y: 1 / x),
    "log1p": (arb.log1p, _MINUS_ONE[0], _MINUS_ONE[0], lambda x, y: 1 / (1 + x)),
    "tanh": (_increasing(arb.tanh), _always, _always, lambda x, y: 1 - square(y)),
    "logistic": (_increasing(lambda x: 1 / (1 + (-x).exp())), _always, _always, lambda x, y: y * (1 - y)),
    "sin": (arb.sin, _always, _always, lambda x, y: x.cos()),
    "cos": (arb.cos, _always, _always, lambda x, y: -x.sin()),
    "tan": (arb.tan, lambda x: _not_zero(x.cos()), lambda x: _not_zero(x.cos()), lambda x, y: 1 + square(y)),
    "asin": (_increasing(arb.asin), *_UNIT, lambda x, y: apply("rsqrt", 1 - square(x))),
    "acos": (arb.acos, *_UNIT, lambda x, y: -apply("rsqrt", 1 - square(x))),
    "atan": (_increasing(arb.atan), _always, _always, lambda x, y: 1 / (1 + square(x))),
    "sinh": (_increasing(arb.sinh), _always, _always, lambda x, y: apply("sqrt", 1 + square(y))),
    "cosh": (arb.cosh, _always, _always, lambda x, y: apply("sinh", x)),
    "asinh": (_increasing(arb.asinh), _always, _always, lambda x, y: apply("rsqrt", 1 + square(x))),
    "acosh": (_increasing(arb.acosh), _ABOVE_ONE[0], _ABOVE_ONE[1], lambda x, y: apply("rsqrt", square(x) - 1)),
    "atanh": (_increasing(arb.atanh), _UNIT[0], _UNIT[0], lambda x, y: 1 / (1 - square(x))),
    "erf": (_increasing(arb.erf), _always, _always, lambda x, y: _gauss(x)),
    "erfc": (arb.erfc, _always, _always, lambda x, y: -_gauss(x)),
    "sqrt": (_increasing(arb.sqrt), *_POSITIVE, lambda x, y: 1 / (2 * y)),
    "rsqrt": (arb.rsqrt, _POSITIVE[0], _POSITIVE[0], lambda x, y: -(y / (2 * x))),
    "cbrt": (_increasing(_cube_root), _not_zero, _zero_or_not, lambda x, y: 1 / (3 * square(y))),
}
FUNCTIONS = tuple(_RULES)


def expm1_over(x: Element, order: int) -> Element:
    """The derivative of this order of (e^x - 1) / x, the integral of s^order e^(s x) over 0 <= s <= 1: by 1F1."""
    if not isinstance(x, arb_series):
        Undecided.unless(x.is_finite(), "(e^x - 1) / x of an unbounded number")
        return _increasing(lambda at: at.hypgeom_1f1(order + 1, order + 2) / (order + 1))(x)
    away, total = with_value(x, arb(0)), arb_series([0], prec=x.prec)
    for k in reversed(range(x.prec)):
        total = total * away * (arb(1) / (k + 1)) + expm1_over(x[0], order + k)
    return total


def apply(name: str, x: Element, closed: bool = False) -> Element:
    """The elementary function of that name."""
    function, inside, in_closed, derivative = _RULES[name]
    argument = value_of(x)
    if not (in_closed if closed else inside)(argument):
        refuse(name, argument)
    value = function(argument)
    if not isinstance(x, arb_series):
        return value
    # dy/dt = g'(x) dx/dt: the first k coefficients of y determine the next one
    result = series(value, length=1)
    while result.prec < x.prec:
        result = value + (derivative(x, result) * x.derivative()).integral()
    return result


def slope(name: str, x: Element, y: Element) -> Element:
    """The derivative of the function at x, where its value is y."""
    return _RULES[name][3](x, y)
