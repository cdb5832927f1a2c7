"""Enclosures of special functions from their values at points: monotone functions, mean-value forms, domains."""

import math
from collections.abc import Callable
from typing import TypeAlias

import flint

from foundation import InputError
from foundation.arb_precision import arb_precision

Unary: TypeAlias = Callable[[flint.arb], flint.arb]
# Arb loses bits by cancellation: a point is evaluated again with twice the bits, at most this often.
_ATTEMPTS = 5
# Bits that a result at a point may fall short of the working precision before it is evaluated again.
_LOST = 24
# Functions with closed ends of their domain take the ends of balls, exact numbers, and give enclosures of their lowest
# and their highest value: a ball of Arb that begins at 0 would be rounded across it.
Ends: TypeAlias = tuple[flint.arb, flint.arb]


def unknown() -> flint.arb:
    return flint.arb(0, math.inf)


def require(condition: bool, message: str) -> None:
    if not condition:
        raise InputError(message)


def at_point(function: Callable[[], flint.arb]) -> flint.arb:
    """The value at exact arguments, with more bits where cancellation has eaten them."""
    precision = flint.ctx.prec
    value = function()
    for doubling in range(1, _ATTEMPTS):
        if value.is_finite() and (value.is_zero() or value.rel_accuracy_bits() >= precision - _LOST):
            break
        with arb_precision(precision << doubling):
            value = function()
    return value


def monotone(function: Unary, x: flint.arb) -> flint.arb:
    """The hull of a monotone function's values at both ends."""
    if not x.is_finite():
        return unknown()
    if x.is_exact():
        return at_point(lambda: function(x))
    low, high = x.lower(), x.upper()
    return at_point(lambda: function(low)).union(at_point(lambda: function(high)))


def mean_value(function: Unary, slope: Unary, x: flint.arb) -> flint.arb:
    """Mean-value form, intersected with the function of the whole ball."""
    if not x.is_finite():
        return unknown()
    if x.is_exact():
        return at_point(lambda: function(x))
    direct = function(x)
    middle = x.mid()
    centred = at_point(lambda: function(middle)) + slope(x) * (x - middle)
    if not centred.is_finite():
        return direct
    return direct.intersection(centred) if direct.is_finite() else centred


def require_no_pole(name: str, x: flint.arb) -> None:
    """The poles of the gamma function are 0, -1, -2, ..."""
    at_pole = x.is_finite() and not x > 0 and x.contains_integer()
    require(not at_pole, f"{name} of a ball that holds one of its poles 0, -1, -2, ...: {shown(x)}")


def require_above(name: str, x: flint.arb, lowest: float, strict: bool = True) -> None:
    inside = not x.is_finite() or (x > lowest if strict else x >= lowest)
    sign = ">" if strict else ">="
    require(inside, f"{name} is enclosed for arguments {sign} {lowest:g}, but the ball is {shown(x)}")


def require_between(name: str, x: flint.arb, low: float, high: float, strict: bool) -> None:
    inside = not x.is_finite() or ((x > low and x < high) if strict else (x >= low and x <= high))
    bounds = f"({low:g}, {high:g})" if strict else f"[{low:g}, {high:g}]"
    require(inside, f"{name} is defined on {bounds}, but the ball is {shown(x)}")


def shown(x: flint.arb) -> str:
    return f"[{float(x.lower()):.17g}, {float(x.upper()):.17g}]"


def are_finite(*ends: Ends) -> bool:
    return all(end.is_finite() for pair in ends for end in pair)


def whole_order(name: str, order: flint.arb) -> int:
    n = int(float(order.mid()))
    require(order == n and n >= 0, f"{name} needs an order 0, 1, 2, ..., but got {order}")
    return n
