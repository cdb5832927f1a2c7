"""For which Hessian eigenvalues h a coordinatewise optimiser contracts: the roots of det(z I - M(h))."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import final

from flint import arb, arb_poly

from certify.arithmetic import Ball
from certify.training.optimizer.schur import avoids_the_circle, characteristic_polynomial, is_schur_stable
from foundation.arb_precision import arb_precision

_MOST_PIECES = 40
_BISECTIONS = 60
# Adam's roots crowd at 0.999 and at 1: doubles lose them.
_PRECISION = 256


@final
@dataclass(frozen=True, eq=False)
class Plane:
    """The linearised step of one coordinate with the Hessian eigenvalue h: M(h) = a + h b e^T.

    a (n, n): the derivative of (parameter, memory) by itself; b (n,): by the gradient. The parameter comes first.
    later: the steps of a period after this one, whose product with it is M(h).
    """

    a: Ball
    b: Ball
    later: tuple["Plane", ...] = ()

    @cached_property
    def _coefficients(self) -> list[arb_poly]:
        """det(z I - M(h)), polynomials in h, constant term first."""
        with arb_precision(_PRECISION):
            product = _step(self)
            for plane in self.later:
                product = _product(_step(plane), product)
            return characteristic_polynomial(product)

    def at_rest(self) -> list[arb]:
        """det(z I - M(0)), constant term first."""
        with arb_precision(_PRECISION):
            return [c(arb(0)) for c in self._coefficients]

    def is_stable(self, low: float, high: float) -> bool | None:
        """True: all roots inside for every h in [low, high]; False: a root outside for every such h."""
        if not 0 <= low <= high < math.inf:
            return None
        coefficients = self._coefficients
        with arb_precision(_PRECISION):
            first, last = arb(low), arb(high)
            answer = is_schur_stable([c(first.union(last)) for c in coefficients])
            if answer is not None or low == high:
                return answer
            answer = is_schur_stable([c((first + last) / 2) for c in coefficients])
            if answer is None:
                return None
            return answer if avoids_the_circle(coefficients, first, last) else None


def _step(plane: Plane) -> list[list[arb_poly]]:
    size = len(plane.b)
    return [
        [arb_poly([_arb(plane.a[i, j]), _arb(plane.b[i])] if j == 0 else [_arb(plane.a[i, j])]) for j in range(size)]
        for i in range(size)
    ]


def _arb(entry: Ball) -> arb:
    return arb(float(entry.mid), float(entry.rad))


def _product(x: list[list[arb_poly]], y: list[list[arb_poly]]) -> list[list[arb_poly]]:
    size = range(len(x))
    return [[sum((x[i][k] * y[k][j] for k in size), arb_poly([0])) for j in size] for i in size]


def stable_on(plane: Plane, low: float, high: float) -> bool:
    """Whether every h in [low, high] is proved stable, in pieces."""
    pieces, todo = 0, [(low, high)]
    while todo:
        a, b = todo.pop()
        pieces += 1
        if plane.is_stable(a, b) is True:
            continue
        middle = math.sqrt(a) * math.sqrt(b) if a > 0 and b > 4 * a else (a + b) / 2
        ends = all(plane.is_stable(x, x) is True for x in (a, middle, b))
        if not ends or not plane.later or pieces > _MOST_PIECES or not a < middle < b:
            return False
        todo += [(a, middle), (middle, b)]
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
    for margin in (1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2, 0.1):
        if stable_on(plane, least, below * (1 - margin)):
            return below * (1 - margin), math.nextafter(above, math.inf)
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


def decays(plane: Plane, ones: int) -> bool:
    """Whether M(0) has `ones` eigenvalues (0 or 1) that are exactly one, which is known, and all others inside."""
    coefficients = plane.at_rest()
    with arb_precision(_PRECISION):
        if ones:
            # synthetic division by z - 1; the remainder is zero, because one is an eigenvalue
            quotient = [coefficients[-1]]
            for coefficient in coefficients[-2:0:-1]:
                quotient.append(coefficient + quotient[-1])
            coefficients = quotient[::-1]
        return is_schur_stable(coefficients) is True
