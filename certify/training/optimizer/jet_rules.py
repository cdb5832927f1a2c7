"""The rules by which power jets pass through the primitives of an optimiser's update."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer.jets import Jet, Refused, combine, joined_owner, scaled, single, summed
from certify.training.optimizer.scalars import Recipes, Scalar

Rule = Callable[[Recipes, Sequence[Jet], Mapping[str, Any]], Jet]


def _made(value: Scalar | Ball, form: tuple[Scalar, ...], order: float, owner: np.ndarray, jump: float = 0.0) -> Jet:
    """A linear form below a remainder of order one says nothing: it joins the remainder."""
    if order <= 1.0 and form:
        return Jet(value, (), min(order, 1.0), owner, jump if order == 0 else 0.0)
    return Jet(value, form, order, owner, jump if order == 0 else 0.0)


def _add(sign: str) -> Rule:
    def rule(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
        x, y = operands
        jump = max(_jump_beside(x, y), _jump_beside(y, x))
        value = combine(recipes, sign, x.value, y.value)
        form = summed(recipes, x.form, y.form, sign)
        # a remainder of order at most one swallows the other operand's form
        order = min(x.order, y.order)
        return _made(value, form, order, joined_owner(x, y), jump)

    return rule


def _jump_beside(x: Jet, y: Jet) -> float:
    """What is left of the jump of x when y, which is continuous, is added."""
    if not x.jump or y.leading <= 0:
        return 0.0
    rest = Ball.exact(x.jump) - Ball.exact(float(y.ball().magnitude.max(initial=0.0)))
    return max(float(rest.lower), 0.0)


def _mul(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """c1 c2 + (c1 L2 + c2 L1) + c1 O(r2) + c2 O(r1) + (product of what differs from the values)."""
    x, y = operands
    value = combine(recipes, "mul", x.value, y.value)
    form = summed(recipes, scaled(recipes, y.form, x.value), scaled(recipes, x.form, y.value))
    order = x.leading + y.leading
    order = order if y.is_zero else min(order, x.order)
    order = order if x.is_zero else min(order, y.order)
    jump = _jump_of_product(x, y)
    return _made(value, form, order, joined_owner(x, y), jump)


def _jump_of_product(x: Jet, y: Jet) -> float:
    for a, b in ((x, y), (y, x)):
        if a.jump and not b.is_zero and b.leading > 0:
            least = float(b.ball().mignitude.min())
            product = a.jump * least
            return math.nextafter(product, 0.0) if product > 0 else 0.0
    return 0.0


def _smooth(slope: Callable[[Recipes, Scalar | Ball], Scalar | Ball], name: str) -> Rule:
    """f(c) + f'(c) L + O(min(r, 2)) where f is smooth at the value."""

    def rule(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
        (x,) = operands
        value = single(recipes, name, x.value)
        form = scaled(recipes, x.form, slope(recipes, x.value)) if x.form else ()
        order = x.order if x.is_constant else min(x.order, 2.0)
        return _made(value, form, order, x.owner)

    return rule


def _half_over(recipes: Recipes, value: Scalar | Ball) -> Scalar | Ball:
    """1 / (2 sqrt c)."""
    return combine(recipes, "div", recipes.constant(0.5), single(recipes, "sqrt", value))


def _minus_half_cubed(recipes: Recipes, value: Scalar | Ball) -> Scalar | Ball:
    """-1 / (2 c^(3/2))."""
    denominator = combine(recipes, "mul", value, single(recipes, "sqrt", value))
    return combine(recipes, "div", recipes.constant(-0.5), denominator)


def _sqrt(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """At 0, relative to arguments >= 0: sqrt of O(|d|^a) is O(|d|^(a/2))."""
    (x,) = operands
    if x.is_zero:
        return Jet(recipes.constant(0.0), (), x.leading / 2, x.owner)
    _demand_positive(x, "a square root")
    return _smooth(_half_over, "sqrt")(recipes, operands, parameters)


def _rsqrt(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    _demand_positive(operands[0], "an inverse square root")
    return _smooth(_minus_half_cubed, "rsqrt")(recipes, operands, parameters)


def _demand_continuous(*operands: Jet) -> None:
    """Near the point of rest a value says something about its neighbours only where the jet is continuous."""
    if any(x.leading <= 0 for x in operands):
        raise Refused(
            "the update is not continuous where the optimiser rests, and then passes through a nonlinear function"
        )


def _demand_positive(x: Jet, what: str) -> None:
    _demand_continuous(x)
    if not bool((x.ball().lower > 0).all()):
        raise Refused(f"{what} is taken at a value that is not proved positive")


def _div(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    x, y = operands
    _demand_continuous(y)
    if not bool((y.ball().mignitude > 0).all()):
        raise Refused("the update divides by a number that vanishes where the optimiser rests")
    one = Jet(recipes.constant(1.0), (), math.inf, np.full(y.shape, -1))
    inverse_value = combine(recipes, "div", one.value, y.value)
    slope = single(recipes, "neg", single(recipes, "square", inverse_value)) if y.form else None
    form = scaled(recipes, y.form, slope) if slope is not None else ()
    order = y.order if y.is_constant else min(y.order, 2.0)
    inverse = _made(inverse_value, form, order, y.owner)
    if y.is_constant:
        value = combine(recipes, "div", x.value, y.value)
        quotient = tuple(recipes.apply("div", e, y.value) for e in x.form) if isinstance(y.value, Scalar) else None
        if quotient is not None:
            jump = _jump_of_product(x, inverse)
            return _made(value, quotient, x.order, joined_owner(x, y), jump)
    return _mul(recipes, (x, inverse), parameters)


def _neg(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    (x,) = operands
    form = tuple(recipes.apply("neg", entry) for entry in x.form)
    return Jet(single(recipes, "neg", x.value), form, x.order, x.owner, x.jump)


def _square(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    return _mul(recipes, (operands[0], operands[0]), parameters)


def _sides(x: Jet) -> np.ndarray:
    """1, -1 where the value is proved positive or negative, and so are its neighbours; else 0."""
    if x.leading <= 0:
        return np.zeros(x.shape, dtype=int)
    value = x.ball()
    return np.where(value.lower > 0, 1, np.where(value.upper < 0, -1, 0))


def _abs(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    (x,) = operands
    sides = _sides(x)
    if (sides == 1).all():
        return x
    if (sides == -1).all():
        return _neg(recipes, operands, parameters)
    if x.is_zero:
        return Jet(recipes.constant(0.0), (), x.leading, x.owner, x.jump)
    raise Refused("an absolute value is taken where the sign differs from parameter to parameter")


def _sign(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """At 0: bounded, and of modulus one wherever a linear form in the gradient is not zero."""
    (x,) = operands
    sides = _sides(x)
    if sides.all() and sides.size and (sides == sides.flat[0]).all():
        return Jet(recipes.constant(float(sides.flat[0])), (), math.inf, np.full(x.shape, -1))
    if x.is_zero and not x.is_constant:
        sees = len(x.form) > _GRADIENT and not x.form[_GRADIENT].is_zero and x.order > 1
        return Jet(recipes.constant(0.0), (), 0.0, x.owner, 1.0 if sees else 0.0)
    if x.is_zero:
        return x
    raise Refused("a sign is taken where it differs from parameter to parameter")


# the variables are: parameter, gradient, memory...
_GRADIENT = 1


def _extremum(largest: bool) -> Rule:
    def rule(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
        x, y = operands
        owner = joined_owner(x, y)
        _demand_continuous(x, y)
        gap = _sides(_difference(recipes, x, y))
        if gap.size and (gap == gap.flat[0]).all() and gap.flat[0] != 0:
            chosen = x if (gap.flat[0] > 0) == largest else y
            return _made(chosen.value, chosen.form, chosen.order, owner, chosen.jump)
        same = isinstance(x.value, Scalar) and isinstance(y.value, Scalar) and x.value.key == y.value.key
        if same:
            if x.is_constant and y.is_constant:
                return _made(x.value, (), math.inf, owner)
            return _made(x.value, (), min(x.leading, y.leading), owner)
        raise Refused("a maximum or minimum switches at the point of rest")

    return rule


def _difference(recipes: Recipes, x: Jet, y: Jet) -> Jet:
    return Jet(combine(recipes, "sub", x.value, y.value), (), math.inf, joined_owner(x, y))


def compared(recipes: Recipes, name: str, x: Jet, y: Jet) -> np.ndarray:
    """A comparison that the values decide near the point of rest; raises `Refused` elsewhere."""
    _demand_continuous(x, y)
    same = isinstance(x.value, Scalar) and isinstance(y.value, Scalar) and x.value.key == y.value.key
    if same and x.is_constant and y.is_constant:
        return np.full(joined_owner(x, y).shape, name in ("le", "ge", "eq"))
    sides = _sides(_difference(recipes, x, y))
    if not sides.all():
        raise Refused("the update branches on a comparison that the point of rest does not decide")
    answers = {"lt": sides < 0, "le": sides < 0, "gt": sides > 0, "ge": sides > 0, "eq": sides == 2, "ne": sides != 2}
    return answers[name]


def selected(which: np.ndarray, cases: Sequence[Jet]) -> Jet:
    """The case that every entry takes; raises `Refused` where entries differ."""
    index = np.asarray(which).astype(int).reshape(-1)
    if index.size == 0 or bool((index != index[0]).any()):
        raise Refused("the optimiser treats groups of parameters differently")
    return cases[int(index[0])]


def _moved(structural: Callable[[np.ndarray, Mapping[str, Any]], np.ndarray]) -> Rule:
    def rule(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
        (x,) = operands
        owner = structural(x.owner, parameters)
        value = (
            x.value
            if isinstance(x.value, Scalar)
            else x.value.map(lambda a: structural(np.broadcast_to(a, x.shape), parameters))
        )
        return Jet(value, x.form, x.order, owner, x.jump)

    return rule


def _slice(a: np.ndarray, p: Mapping[str, Any]) -> np.ndarray:
    cuts = zip(p["starts"], p["limits"], p["strides"], strict=True)
    return a[tuple(slice(*cut) for cut in cuts)]


def _broadcast(a: np.ndarray, p: Mapping[str, Any]) -> np.ndarray:
    spread = [1] * len(p["shape"])
    for axis, length in zip(p["axes"], a.shape, strict=True):
        spread[axis] = length
    return np.broadcast_to(a.reshape(spread), p["shape"])


def _concatenate(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    axis, first = parameters["axis"], operands[0]
    for other in operands[1:]:
        same = [e.key for e in other.form] == [e.key for e in first.form]
        if not same or (first.form and other.order <= 1):
            raise Refused("the optimiser treats groups of parameters differently")
    owner = np.concatenate([x.owner for x in operands], axis)
    scalars = [x.value for x in operands if isinstance(x.value, Scalar)]
    one = len(scalars) == len(operands) and len({s.key for s in scalars}) == 1
    balls = [x.ball() for x in operands]
    value: Scalar | Ball = (
        scalars[0]
        if one
        else Ball(np.concatenate([b.mid for b in balls], axis), np.concatenate([b.rad for b in balls], axis))
    )
    order, jump = min(x.order for x in operands), min(x.jump for x in operands)
    return _made(value, first.form, order, owner, jump)


def _pow(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    raise Refused("the update raises a changing number to a power")


COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")

RULES: dict[str, Rule] = {
    "add": _add("add"),
    "sub": _add("sub"),
    "mul": _mul,
    "div": _div,
    "neg": _neg,
    "abs": _abs,
    "sign": _sign,
    "square": _square,
    "sqrt": _sqrt,
    "rsqrt": _rsqrt,
    "max": _extremum(True),
    "min": _extremum(False),
    "pow": _pow,
    "reshape": _moved(lambda a, p: a.reshape(p["shape"])),
    "slice": _moved(_slice),
    "broadcast_in_dim": _moved(_broadcast),
    "transpose": _moved(lambda a, p: a.transpose(p["permutation"])),
    "concatenate": _concatenate,
}
