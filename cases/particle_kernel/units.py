"""Units phi(x, y) with their gradients by y, in any number system, and seeded exact points."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

Vector = Sequence[Any]


@final
@dataclass(frozen=True)
class Unit:
    """phi and its gradient by the N coordinates of a position (for `tangent`, along the unit sphere)."""

    text: str
    extra: int  # the position has this many coordinates more than the place
    directions: int  # N is the number of coordinates of the place plus this
    value: Callable[[Vector, Vector, Any, Callable[[Any], Any]], tuple[Any, list[Any]]]
    on_sphere: bool = False
    rational: bool = False  # at rational points
    mirrored: bool = False  # phi at -y is 1 - phi

    def size(self, dimension: int) -> int:
        """N, the number of directions in which a particle moves."""
        return dimension + self.directions


def _gaussian(x: Vector, y: Vector, rate: Any, exp: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    gaps = [a - b for a, b in zip(x, y, strict=True)]
    phi = exp(-rate * _dot(gaps, gaps) / 2)
    return phi, [rate * gap * phi for gap in gaps]


def _cauchy(x: Vector, y: Vector, rate: Any, exp: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    gaps = [a - b for a, b in zip(x, y, strict=True)]
    phi = 1 / (1 + rate * _dot(gaps, gaps))
    return phi, [2 * rate * gap * phi * phi for gap in gaps]


def _sigmoid(x: Vector, y: Vector, rate: Any, exp: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    phi = 1 / (1 + exp(-rate * (_dot(x, y[:-1]) + y[-1])))
    slope = rate * phi * (1 - phi)
    return phi, [slope * a for a in x] + [slope]


def _tangent(x: Vector, y: Vector, rate: Any, exp: Callable[[Any], Any]) -> tuple[Any, list[Any]]:
    along = _dot(x, y)
    phi = exp(rate * along)
    return phi, [rate * phi * (a - along * b) for a, b in zip(x, y, strict=True)]


def _dot(x: Vector, y: Vector) -> Any:
    terms = [a * b for a, b in zip(x, y, strict=True)]
    return sum(terms[1:], terms[0])


UNITS = {
    "gaussian": Unit("exp(-rate |x - y|^2/2)", 0, 0, _gaussian),
    "cauchy": Unit("1/(1 + rate |x - y|^2)", 0, 0, _cauchy, rational=True),
    "sigmoid": Unit("1/(1 + exp(-rate (a . x + b))), y = (a, b)", 1, 1, _sigmoid, mirrored=True),
    "tangent": Unit("exp(rate x . y) on the unit sphere", 0, -1, _tangent, on_sphere=True),
}


def seeded_points(count: int, dimension: int, seed: int, *, on_sphere: bool) -> tuple[tuple[Fraction, ...], ...]:
    """Distinct exact points: multiples of 1/32 in [-2, 2]^dimension, or their stereographic images on the sphere."""
    generator = np.random.default_rng(seed)
    points: list[tuple[Fraction, ...]] = []
    while len(points) < count:
        drawn = [Fraction(int(k), 32) for k in generator.integers(-64, 65, dimension - on_sphere)]
        point = stereographic(drawn) if on_sphere else tuple(drawn)
        if point not in points:
            points.append(point)
    return tuple(points)


def stereographic(plane: Sequence[Fraction]) -> tuple[Fraction, ...]:
    """The rational point of the unit sphere over a rational point of the plane."""
    square = sum((t * t for t in plane), Fraction(0))
    return (*(2 * t / (1 + square) for t in plane), (square - 1) / (1 + square))
