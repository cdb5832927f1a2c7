"""The proved view of mean-field limits."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from cases.mean_field.system import BOUND, CELLS, FIRST, GROWTH, LAST, LIPSCHITZ, bound_holds, coupling_name
from cases.model import CertifiedView
from certify.arithmetic import Ball, exp
from certify.arithmetic.rational import rational_ball
from certify.enclosure import Enclosure
from certify.program import jacobian, trace
from numeric import double_precision


def certified_view(values: Mapping[str, Any]) -> CertifiedView:
    constant = lipschitz_on_box(coupling_name(values), values["radius"])
    width, shift, time = values["width"], values["shift"], values["time"]
    first = _distance_ball(rational_ball(1 - width), rational_ball((1 - width) / 2 - shift))
    proved: dict[str, Any] = {LIPSCHITZ: constant, FIRST: first.enclosure()}
    if bound_holds(values):
        ends = Ball.from_bounds(constant.lower, constant.upper)
        proved[BOUND] = exp(2.0 * ends * rational_ball(time)).enclosure()
    if values["coupling"] == "linear":
        spread = exp(rational_ball(values["a"] * time)) * rational_ball(1 - width)
        gap = exp(rational_ball((values["a"] + values["b"]) * time)) * rational_ball((1 - width) / 2 - shift)
        last = _distance_ball(spread, gap)
        proved[LAST] = last.enclosure()
        if float(first.lower) > 0:
            proved[GROWTH] = (last / first).enclosure()
    return CertifiedView(values=proved)


def _distance_ball(slope: Ball, middle: Ball) -> Ball:
    """As `_distance`; where the balls cannot tell the cases apart, the hull of both (each is >= 0)."""
    slope, middle = abs(slope), abs(middle)
    if float((slope * 0.5 - middle).upper) <= 0:
        return middle
    mixed = slope * 0.25 + middle * middle / slope
    if float((slope * 0.5 - middle).lower) >= 0:
        return mixed
    # (A^2/4 + B^2)/A - B = (A/2 - B)^2/A >= 0, so the two cases meet where they change
    low, high = min(float(middle.lower), float(mixed.lower)), max(float(middle.upper), float(mixed.upper))
    return Ball.from_bounds(max(low, 0.0), high)


@double_precision
def lipschitz_on_box(coupling: Callable[[Any, Any], Any], radius: Fraction) -> Enclosure:
    """The smallest L with |g(x, y) - g(x', y')| <= L (|x - x'| + |y - y'|) on [-R, R]^2, enclosed.

    It is the largest modulus of a partial derivative on the box: above by the Jacobian over cells that cover the box,
    below by the Jacobian at exact points of it.
    """
    program = trace(coupling, np.float64(0.0), np.float64(0.0))
    size = rational_ball(radius)
    ends = np.linspace(-1.0, 1.0, CELLS + 1)
    cells = Ball.from_bounds(ends[:-1], ends[1:]) * size
    points = ends[np.abs(ends) <= 1] * float(size.lower)
    above = jacobian(program, _pairs(cells), wrt=(0, 1), batch=[True, True])
    below = jacobian(program, _pairs(Ball.exact(points)), wrt=(0, 1), batch=[True, True])
    return Enclosure(float(np.max(below.mignitude)), float(np.max(above.magnitude)))


def _pairs(line: Ball) -> list[Ball]:
    """All pairs (x, y) of entries, as two batched arguments."""
    count = len(line)
    first, second = np.repeat(np.arange(count), count), np.tile(np.arange(count), count)
    return [line[first], line[second]]
