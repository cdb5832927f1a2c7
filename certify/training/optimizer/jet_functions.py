"""Roots and powers of power jets, and what a nonlinear function demands of its argument."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

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
            form = scaled(recipes, x.form, slope(recipes, x.value)) if x.form else ()
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
    if not (x.is_zero or bool((lower >= 0).all())):
        raise Refused("a square root is taken at a value that is not proved positive")
    value = recipes.constant(0.0) if x.is_zero else single(recipes, "sqrt", x.value)
    return Jet(value, (), x.leading / 2, x.owner, hidden=x.seen, norm=norms.of_root(recipes, x), note=x.note)


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
    raise Refused("the update raises a changing number to a power")


FUNCTIONS: dict[str, Rule] = {
    "sqrt": _sqrt,
    "cbrt": _cbrt,
    "rsqrt": _rsqrt,
    "pow": _pow,
}
