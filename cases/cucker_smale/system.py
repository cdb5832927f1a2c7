"""What the views of flocking share: names of quantities, and the system of the user's parameters."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import flint

from certify.integral import exact_arb, integral_arb

THRESHOLD, DISTANCE = "flocking threshold of the relative velocity", "final distance"


LEFT_OVER, FLOCKS = "final relative velocity", "the agents flock"


BITS = 128


def oriented(values: Mapping[str, Any]) -> tuple[Fraction, Fraction]:
    """(r, w) with w >= 0: the mirror image has the same distances."""
    r, w = values["position"], values["velocity"]
    return (r, w) if w >= 0 else (-r, -w)


def tail_area(alpha: float) -> float:
    return math.pi / alpha / math.sin(math.pi / alpha)


def area(r: Fraction, alpha: Fraction) -> flint.arb:
    """The integral of 1/(1 + |s|^alpha) from 0 to r; with alpha = p/q and s = t^q the integrand is rational in t."""
    p, q = alpha.numerator, alpha.denominator
    if r == 0:
        return flint.arb(0)
    end = exact_arb(abs(r)).root(q)
    found = integral_arb(lambda t, _: q * t ** (q - 1) / (1 + t**p), 0, end, precision=BITS)
    return found if r > 0 else -found
