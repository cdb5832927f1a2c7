"""For which Hessian eigenvalues h a coordinatewise optimiser contracts: the roots of det(z I - a - h b e^T)."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer.schur import characteristic_polynomial, is_schur_stable

_DEPTH = 60
_MOST_PIECES = 1500
_BISECTIONS = 60


@final
@dataclass(frozen=True, eq=False)
class Plane:
    """a (n, n): the derivative of (parameter, memory) by itself; b (n,): by the gradient. The parameter comes first."""

    a: Ball
    b: Ball

    @cached_property
    def _affine(self) -> tuple[list[Ball], list[Ball]]:
        """(p, n) with det(z I - a - h b e^T) = p(z) + h n(z), which is affine in h; coefficients, constant term
        first."""
        column = self.b.reshape(-1, 1)
        first = np.eye(1, len(self.b))
        moved = self.a + Ball(column.mid @ first, column.rad @ first)
        p, whole = characteristic_polynomial(self.a), characteristic_polynomial(moved)
        return p, [y - x for x, y in zip(p, whole, strict=True)]

    def polynomial(self, curvature: Ball) -> list[Ball]:
        """det(z I - a - h b e^T): the gradient is h times the parameter."""
        p, n = self._affine
        return [x + curvature * y for x, y in zip(p[:-1], n[:-1], strict=True)] + [p[-1]]

    def is_stable(self, low: float, high: float) -> bool | None:
        """True: all roots inside for every h in [low, high]; False: a root outside for every such h."""
        return is_schur_stable(self.polynomial(Ball.from_bounds(low, high)))


def stable_on(plane: Plane, low: float, high: float) -> bool:
    """Whether every h in [low, high] is proved stable, by bisection."""
    pieces, todo = 0, [(low, high, 0)]
    while todo:
        a, b, depth = todo.pop()
        pieces += 1
        answer = plane.is_stable(a, b)
        if answer is True:
            continue
        middle = math.sqrt(a) * math.sqrt(b) if a > 0 and b > 4 * a else (a + b) / 2
        if answer is False or depth >= _DEPTH or pieces > _MOST_PIECES or not a < middle < b:
            return False
        todo += [(a, middle, depth + 1), (middle, b, depth + 1)]
    return True


def critical_curvature(plane: Plane, least: float) -> tuple[float, float]:
    """(c, d): every h in [least, c] is proved stable and every h in [d, d (1 + 1e-9)] unstable, d as near to c as the
    balls allow; (0, inf) where nothing is stable at `least`."""
    if plane.is_stable(least, least) is not True:
        return 0.0, math.inf
    low, high = least, least
    while plane.is_stable(high, high) is not False:
        low, high = high, high * 2
        if not high < 1e300:
            return _proved(plane, least, low), math.inf
    below = _edge(lambda h: plane.is_stable(h, h) is True, low, high)
    above = _edge(lambda h: plane.is_stable(h, h) is not False, low, high)
    stable = below
    for margin in (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 0.1):
        if stable_on(plane, least, stable * (1 - margin)):
            return stable * (1 - margin), math.nextafter(above, math.inf)
    return 0.0, math.inf


def _proved(plane: Plane, least: float, high: float) -> float:
    return high if stable_on(plane, least, high) else 0.0


def _edge(holds: Callable[[float], bool], low: float, high: float) -> float:
    """The last point from `low` at which the property holds, by bisection; next to it it does not."""
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        if not low < middle < high:
            break
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
