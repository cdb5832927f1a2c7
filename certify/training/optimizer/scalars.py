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
    """ball: encloses the number. key: its recipe from exact constants; two scalars with one key are the same number.
    varies: whether it is another number for every coordinate; ball then encloses all of them, and equal keys mean equal
    numbers coordinate by coordinate."""

    ball: Ball
    key: int
    varies: bool = False

    @property
    def is_zero(self) -> bool:
        """Whether it is exactly zero."""
        return bool(self.ball.mid == 0 and self.ball.rad == 0)


@final
@dataclass
class Recipes:
    """Numbers the recipes, so that comparing two takes no time. recipes: by number. constants: those of the program
    that are known to have a recipe, by their place among its values. guards: the variables that the choices of
    the equation at hand depend on. fields: (coordinates, numbers) of the arrays that scale coordinates differently,
    all positive; arrays: their places, by what tells that two arrays are the same; kept: those arrays.

    alive (D,): where a first step from rest is looked at, the coordinates whose gradient does not vanish; else None.
    """

    known: dict[Key, int] = field(default_factory=dict)
    recipes: list[Key] = field(default_factory=list)
    scalars: dict[int, Scalar] = field(default_factory=dict)
    constants: dict[int, Scalar] = field(default_factory=dict)
    guards: set[int] = field(default_factory=set)
    alive: np.ndarray | None = None
    fields: list[tuple[np.ndarray, Ball]] = field(default_factory=list)
    arrays: dict[tuple[Any, ...], int | None] = field(default_factory=dict)
    kept: list[Ball] = field(default_factory=list)

    def constant(self, value: float) -> Scalar:
        """An exact float."""
        return Scalar(Ball.exact(np.float64(value)), self._key(("constant", float(value).hex())))

    def named(self, ball: Ball, *name: Any) -> Scalar:
        """The number that `name` stands for, enclosed by `ball`."""
        return Scalar(ball, self._key(("named", *name)))

    def fresh(self, ball: Ball) -> Scalar:
        """A number of which nothing is known but `ball`."""
        return self.named(ball, "fresh", len(self.known))

    def of_coordinates(self, values: Ball, owner: np.ndarray) -> Scalar | None:
        """The array `values`, spread to the shape of `owner`, as one number for every coordinate; None where entries of
        one coordinate may differ, or where the sign is not proved or not the same everywhere."""
        same = ("values", values.shape, values.mid.tobytes()) if not values.rad.any() else ("object", id(values))
        known = (*same, owner.shape, owner.tobytes())
        if known not in self.arrays:
            # the array is kept, so that no other one can take its identity
            self.kept.append(values)
            self.arrays[known] = self._stored(values, owner)
        place = self.arrays[known]
        if place is None:
            return None
        found = self._varying(("field", place), self.fields[place][1])
        return self.apply("neg", found) if bool((values.upper < 0).all()) else found

    def _stored(self, values: Ball, owner: np.ndarray) -> int | None:
        size = abs(values)
        one_sign = bool((values.lower > 0).all() or (values.upper < 0).all())
        mid, rad = (np.broadcast_to(a, owner.shape).reshape(-1) for a in (size.mid, size.rad))
        coordinates, first, places = np.unique(owner.reshape(-1), return_index=True, return_inverse=True)
        repeated = len(coordinates) < owner.size
        once = not repeated or (not rad.any() and np.array_equal(mid[first][places], mid))
        if not (one_sign and once and owner.size and coordinates[0] >= 0):
            return None
        self.fields.append((coordinates, Ball(mid[first], rad[first])))
        return len(self.fields) - 1

    def joined(self, parts: list[Scalar], coordinates: list[np.ndarray]) -> Scalar:
        """The number that is parts[k] at coordinates[k], none of which meet."""
        ends = [np.concatenate([getattr(x.ball, end).reshape(-1) for x in parts]) for end in ("lower", "upper")]
        pieces = tuple(tuple(np.unique(c).tolist()) for c in coordinates)
        self.scalars.update({x.key: x for x in parts})
        return self._varying(("joined", tuple(x.key for x in parts), pieces), Ball.from_bounds(*ends))

    def _varying(self, key: Key, values: Ball) -> Scalar:
        hull = Ball.from_bounds(values.lower.min(), values.upper.max())
        made = Scalar(hull, self._key(key), True)
        self.scalars[made.key] = made
        return made

    def apply(self, name: str, *operands: Scalar) -> Scalar:
        """An elementary function of scalars; 0 x = 0, 1 x = x and 0 + x = x keep exact zeros and recipes."""
        simple = _simplified(name, operands, self) or self._mean(name, operands)
        if simple is not None:
            return simple
        ball = FUNCTIONS[name](*(x.ball for x in operands))
        made = Scalar(ball, self._key((name, *(x.key for x in operands))), any(x.varies for x in operands))
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
    if name == "sub" and x.is_zero:
        return recipes.apply("neg", y)
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
