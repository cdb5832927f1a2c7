"""Absolute values, signs, extrema, comparisons and choices of power jets."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from certify.training.optimizer.jet_functions import Rule, demand_continuous
from certify.training.optimizer.jet_rules import RULES
from certify.training.optimizer.jets import Jet, Refused, combine, joined_owner, made, meet, undefined
from certify.training.optimizer.norms import is_alive
from certify.training.optimizer.scalars import Recipes, Scalar

# the variables are: parameter, gradient, memory...
_GRADIENT = 1


def _sides(x: Jet) -> np.ndarray:
    """1, -1 where the value is proved positive or negative, and so are its neighbours; else 0."""
    if x.leading <= 0:
        return np.zeros(x.shape, dtype=int)
    value = x.ball()
    return np.where(value.lower > 0, 1, np.where(value.upper < 0, -1, 0))


def _abs(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    (x,) = operands
    sides = _sides(x)
    recipes.guards |= x.seen
    if x.norm and x.norm.kind == "norm":
        return x
    if (sides == 1).all():
        return x
    if (sides == -1).all():
        return RULES["neg"](recipes, operands, parameters)
    if x.is_zero:
        return Jet(recipes.constant(0.0), (), x.leading, x.owner, x.jump, x.seen)
    if x.leading > 0:
        # ||c + t| - |c|| <= |t|
        value = recipes.fresh(abs(x.value.ball)) if isinstance(x.value, Scalar) else abs(x.value)
        return Jet(value, (), x.leading, x.owner, hidden=x.seen, note=_MIXED)
    raise Refused(_MIXED)


_MIXED = "an absolute value is taken where the sign differs from parameter to parameter"


def _demand_defined(x: Jet) -> None:
    if x.order < 0:
        raise Refused(x.note or "the update is not bounded where the optimiser rests")


def _sign(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
    """At 0: bounded, and of modulus one wherever a linear form in the gradient is not zero."""
    (x,) = operands
    recipes.guards |= x.seen
    _demand_defined(x)
    sides = _sides(x)
    if sides.all() and sides.size and (sides == sides.flat[0]).all():
        return Jet(recipes.constant(float(sides.flat[0])), (), math.inf, np.full(x.shape, -1))
    if x.is_zero and not x.is_constant:
        sees = len(x.form) > _GRADIENT and not x.form[_GRADIENT].is_zero and x.order > 1
        return Jet(recipes.constant(0.0), (), 0.0, x.owner, 1.0 if sees else 0.0, x.seen)
    if x.is_zero:
        return x
    raise Refused("a sign is taken where it differs from parameter to parameter")


def _extremum(largest: bool) -> Rule:
    def rule(recipes: Recipes, operands: Sequence[Jet], parameters: Mapping[str, Any]) -> Jet:
        x, y = operands
        owner = joined_owner(x, y)
        if x.leading <= 0 or y.leading <= 0:
            return undefined(recipes, owner.shape, x, y, note=x.note or y.note or _SWITCHES)
        recipes.guards |= x.seen | y.seen
        gap = _sides(_difference(recipes, x, y))
        if gap.size and (gap == gap.flat[0]).all() and gap.flat[0] != 0:
            return _spread(x if (gap.flat[0] > 0) == largest else y, owner)
        if _same(x, y):
            if x.is_constant and y.is_constant:
                return made(x.value, (), math.inf, owner)
            return made(x.value, (), min(x.leading, y.leading), owner, hidden=x.seen | y.seen)
        for kept, other in ((x, y), (y, x)):
            above = kept.ball().lower >= other.ball().upper if largest else kept.ball().upper <= other.ball().lower
            if bool(np.all(above)) and kept.shape == owner.shape:
                # |max(a + s, b + t) - a| <= max(|s|, |t|) for a >= b
                order = min(kept.leading, other.leading)
                return Jet(kept.value, (), order, kept.owner, hidden=x.seen | y.seen, base=kept.base)
        return undefined(recipes, owner.shape, x, y, note=_SWITCHES)

    return rule


_SWITCHES = "a maximum or minimum switches at the point of rest"


def _same(x: Jet, y: Jet) -> bool:
    """Whether the values are one number at every entry."""
    known = isinstance(x.value, Scalar) and isinstance(y.value, Scalar) and x.value.key == y.value.key
    return known and not meet(x, y)


def _spread(x: Jet, owner: np.ndarray) -> Jet:
    """The same jet for all entries of a larger array."""
    if x.shape == owner.shape:
        return x
    value = x.value if isinstance(x.value, Scalar) else x.value.map(lambda a: np.broadcast_to(a, owner.shape))
    return made(value, x.form, x.order, owner, jump=x.jump, hidden=x.hidden, note=x.note)


def _difference(recipes: Recipes, x: Jet, y: Jet) -> Jet:
    return Jet(combine(recipes, "sub", x.value, y.value), (), math.inf, joined_owner(x, y))


def compared(recipes: Recipes, name: str, x: Jet, y: Jet) -> np.ndarray:
    """A comparison that the values decide near the point of rest; raises `Refused` elsewhere."""
    recipes.guards |= x.seen | y.seen
    by_norm = _compared_norm(recipes, name, x, y)
    if by_norm is not None:
        return np.full(joined_owner(x, y).shape, by_norm)
    demand_continuous(x, y)
    if _same(x, y) and x.is_constant and y.is_constant:
        return np.full(joined_owner(x, y).shape, name in ("le", "ge", "eq"))
    sides = _sides(_difference(recipes, x, y))
    if not sides.all():
        raise Refused("the update branches on a comparison that the point of rest does not decide")
    answers = {"lt": sides < 0, "le": sides < 0, "gt": sides > 0, "ge": sides > 0, "eq": sides == 2, "ne": sides != 2}
    return answers[name]


def _compared_norm(recipes: Recipes, name: str, x: Jet, y: Jet) -> bool | None:
    """A norm of a gradient that does not vanish is positive."""
    zero = y.is_zero and y.is_constant
    if not (zero and x.norm and x.norm.kind in ("sum", "norm") and is_alive(recipes, x.norm)):
        return None
    return name in ("gt", "ge", "ne")


def selected(which: np.ndarray, cases: Sequence[Jet]) -> Jet:
    """The case that every entry takes; raises `Refused` where entries differ."""
    index = np.asarray(which).astype(int).reshape(-1)
    if index.size == 0 or bool((index != index[0]).any()):
        raise Refused("the optimiser treats groups of parameters differently")
    return cases[int(index[0])]


COMPARISONS = ("lt", "le", "gt", "ge", "eq", "ne")

BRANCHES: dict[str, Rule] = {
    "abs": _abs,
    "sign": _sign,
    "max": _extremum(True),
    "min": _extremum(False),
}
