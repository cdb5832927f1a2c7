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
    """Numbers the recipes, so that comparing two takes no time.

    alive (D,): where a first step from rest is looked at, the coordinates whose gradient does not vanish; else None.
    """

    known: dict[Key, int] = field(default_factory=dict)
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
        simple = _simplified(name, operands, self)
        if simple is not None:
            return simple
        ball = FUNCTIONS[name](*(x.ball for x in operands))
        return Scalar(ball, self._key((name, *(x.key for x in operands))))

    def _key(self, key: Key) -> int:
        return self.known.setdefault(key, len(self.known))


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
