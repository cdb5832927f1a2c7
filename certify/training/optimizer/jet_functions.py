"""Roots and powers of power jets, and what a nonlinear function demands of its argument."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer import norms
from certify.training.optimizer.jets import Jet, Refused, combine, made, scaled, single
from certify.training.optimizer.scalars import Recipes, Scalar

Rule = Callable[[Recipes, Sequence[Jet], Mapping[str, Any]], Jet]


def _smooth(slope: Callable[[Recipes, Scalar | Ball], Scalar | Ball], name: str) -> Rule:
    """f(c) + f'(c) L + O(min(r, 2)) where f is smooth at the value."""

    def rule(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
        (x,) = operands
        value = single(recipes, name, x.value)
        order = x.order if x.is_constant else min(x.order, 2.0)
        try:
            form = scaled(recipes, x.form, slope(recipes, x.value), x.owner) if x.form else ()
        except Refused as refusal:
            return made(value, (), min(order, 1.0), x.owner, hidden=x.seen, note=x.note or str(refusal))
        return made(value, form, order, x.owner, hidden=x.seen, note=x.note)

    return rule


def _half_over(recipes: Recipes, value: Scalar | Ball) -> Scalar | Ball:
    """1 / (2 sqrt c)."""
    return combine(recipes, "div", recipes.constant(0.5), single(recipes, "sqrt", value))


def _minus_half_cubed(recipes: Recipes, value: Scalar | Ball) -> Scalar | Ball:
    """-1 / (2 c^(3/2))."""
    denominator = combine(recipes, "mul", value, single(recipes, "sqrt", value))
    return combine(recipes, "div", recipes.constant(-0.5), denominator)


def _sqrt(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """Where the value is not positive, relative to arguments >= 0: |sqrt(c + t) - sqrt(c)| <= sqrt|t| for c >= 0, so
    that sqrt of c + O(|d|^a) is sqrt(c) + O(|d|^(a/2))."""
    (x,) = operands
    demand_continuous(x)
    lower = x.ball().lower
    if bool((lower > 0).all()):
        return _smooth(_half_over, "sqrt")(recipes, operands, parameters)
    if x.is_zero:
        value: Scalar | Ball = recipes.constant(0.0)
    elif bool((lower >= 0).all()):
        value = single(recipes, "sqrt", x.value)
    elif x.square:
        value = _root_of_square(recipes, x)
    else:
        raise Refused("a square root is taken at a value that is not proved positive")
    return Jet(value, (), x.leading / 2, x.owner, hidden=x.seen, norm=norms.of_root(recipes, x), note=x.note)


def _root_of_square(recipes: Recipes, x: Jet) -> Scalar | Ball:
    """A sum of squares is never negative, whatever the rounding of its enclosure."""
    upper = Ball.exact(np.maximum(x.ball().upper, 0.0)).sqrt().upper
    root = Ball.from_bounds(np.zeros(x.shape), upper)
    return recipes.fresh(root.reshape(())) if root.size == 1 else root


def _rsqrt(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    demand_positive(operands[0], "an inverse square root")
    return _smooth(_minus_half_cubed, "rsqrt")(recipes, operands, parameters)


def demand_continuous(*operands: Jet) -> None:
    """Near the point of rest a value says something about its neighbours only where the jet is continuous."""
    if any(x.leading <= 0 for x in operands):
        raise Refused(
            "the update is not continuous where the optimiser rests, and then passes through a nonlinear function"
        )


def demand_positive(x: Jet, what: str) -> None:
    demand_continuous(x)
    if not bool((x.ball().lower > 0).all()):
        raise Refused(f"{what} is taken at a value that is not proved positive")


def _cbrt(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """|cbrt(c + t) - cbrt(c)| <= 2^(2/3) |t|^(1/3): constants, and order a / 3 elsewhere."""
    (x,) = operands
    demand_continuous(x)
    value = recipes.constant(0.0) if x.is_zero else single(recipes, "cbrt", x.value)
    order = math.inf if x.is_constant else x.leading / 3
    return Jet(value, (), order, x.owner, hidden=x.seen, note=x.note)


def _pow(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """x^p with a constant p where x is positive; the slope is p x^p / x."""
    x, power = operands
    if not power.is_constant or not isinstance(power.value, Scalar):
        raise Refused("the update raises a changing number to a power")
    demand_positive(x, "a power")
    exponent = power.value
    value = combine(recipes, "pow", x.value, exponent)
    order = x.order if x.is_constant else min(x.order, 2.0)
    try:
        slope = combine(recipes, "mul", exponent, combine(recipes, "div", value, x.value))
        form = scaled(recipes, x.form, slope, x.owner) if x.form else ()
    except Refused as refusal:
        return made(value, (), min(order, 1.0), x.owner, hidden=x.seen, note=x.note or str(refusal))
    return made(value, form, order, x.owner, hidden=x.seen, note=x.note)


FUNCTIONS: dict[str, Rule] = {
    "sqrt": _sqrt,
    "cbrt": _cbrt,
    "rsqrt": _rsqrt,
    "pow": _pow,
}
