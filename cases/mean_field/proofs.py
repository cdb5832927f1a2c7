"""The proved view of mean-field limits."""

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from cases.common.exact_formulas import Formula, over, values_task
from cases.mean_field.system import BOUND, CELLS, FIRST, GROWTH, LAST, LIPSCHITZ, bound_holds, coupling_name
from cases.model import CertifiedView, Task
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
    return CertifiedView((_task(values, proved),), proved)


def _task(values: Mapping[str, Any], proved: Mapping[str, Any]) -> Task:
    """L is the largest modulus of a partial derivative on the box; the laws are uniform, so that W1 is elementary."""
    a, b, radius, width, time = (values[name] for name in ("a", "b", "radius", "width", "time"))
    slopes: dict[str, list[Formula]] = {
        "linear": [["abs", a], ["abs", b]],
        # d/dx a sin(y - x) has the modulus |a| at y = x
        "sine": [["abs", a]],
        # a - 3 x^2 is monotone in x^2, from 0 to R^2
        "cubic": [["abs", a], ["abs", ["+", a, ["*", -3, ["^", radius, 2]]]], ["abs", b]],
    }
    formulas: dict[str, Formula] = {
        LIPSCHITZ: ["max", *slopes[values["coupling"]]],
        FIRST: _distance_formula(1 - width, (1 - width) / 2 - values["shift"], 1, 1),
    }
    if BOUND in proved:
        formulas[BOUND] = ["exp", ["*", 2, time, ["value", 1]]]
    if LAST in proved:
        factors = ["exp", a * time], ["exp", (a + b) * time]
        last = _distance_formula(1 - width, (1 - width) / 2 - values["shift"], *factors)
        formulas[LAST] = last
        if GROWTH in proved:
            formulas[GROWTH] = over(last, ["value", 2])
    return values_task("Dobrushin's estimate", formulas)


def _distance_formula(slope: Fraction, middle: Fraction, spread: Formula, shift: Formula) -> Formula:
    """The integral of |A (q - 1/2) + B| over q from 0 to 1, A = slope spread and B = middle shift with factors > 0.

    With m = min(1, 2 |B|/|A|): (|A|/4) (1 + m^2) where |B| < |A|/2, and |B| beyond; both are max(|B|, ...) of these.
    """
    size, place = ["*", abs(slope), spread], ["*", abs(middle), shift]
    if slope == 0:
        return place
    part = ["min", 1, over(["*", 2, place], size)]
    return ["max", place, ["*", Fraction(1, 4), size, ["+", 1, ["^", part, 2]]]]


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
