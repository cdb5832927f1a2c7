"""Power jets: constant + exact linear form + O(|d|^r) of an entry of a coordinatewise program at a point of rest.

d collects the deviations of one coordinate's parameter, gradient and memory. Every entry of an array belongs to one
coordinate and has the same linear form, so that a jet holds one form for the whole array.
"""

import math
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer.scalars import FUNCTIONS, Recipes, Scalar


class Refused(Exception):
    """Why the jets of an optimiser cannot be computed: one sentence."""


@final
@dataclass(frozen=True, eq=False)
class Jet:
    """value + sum_j form[j] d_j + O(|d|^order), for every entry of an array of `shape`.

    value: one scalar for all entries, or balls (*shape). form: scalars, one a variable; empty means zero, and it is
    empty where order <= 1. order: inf where there is no remainder. owner (*shape): the coordinate of every entry, -1
    for entries of constants. jump: where the value is 0 and the remainder of order 0, a lower bound of the modulus
    wherever some linear form of d with a gradient's share is not 0 (the sign of a gradient, for example).
    """

    value: Scalar | Ball
    form: tuple[Scalar, ...]
    order: float
    owner: np.ndarray
    jump: float = 0.0

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

    def ball(self) -> Ball:
        """The value as balls of the jet's shape."""
        given = self.value.ball if isinstance(self.value, Scalar) else self.value
        return Ball(np.broadcast_to(given.mid, self.shape).copy(), np.broadcast_to(given.rad, self.shape).copy())

    @property
    def is_zero(self) -> bool:
        """Whether the value is exactly zero at every entry."""
        given = self.value.ball if isinstance(self.value, Scalar) else self.value
        return bool((given.mid == 0).all() and (given.rad == 0).all())


def joined_owner(x: Jet, y: Jet) -> np.ndarray:
    """The coordinates of an elementwise operation's entries; raises `Refused` where two coordinates meet."""
    a, b = np.broadcast_arrays(x.owner, y.owner)
    if bool(((a >= 0) & (b >= 0) & (a != b)).any()):
        raise Refused("the update of one parameter depends on the gradient or the memory of another one")
    return np.maximum(a, b)


def combine(recipes: Recipes, name: str, x: Scalar | Ball, y: Scalar | Ball) -> Scalar | Ball:
    """An elementary operation on values, in scalars where both are."""
    if isinstance(x, Scalar) and isinstance(y, Scalar):
        return recipes.apply(name, x, y)
    if name == "mul" and any(isinstance(v, Scalar) and v.is_zero for v in (x, y)):
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


def scaled(recipes: Recipes, form: tuple[Scalar, ...], factor: Scalar | Ball) -> tuple[Scalar, ...]:
    """factor times the form; raises `Refused` where the factor differs from entry to entry."""
    if not form:
        return ()
    if not isinstance(factor, Scalar):
        factor = uniform(recipes, factor)
    product = tuple(recipes.apply("mul", factor, entry) for entry in form)
    return product if any(not entry.is_zero for entry in product) else ()


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
