"""Norms of gradients in a first step from rest: what divides by them has a length that does not shrink.

The marks are made only where `Recipes.alive` says which coordinates have a gradient: elsewhere these rules are silent.
"""

import math
from collections.abc import Sequence

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer.jets import Jet, Norm, Refused
from certify.training.optimizer.scalars import Recipes, Scalar

_GRADIENT = 1


def _gain(x: Jet) -> Scalar | None:
    """The factor of an array that is a multiple of the gradient to leading order."""
    multiple = x.is_zero and x.order > 1 and len(x.form) > _GRADIENT and bool((x.owner >= 0).all())
    if not multiple or any(not e.is_zero for k, e in enumerate(x.form) if k != _GRADIENT):
        return None
    gain = x.form[_GRADIENT]
    return gain if bool(gain.ball.mignitude > 0) and not gain.varies else None


def _is_number(x: Jet) -> Scalar | None:
    """A constant that is not zero."""
    one = x.is_constant and isinstance(x.value, Scalar) and bool(x.value.ball.mignitude > 0)
    return x.value if one and isinstance(x.value, Scalar) else None


def of_sum(x: Jet, y: Jet) -> Norm | None:
    """Sums of squares over different coordinates; what vanishes beside what does not."""
    a, b = x.norm, y.norm
    if a and b and a.kind == b.kind == "sum" and a.scale.key == b.scale.key and not set(a.members) & set(b.members):
        return Norm("sum", a.scale, tuple(sorted((*a.members, *b.members))))
    for mark, other in ((a, y), (b, x)):
        if mark and mark.kind == "direction" and other.norm is None and other.leading > 0 and x.shape == y.shape:
            return mark
        if (
            mark
            and mark.kind in ("square", "sum", "norm")
            and other.is_zero
            and other.is_constant
            and other.norm is None
        ):
            return mark
    return None


def of_product(recipes: Recipes, x: Jet, y: Jet) -> Norm | None:
    """Squares, and multiples by constant numbers."""
    if recipes.alive is None:
        return None
    if x is y:
        gain = _gain(x)
        return None if gain is None else Norm("square", gain)
    for mark, other in ((x.norm, y), (y.norm, x)):
        factor = _is_number(other)
        if mark and factor is not None and mark.kind in ("norm", "direction"):
            return _multiplied(recipes, mark, recipes.apply("abs", factor) if mark.kind == "norm" else factor)
    return None


def over_number(recipes: Recipes, x: Jet, number: Scalar) -> Norm | None:
    """A norm or a direction divided by a constant number."""
    if x.norm is None or x.norm.kind not in ("norm", "direction"):
        return None
    inverse = recipes.apply("div", recipes.constant(1.0), number)
    return _multiplied(recipes, x.norm, recipes.apply("abs", inverse) if x.norm.kind == "norm" else inverse)


def _multiplied(recipes: Recipes, mark: Norm, factor: Scalar) -> Norm:
    pieces = tuple((o, recipes.apply("mul", s, factor), m) for o, s, m in mark.pieces)
    return Norm(mark.kind, recipes.apply("mul", mark.scale, factor), mark.members, pieces)


def of_negative(recipes: Recipes, x: Jet) -> Norm | None:
    """Directions turn."""
    return _multiplied(recipes, x.norm, recipes.constant(-1.0)) if x.norm and x.norm.kind == "direction" else None


def of_total(recipes: Recipes, x: Jet) -> Norm | None:
    """The sum over all entries of an array of squares."""
    if x.norm is None or x.norm.kind != "square" or recipes.alive is None:
        return None
    members = np.unique(x.owner)
    if len(members) != x.owner.size:
        return None
    return Norm("sum", x.norm.scale, tuple(int(k) for k in members))


def of_root(recipes: Recipes, x: Jet) -> Norm | None:
    """The root of a sum of squares."""
    if x.norm is None or x.norm.kind != "sum" or not is_alive(recipes, x.norm):
        return None
    return Norm("norm", recipes.apply("abs", x.norm.scale), x.norm.members)


def is_alive(recipes: Recipes, mark: Norm) -> bool:
    """Whether the gradient does not vanish at all members."""
    return recipes.alive is not None and bool(recipes.alive[list(mark.members)].any())


def quotient(recipes: Recipes, x: Jet, y: Jet) -> Jet | None:
    """A multiple of the gradient, or a number, over a norm of the gradient."""
    if y.norm is None or y.norm.kind != "norm":
        return None
    gain, number = _gain(x), _is_number(x)
    if gain is not None:
        return _direction(recipes, x, recipes.apply("div", gain, y.norm.scale), y.norm.members)
    if number is not None and y.shape == ():
        scale = recipes.apply("div", number, y.norm.scale)
        mark = Norm("inverse", scale, y.norm.members)
        return Jet(recipes.constant(0.0), (), -math.inf, y.owner, hidden=y.seen, norm=mark)
    return None


def times_inverse(recipes: Recipes, x: Jet, y: Jet) -> Jet | None:
    """The product with a number over a norm; raises `Refused` where it may be unbounded."""
    if not any(z.norm and z.norm.kind == "inverse" for z in (x, y)):
        return None
    inverse, other = (x, y) if x.norm and x.norm.kind == "inverse" else (y, x)
    assert inverse.norm is not None
    gain, number = _gain(other), _is_number(other)
    if gain is not None:
        return _direction(recipes, other, recipes.apply("mul", gain, inverse.norm.scale), inverse.norm.members)
    if number is not None and other.shape == ():
        return Jet(inverse.value, (), -math.inf, inverse.owner, hidden=inverse.hidden,
                   norm=_multiplied(recipes, inverse.norm, number))  # fmt: skip
    raise Refused("the update divides by a number that vanishes where the optimiser rests")


def _direction(recipes: Recipes, x: Jet, scale: Scalar, members: tuple[int, ...]) -> Jet:
    owners = tuple(int(k) for k in x.owner.reshape(-1))
    if not set(owners) <= set(members):
        raise Refused("the update divides by a number that vanishes where the optimiser rests")
    mark = Norm("direction", scale, members, ((owners, scale, members),))
    return Jet(recipes.constant(0.0), (), 0.0, x.owner, hidden=x.seen, norm=mark)


def joined(recipes: Recipes, parts: Sequence[Jet]) -> Norm | None:
    """Directions side by side."""
    pieces = tuple(piece for x in parts if x.norm and x.norm.kind == "direction" for piece in x.norm.pieces)
    return Norm("direction", recipes.constant(1.0), (), pieces) if pieces else None


def length(mark: Norm | None) -> float:
    """A lower bound of the Euclidean length of an array of directions, to leading order; 0 where none is known."""
    if mark is None or mark.kind != "direction":
        return 0.0
    best = 0.0
    for members in {m for _, _, m in mark.pieces}:
        group = [(o, s) for o, s, m in mark.pieces if m == members]
        covered = {k for owners, _ in group for k in owners}
        if covered == set(members) and sum(len(o) for o, _ in group) == len(members):
            best = max(best, min(float(_modulus(s).lower) for _, s in group))
    return max(best, 0.0)


def _modulus(scale: Scalar) -> Ball:
    return abs(scale.ball)
