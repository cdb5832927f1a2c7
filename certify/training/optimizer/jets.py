"""Power jets: constant + exact linear form + O(|d|^r) of an entry of a coordinatewise program at a point of rest.

d collects the deviations of parameters, gradient and memory. Every entry of an array belongs to one coordinate and has
the same linear form in that coordinate's deviations, so that a jet holds one form for the whole array; what is left
may depend on all coordinates. All bounds hold alike for every value of the memory that keeps its value, and for every
parameter in the box.
"""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer.scalars import FUNCTIONS, Recipes, Scalar


class Refused(Exception):
    """Why the jets of an optimiser cannot be computed: one sentence."""


@final
@dataclass(frozen=True, eq=False)
class Norm:
    """What is known, to leading order, of norms of a gradient that does not vanish at `members`.

    kind: "square" (entries (scale g_owner)^2), "sum" (one number scale^2 |g_members|^2), "norm" (its root), "inverse"
    (scale / |g_members|) or "direction": pieces (owners, scale, members), entries scale g_owner / |g_members| beside
    the value.
    """

    kind: str
    scale: Scalar
    members: tuple[int, ...] = ()
    pieces: tuple[tuple[tuple[int, ...], Scalar, tuple[int, ...]], ...] = ()


@final
@dataclass(frozen=True, eq=False)
class Jet:
    """value + sum_j form[j] d_j + O(|d|^order), for every entry of an array of `shape`.

    value: one scalar for all entries, or balls (*shape). form: scalars, one a variable; empty means zero, and it is
    empty where order <= 1. order: inf where there is no remainder. owner (*shape): the coordinate of every entry, -1
    where the form has no coordinate's share. hidden: the variables that the remainder may depend on. jump: where the
    value is 0 and the remainder of order 0, a lower bound of the modulus wherever some linear form of d with a
    gradient's share is not 0 (the sign of a gradient, for example). base: (name, c) where the value is exactly c times
    the array of that name at the same owners. share: (name, c, k) where it is c times that times the number k. norm:
    what is known of norms of the gradient. note: why a linear form was given up.
    """

    value: Scalar | Ball
    form: tuple[Scalar, ...]
    order: float
    owner: np.ndarray
    jump: float = 0.0
    hidden: frozenset[int] = frozenset()
    base: tuple[str, Fraction] | None = None
    norm: Norm | None = None
    note: str = ""
    square: bool = False
    covers: bool = False
    share: tuple[str, Fraction, int] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        return self.owner.shape

    @property
    def is_constant(self) -> bool:
        return not self.form and self.order == math.inf

    @property
    def leading(self) -> float:
        """The order at which the jet differs from its value."""
        return min(1.0, self.order) if self.form else self.order

    @property
    def seen(self) -> frozenset[int]:
        """The variables that the jet may depend on."""
        return self.hidden | support(self.form)

    def ball(self) -> Ball:
        """The value as balls of the jet's shape."""
        given = self.value.ball if isinstance(self.value, Scalar) else self.value
        return Ball(np.broadcast_to(given.mid, self.shape).copy(), np.broadcast_to(given.rad, self.shape).copy())

    @property
    def is_zero(self) -> bool:
        """Whether the value is exactly zero at every entry."""
        given = self.value.ball if isinstance(self.value, Scalar) else self.value
        return bool((given.mid == 0).all() and (given.rad == 0).all())


def support(form: tuple[Scalar, ...]) -> frozenset[int]:
    """The variables with a coefficient that is not exactly zero."""
    return frozenset(k for k, entry in enumerate(form) if not entry.is_zero)


def made(value: Scalar | Ball, form: tuple[Scalar, ...], order: float, owner: np.ndarray, **more: Any) -> Jet:
    """A linear form below a remainder of order one says nothing: it joins the remainder."""
    hidden = more.pop("hidden", frozenset())
    jump = more.pop("jump", 0.0) if order == 0 else 0.0
    more.pop("jump", None)
    if order <= 1.0 and form:
        return Jet(value, (), min(order, 1.0), owner, jump, hidden | support(form), **more)
    return Jet(value, form, order, owner, jump, hidden, **more)


def undefined(recipes: Recipes, shape: tuple[int, ...], *operands: Jet, note: str) -> Jet:
    """Nothing is known of the entries: an error only if they are used, for they may stand in a branch not taken."""
    hidden = frozenset().union(*(x.seen for x in operands))
    return Jet(recipes.constant(0.0), (), -math.inf, np.full(shape, -1), hidden=hidden, note=note)


def constant(recipes: Recipes, value: float, shape: tuple[int, ...]) -> Jet:
    """An exact number at every entry."""
    return Jet(recipes.constant(value), (), math.inf, np.full(shape, -1))


def joined_owner(x: Jet, y: Jet) -> np.ndarray:
    """The coordinates of an elementwise operation's entries; raises `Refused` where two coordinates meet.

    An empty form has no share of its coordinate: it may meet others.
    """
    a, b = np.broadcast_arrays(x.owner, y.owner)
    if not meet(x, y):
        return np.maximum(a, b)
    if x.form and y.form:
        raise Refused("the update of one parameter depends on the gradient or the memory of another one")
    return a.copy() if x.form else b.copy() if y.form else np.full(a.shape, -1)


def meet(x: Jet, y: Jet) -> bool:
    """Whether two coordinates meet in an entry."""
    a, b = np.broadcast_arrays(x.owner, y.owner)
    return bool(((a >= 0) & (b >= 0) & (a != b)).any())


def combine(recipes: Recipes, name: str, x: Scalar | Ball, y: Scalar | Ball) -> Scalar | Ball:
    """An elementary operation on values, in scalars where both are."""
    if isinstance(x, Scalar) and isinstance(y, Scalar):
        return recipes.apply(name, x, y)
    if name == "mul" and any(isinstance(v, Scalar) and v.is_zero for v in (x, y)):
        return recipes.constant(0.0)
    if name == "div" and isinstance(x, Scalar) and x.is_zero:
        return recipes.constant(0.0)
    if name in ("add", "sub") and isinstance(y, Scalar) and y.is_zero:
        return x
    if name == "add" and isinstance(x, Scalar) and x.is_zero:
        return y
    balls = [v.ball if isinstance(v, Scalar) else v for v in (x, y)]
    result: Ball = FUNCTIONS[name](*balls)
    return result


def single(recipes: Recipes, name: str, x: Scalar | Ball) -> Scalar | Ball:
    """An elementary function of a value."""
    if isinstance(x, Scalar):
        return recipes.apply(name, x)
    result: Ball = FUNCTIONS[name](x)
    return result


def scaled(recipes: Recipes, form: tuple[Scalar, ...], factor: Scalar | Ball, owner: np.ndarray) -> tuple[Scalar, ...]:
    """factor times the form of entries that belong to `owner`; raises `Refused` where a factor that differs from entry
    to entry has no proved sign, or belongs to no coordinates."""
    if not form:
        return ()
    if not isinstance(factor, Scalar):
        factor = _factor(recipes, factor, owner)
    product = tuple(recipes.apply("mul", factor, entry) for entry in form)
    return product if any(not entry.is_zero for entry in product) else ()


def _factor(recipes: Recipes, values: Ball, owner: np.ndarray) -> Scalar:
    """The one number of an array, or a number for every coordinate."""
    try:
        return uniform(recipes, values)
    except Refused:
        found = recipes.of_coordinates(values, owner)
        if found is None:
            raise
        return found


def uniform(recipes: Recipes, values: Ball) -> Scalar:
    """The one number of an array of exact equal entries; raises `Refused` otherwise."""
    flat = values.mid.reshape(-1)
    if values.rad.any() or flat.size == 0 or bool((flat != flat[0]).any()):
        raise Refused("the memory or a constant scales the parameters differently")
    return recipes.constant(float(flat[0]))


def summed(recipes: Recipes, x: tuple[Scalar, ...], y: tuple[Scalar, ...], sign: str = "add") -> tuple[Scalar, ...]:
    """The sum (or difference) of two forms."""
    if not y:
        return x
    if not x:
        return tuple(recipes.apply("neg", entry) for entry in y) if sign == "sub" else y
    total = tuple(recipes.apply(sign, a, b) for a, b in zip(x, y, strict=True))
    return total if any(not entry.is_zero for entry in total) else ()


def exact_number(value: Scalar | Ball) -> Fraction | None:
    """The number where it is one exact float for all entries."""
    if isinstance(value, Scalar) and not value.ball.rad.any() and np.isfinite(value.ball.mid).all():
        return Fraction(float(value.ball.mid))
    return None
