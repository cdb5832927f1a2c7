"""The limit of one exact gradient-descent orbit on L = k (1 - t1 t2)^2, enclosed with Arb balls.

With r = 1 - t1 t2 and a = 2 k eta r one step is t1' = t1 + a t2, t2' = t2 + a t1, hence
r' = r (1 - 2 k eta (t1^2 + t2^2) - 2 k eta a t1 t2). Where |r'| <= q |r| with q < 1 on a box that the remaining
steps cannot leave, they move each coordinate by at most 2 k eta |r| T / (1 - q), T the largest |t| in the box.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import final

import flint

from certify.enclosure import Enclosure
from foundation.arb_precision import arb_precision

_BITS = 400
_STEPS = 4000
_SMALL = flint.arb(2) ** -120


@final
@dataclass(frozen=True)
class Limit:
    """Enclosures of both coordinates of the limit of the exact orbit; proved."""

    t1: Enclosure
    t2: Enclosure


def limit_of_orbit(start: Sequence[Fraction], scale: Fraction, rate: Fraction) -> Limit | str:
    """The limit of the orbit that starts at `start`, or the reason why none was proved."""
    with arb_precision(_BITS):
        return _limit(start, scale, rate)


def _limit(start: Sequence[Fraction], scale: Fraction, rate: Fraction) -> Limit | str:
    x, y = (_arb(value) for value in start)
    step = _arb(2 * scale * rate)
    for _ in range(_STEPS):
        r = 1 - x * y
        if not (r.is_finite() and x.is_finite() and y.is_finite()) or abs(x) > 2**40 or abs(y) > 2**40:
            return "the orbit grows beyond every bound that the enclosure can follow"
        if abs(r) < _SMALL:
            return _converging(x, y, r, step)
        x, y = x + step * r * y, y + step * r * x
    return f"the orbit did not come close to a minimum within {_STEPS} steps"


def _converging(x: flint.arb, y: flint.arb, r: flint.arb, step: flint.arb) -> Limit | str:
    """Contraction of r on a box around (x, y) that the rest of the orbit cannot leave."""
    margin = flint.arb(2) ** -60
    box_x, box_y = x + flint.arb(0, margin), y + flint.arb(0, margin)
    largest = abs(r).upper()
    a = flint.arb(0, (step * largest).upper())
    q = abs(1 - step * (box_x * box_x + box_y * box_y) - step * a * box_x * box_y).upper()
    if not q < 1:
        return "the minimum that the orbit approaches is not proved to attract it"
    size = max(abs(box_x).upper(), abs(box_y).upper())
    travel = (step * largest * size / (1 - q)).upper()
    if not travel < margin:
        return "the remaining steps are not proved to stay near the minimum"
    return Limit(_enclosure(x + flint.arb(0, travel)), _enclosure(y + flint.arb(0, travel)))


def _arb(value: Fraction) -> flint.arb:
    return flint.arb(flint.fmpq(value.numerator, value.denominator))


def _enclosure(value: flint.arb) -> Enclosure:
    lower, upper = float(value.lower()), float(value.upper())
    return Enclosure(math.nextafter(lower, -math.inf), math.nextafter(upper, math.inf))
