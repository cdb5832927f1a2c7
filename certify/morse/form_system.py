"""The number system of affine forms, in which programs are evaluated over many boxes at once."""

from collections.abc import Callable, Sequence
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.morse import forms
from certify.morse.form_functions import UNARY, logistic_slope, power, reciprocal, softplus, squared_secant
from certify.morse.forms import Forms
from certify.program.balls import Balls
from certify.program.nonnegative import without_negative_part
from certify.program.values import Value


@final
class FormSystem:
    """Implements `NumberSystem`: values that depend on the coordinates are `Forms`, the others `Ball`s.

    What has no rule of its own falls back to balls over the whole range of each box. dimension: d, the number of
    coordinates.
    """

    split = True

    def __init__(self, dimension: int) -> None:
        self._dimension = dimension
        self._balls = Balls(split=True)

    def constant(self, array: np.ndarray) -> Ball:
        return self._balls.constant(array)

    def interval(self, lower: np.ndarray, upper: np.ndarray) -> Ball:
        return self._balls.interval(lower, upper)

    def bounds(self, x: Value) -> tuple[np.ndarray, np.ndarray]:
        return self._balls.bounds(_ball(x))

    def ends(self, x: Value) -> tuple[Ball, Ball]:
        return self._balls.ends(_ball(x))

    def map(self, x: Value, structural: Callable[[np.ndarray], np.ndarray]) -> Value:
        return x.map(structural) if isinstance(x, Forms) else self._balls.map(x, structural)

    def concatenate(self, parts: Sequence[Value], axis: int) -> Value:
        if all(isinstance(part, Ball) for part in parts):
            return self._balls.concatenate(parts, axis)
        rows = max(part.shape[0] for part in parts)
        full = [self._form(part).map(lambda a: np.broadcast_to(a, (rows, *a.shape[1:]))) for part in parts]
        return Forms(
            np.concatenate([part.centre for part in full], axis),
            np.concatenate([part.slopes for part in full], axis + 1),
            np.concatenate([part.radius for part in full], axis),
        )

    def where(self, condition: np.ndarray, x: Value, y: Value) -> Value:
        if isinstance(x, Ball) and isinstance(y, Ball):
            return self._balls.where(condition, x, y)
        return forms.choose(condition, self._form(x), self._form(y))

    def hull(self, x: Value, y: Value) -> Ball:
        return self._balls.hull(_ball(x), _ball(y))

    def function(self, name: str, *operands: Value) -> Value:
        if all(isinstance(x, Ball) for x in operands):
            return self._balls.function(name, *operands)
        if name in _BINARY:
            return _BINARY[name](self, *operands)
        if name in UNARY and len(operands) == 1:
            return _noted(name, operands[0], UNARY[name](operands[0]))
        return self._balls.function(name, *(_ball(x) for x in operands))

    def root_of_nonnegative(self, x: Value) -> Value:
        """The square root of what is never negative, also where its enclosure reaches 0."""
        if isinstance(x, Ball):
            return self._balls.function("sqrt", without_negative_part(x))
        whole = x.range()
        touching = whole.lower <= 0
        if not touching.any():
            return self.function("sqrt", x)
        plain = self._form(self._balls.function("sqrt", without_negative_part(whole)))
        one = self._form(Ball.exact(np.ones(x.shape)))
        return forms.choose(touching, plain, self._form(self.function("sqrt", forms.choose(touching, one, x))))

    def power(self, x: Value, exponent: int) -> Value:
        if isinstance(x, Ball) or exponent == 0:
            return self._balls.power(_ball(x), exponent)
        return _noted("square", x, power(x, exponent)) if exponent == 2 else power(x, exponent)

    def matmul(self, x: Value, y: Value) -> Value:
        if isinstance(x, Ball) and isinstance(y, Ball):
            return self._balls.matmul(x, y)
        if isinstance(y, Ball):
            return forms.times_matrix(x, y)
        if isinstance(x, Ball):
            return forms.turned(forms.times_matrix(forms.turned(y), forms.turned(x)))
        product = forms.multiply(x.map(lambda a: a[..., :, :, None]), y.map(lambda a: a[..., None, :, :]))
        return forms.sum_over(product, (product.ndim - 2,))

    def sum(self, x: Value, axes: tuple[int, ...]) -> Value:
        return self._balls.sum(x, axes) if isinstance(x, Ball) else forms.sum_over(x, axes)

    def cumulative_sum(self, x: Value, axis: int) -> Ball:
        return self._balls.cumulative_sum(_ball(x), axis)

    def segment_sum(self, x: Value, order: np.ndarray, starts: np.ndarray) -> Ball:
        return self._balls.segment_sum(_ball(x), order, starts)

    def extremum(self, x: Value, axes: tuple[int, ...], largest: bool) -> Ball:
        return self._balls.extremum(_ball(x), axes, largest)

    def _form(self, x: Value) -> Forms:
        return x if isinstance(x, Forms) else forms.of_ball(x, self._dimension)

    def add(self, x: Value, y: Value) -> Forms:
        """x + y, at least one of them a form."""
        if isinstance(x, Ball):
            return forms.shifted(y, x)
        return forms.shifted(x, y) if isinstance(y, Ball) else forms.add(x, y)

    def subtract(self, x: Value, y: Value) -> Forms:
        """x - y; 1 - tanh^2 is evaluated as the square of the hyperbolic secant."""
        if isinstance(y, Ball):
            return forms.shifted(x, -y)
        if isinstance(x, Ball):
            return _complement(x, y)
        return forms.add(x, forms.negative(y))

    def multiply(self, x: Value, y: Value) -> Forms:
        """x y; a logistic value times its complement is evaluated as the derivative of the logistic function."""
        if isinstance(x, Ball):
            return forms.scaled(y, x)
        if isinstance(y, Ball):
            return forms.scaled(x, y)
        argument = _logistic_pair(x, y)
        return forms.multiply(x, y) if argument is None else logistic_slope(argument)

    def divide(self, x: Value, y: Value) -> Forms:
        """x / y."""
        return forms.scaled(x, 1.0 / y) if isinstance(y, Ball) else self.multiply(x, reciprocal(y))

    def logaddexp(self, x: Value, y: Value) -> Forms:
        """log(e^x + e^y) = y + log(1 + e^(x - y))."""
        return self.add(y, softplus(self.subtract(x, y)))


def _ball(x: Value) -> Ball:
    return x if isinstance(x, Ball) else x.range()


def _is_one(x: Ball) -> bool:
    return x.is_exact and bool((x.mid == 1.0).all())


def _noted(name: str, argument: Forms, value: Forms) -> Forms:
    """The value with its origin, where a later operation may recognise it."""
    if name in ("tanh", "logistic"):
        return value.named(name, argument)
    if name == "square" and argument.origin is not None and argument.origin[0] == "tanh":
        return value.named("squared tanh", argument.origin[1])
    return value


def _complement(x: Ball, y: Forms) -> Forms:
    """x - y for numbers x."""
    name, argument = ("", None) if y.origin is None or not _is_one(x) else y.origin
    if name == "squared tanh" and argument is not None:
        return squared_secant(argument)
    plain = forms.shifted(forms.negative(y), x)
    return plain.named("complement of logistic", argument) if name == "logistic" and argument is not None else plain


def _logistic_pair(x: Forms, y: Forms) -> Forms | None:
    """z when the two factors are logistic(z) and 1 - logistic(z), for the same array z."""
    if x.origin is None or y.origin is None or x.origin[1] is not y.origin[1] or x.shape != y.shape:
        return None
    return x.origin[1] if {x.origin[0], y.origin[0]} == {"logistic", "complement of logistic"} else None


_BINARY: dict[str, Callable[..., Forms]] = {
    "add": FormSystem.add,
    "sub": FormSystem.subtract,
    "mul": FormSystem.multiply,
    "div": FormSystem.divide,
    "logaddexp": FormSystem.logaddexp,
}
