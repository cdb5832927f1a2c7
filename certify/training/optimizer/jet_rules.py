"""The rules by which power jets pass through the arithmetic of an optimiser's update."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer import norms
from certify.training.optimizer.jet_functions import Rule, demand_continuous
from certify.training.optimizer.jets import (
    Jet,
    Refused,
    combine,
    exact_number,
    joined_owner,
    made,
    meet,
    scaled,
    single,
    summed,
    undefined,
)
from certify.training.optimizer.scalars import Recipes, Scalar


def _add(sign: str) -> Rule:
    def rule(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
        x, y = operands
        base = _base_of_sum(x, y, sign) or _base_of_shares(recipes, x, y, sign)
        value = combine(recipes, sign, x.value, y.value)
        if base is not None and base[1] == 0:
            value, base = recipes.constant(0.0), None
        return made(
            value,
            summed(recipes, x.form, y.form, sign),
            # a remainder of order at most one swallows the other operand's form
            min(x.order, y.order),
            joined_owner(x, y),
            jump=0.0 if meet(x, y) else max(_jump_beside(x, y), _jump_beside(y, x)),
            hidden=x.hidden | y.hidden,
            base=base,
            norm=norms.of_sum(x, y),
            note=x.note or y.note,
            square=sign == "add" and _is_square(x) and _is_square(y),
            covers=sign == "add" and any(a.covers and _is_positive(b) for a, b in ((x, y), (y, x))),
        )

    return rule


def _is_positive(x: Jet) -> bool:
    """Whether it is not negative: sums of squares, and memory that is looked at from above."""
    return _is_square(x) or (x.base is not None and x.base[1] > 0 and x.order == math.inf and not x.form
                             and bool((x.ball().lower >= 0).all()))  # fmt: skip


def _covers(x: Jet, y: Jet) -> bool:
    """The square of a multiple of the gradient, and positive multiples of it."""
    if x is y:
        alone = len(x.form) > 1 and all(e.is_zero for k, e in enumerate(x.form) if k != 1)
        moves = alone and bool(x.form[1].ball.mignitude > 0)
        return moves and x.is_zero and x.order == math.inf and bool((x.owner >= 0).all())
    return any(a.covers and b.is_constant and bool((b.ball().lower > 0).all()) for a, b in ((x, y), (y, x)))


def _is_square(x: Jet) -> bool:
    return x.square or (x.is_constant and bool((x.ball().lower >= 0).all()))


def _jump_beside(x: Jet, y: Jet) -> float:
    """What is left of the jump of x when y, which is continuous, is added."""
    if not x.jump or y.leading <= 0:
        return 0.0
    rest = Ball.exact(x.jump) - Ball.exact(float(y.ball().magnitude.max(initial=0.0)))
    return max(float(rest.lower), 0.0)


def _base_of_sum(x: Jet, y: Jet, sign: str) -> tuple[str, Fraction] | None:
    """Multiples of one array at the same owners add; exact zeros change nothing."""
    if x.base and y.is_zero and not y.base and x.shape == np.broadcast_shapes(x.shape, y.shape):
        return x.base
    if y.base and x.is_zero and not x.base and y.shape == np.broadcast_shapes(x.shape, y.shape):
        return y.base if sign == "add" else (y.base[0], -y.base[1])
    if x.base and y.base and x.base[0] == y.base[0] and np.array_equal(x.owner, y.owner) and _placed(x):
        return x.base[0], x.base[1] + (y.base[1] if sign == "add" else -y.base[1])
    return None


def _base_of_shares(recipes: Recipes, x: Jet, y: Jet, sign: str) -> tuple[str, Fraction] | None:
    """k c B + (1 - k) c B = c B."""
    if not (x.share and y.share and sign == "add" and x.share[:2] == y.share[:2]):
        return None
    same = np.array_equal(x.owner, y.owner) and _placed(x) and recipes.are_shares(x.share[2], y.share[2])
    return x.share[:2] if same else None


def _share_of_product(x: Jet, y: Jet) -> tuple[str, Fraction, int] | None:
    for a, b in ((x, y), (y, x)):
        number = b.is_constant and isinstance(b.value, Scalar) and exact_number(b.value) is None
        if a.base and number and isinstance(b.value, Scalar) and a.shape == np.broadcast_shapes(a.shape, b.shape):
            return (*a.base, b.value.key)
    return None


def _placed(x: Jet) -> bool:
    """Whether the owners say which entry of the array each one is: a single number needs none."""
    return x.owner.size == 1 or bool((x.owner >= 0).all())


def _mul(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """c1 c2 + (c1 L2 + c2 L1) + c1 O(r2) + c2 O(r1) + (product of what differs from the values)."""
    x, y = operands
    by_inverse = norms.times_inverse(recipes, x, y)
    if by_inverse is not None:
        return by_inverse
    order = order_of_product(x, y)
    order = order if y.is_zero else min(order, x.order)
    order = order if x.is_zero else min(order, y.order)
    note = x.note or y.note
    owner = joined_owner(x, y)
    try:
        form = summed(recipes, scaled(recipes, y.form, x.value, owner), scaled(recipes, x.form, y.value, owner))
    except Refused as refusal:
        form, order, note = (), min(order, 1.0), note or str(refusal)
    base = _base_of_product(x, y)
    zero = base is not None and base[1] == 0
    hidden = y.hidden if x.is_constant else x.hidden if y.is_constant else x.seen | y.seen
    return made(
        recipes.constant(0.0) if zero else _product(recipes, x, y),
        form,
        order,
        owner,
        jump=0.0 if meet(x, y) else _jump_of_product(x, y),
        hidden=hidden | (x.seen | y.seen if not form and order <= 1 else frozenset()),
        base=None if zero else base,
        norm=norms.of_product(recipes, x, y),
        note=note,
        square=x is y,
        covers=_covers(x, y),
        share=_share_of_product(x, y),
    )


def _product(recipes: Recipes, x: Jet, y: Jet) -> Scalar | Ball:
    return single(recipes, "square", x.value) if x is y else combine(recipes, "mul", x.value, y.value)


def order_of_product(x: Jet, y: Jet) -> float:
    """The order of (what x differs by from its value) times (the same of y); minus infinity where one is undefined."""
    return -math.inf if -math.inf in (x.leading, y.leading) else x.leading + y.leading


def _base_of_product(x: Jet, y: Jet) -> tuple[str, Fraction] | None:
    for a, b in ((x, y), (y, x)):
        factor = exact_number(b.value) if b.is_constant else None
        if a.base and factor is not None and a.shape == np.broadcast_shapes(a.shape, b.shape):
            return a.base[0], a.base[1] * factor
    return None


def _jump_of_product(x: Jet, y: Jet) -> float:
    for a, b in ((x, y), (y, x)):
        if a.jump and not b.is_zero and b.leading > 0:
            product = a.jump * float(b.ball().mignitude.min())
            return math.nextafter(product, 0.0) if product > 0 else 0.0
    return 0.0


def _div(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    x, y = operands
    by_norm = norms.quotient(recipes, x, y)
    if by_norm is not None:
        return by_norm
    demand_continuous(y)
    if not bool((y.ball().mignitude > 0).all()):
        note = "the update divides by a number that vanishes where the optimiser rests"
        return undefined(recipes, joined_owner(x, y).shape, x, y, note=note)
    if y.is_constant:
        divided = _divided(recipes, x, y)
        if divided is not None:
            return divided
    one = recipes.constant(1.0)
    value = combine(recipes, "div", one, y.value)
    order, note = (y.order if y.is_constant else min(y.order, 2.0)), y.note
    try:
        slope = single(recipes, "neg", single(recipes, "square", value)) if y.form else one
        form = scaled(recipes, y.form, slope, y.owner)
    except Refused as refusal:
        form, order, note = (), min(order, 1.0), note or str(refusal)
    inverse = made(value, form, order, y.owner, hidden=y.seen, note=note)
    return _mul(recipes, (x, inverse), parameters)


def _divided(recipes: Recipes, x: Jet, y: Jet) -> Jet | None:
    """By a constant number: the recipe of the quotient, not that of a product with the inverse."""
    if not isinstance(y.value, Scalar):
        return None
    form = tuple(recipes.apply("div", entry, y.value) for entry in x.form)
    number = exact_number(y.value)
    base = (x.base[0], x.base[1] / number) if x.base and number else None
    jump = 0.0
    if x.jump:
        jump = max(float((Ball.exact(x.jump) / abs(y.value.ball)).lower), 0.0)
    owner = joined_owner(x, y)
    value = combine(recipes, "div", x.value, y.value)
    base = base if owner.shape == x.shape else None
    return made(
        value,
        form,
        x.order,
        owner,
        jump=jump,
        hidden=x.hidden,
        base=base,
        norm=norms.over_number(recipes, x, y.value),
        note=x.note,
    )


def _neg(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    (x,) = operands
    form = tuple(recipes.apply("neg", entry) for entry in x.form)
    base = (x.base[0], -x.base[1]) if x.base else None
    value = single(recipes, "neg", x.value)
    return Jet(value, form, x.order, x.owner, x.jump, x.hidden, base, norms.of_negative(recipes, x), x.note)


def _square(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    return _mul(recipes, (operands[0], operands[0]), parameters)


RULES: dict[str, Rule] = {
    "add": _add("add"),
    "sub": _add("sub"),
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "square": _square,
}
