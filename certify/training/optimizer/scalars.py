"""Real numbers that know how they were computed: equal recipes are equal numbers, which balls alone cannot say."""

from dataclasses import dataclass, field
from typing import Any, final

import numpy as np

from certify import arithmetic
from certify.arithmetic import Ball

Key = tuple[Any, ...]


@final
@dataclass(frozen=True, eq=False)
class Scalar:
    """ball: encloses the number. key: its recipe from exact constants; two scalars with one key are the same number."""

    ball: Ball
    key: int

    @property
    def is_zero(self) -> bool:
        """Whether it is exactly zero."""
        return bool(self.ball.mid == 0 and self.ball.rad == 0)


@final
@dataclass
class Recipes:
    """Numbers the recipes, so that comparing two takes no time. recipes: by number. constants: those of the program
    that are known to have a recipe, by their place among its values. guards: the variables that the choices of
    the equation at hand depend on.

    alive (D,): where a first step from rest is looked at, the coordinates whose gradient does not vanish; else None.
    """

    known: dict[Key, int] = field(default_factory=dict)
    recipes: list[Key] = field(default_factory=list)
    scalars: dict[int, Scalar] = field(default_factory=dict)
    constants: dict[int, Scalar] = field(default_factory=dict)
    guards: set[int] = field(default_factory=set)
    alive: np.ndarray | None = None

    def constant(self, value: float) -> Scalar:
        """An exact float."""
        return Scalar(Ball.exact(np.float64(value)), self._key(("constant", float(value).hex())))

    def named(self, ball: Ball, *name: Any) -> Scalar:
        """The number that `name` stands for, enclosed by `ball`."""
        return Scalar(ball, self._key(("named", *name)))

    def fresh(self, ball: Ball) -> Scalar:
        """A number of which nothing is known but `ball`."""
        return self.named(ball, "fresh", len(self.known))

    def apply(self, name: str, *operands: Scalar) -> Scalar:
        """An elementary function of scalars; 0 x = 0, 1 x = x and 0 + x = x keep exact zeros and recipes."""
        simple = _simplified(name, operands, self) or self._mean(name, operands)
        if simple is not None:
            return simple
        ball = FUNCTIONS[name](*(x.ball for x in operands))
        made = Scalar(ball, self._key((name, *(x.key for x in operands))))
        self.scalars.update({x.key: x for x in (made, *operands)})
        return made

    def _key(self, key: Key) -> int:
        number = self.known.setdefault(key, len(self.known))
        if number == len(self.recipes):
            self.recipes.append(key)
        return number

    def _mean(self, name: str, operands: tuple[Scalar, ...]) -> Scalar | None:
        """c x + (1 - c) x = x, which a ball around c does not see."""
        recipes = [self.recipes[x.key] for x in operands]
        if name != "add" or any(r[0] != "mul" for r in recipes):
            return None
        (_, *first), (_, *second) = recipes
        for c, x in (first, first[::-1]):
            for rest, y in (second, second[::-1]):
                if x == y and self.are_shares(c, rest):
                    return self.scalars.get(x)
        return None

    def are_shares(self, first: int, second: int) -> bool:
        """Whether the two numbers add to one by their recipes."""
        one = self._key(("constant", (1.0).hex()))
        return self.recipes[second] == ("sub", one, first) or self.recipes[first] == ("sub", one, second)


def _simplified(name: str, operands: tuple[Scalar, ...], recipes: Recipes) -> Scalar | None:
    if len(operands) != 2:
        return None
    x, y = operands
    if name == "mul" and (x.is_zero or y.is_zero):
        return recipes.constant(0.0)
    if name == "mul" and _is_one(x):
        return y
    if name == "div" and x.is_zero:
        return recipes.constant(0.0)
    if name in ("mul", "div") and _is_one(y):
        return x
    if name == "add" and x.is_zero:
        return y
    if name in ("add", "sub") and y.is_zero:
        return x
    return None


def _is_one(x: Scalar) -> bool:
    return bool(x.ball.mid == 1 and x.ball.rad == 0)


FUNCTIONS: dict[str, Any] = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / y,
    "neg": lambda x: -x,
    "abs": abs,
    "square": Ball.square,
    "max": arithmetic.maximum,
    "min": arithmetic.minimum,
    **{name: getattr(arithmetic, name) for name in ("sqrt", "rsqrt", "cbrt", "exp", "log", "pow")},
}
