"""Families of matrices in Arb's ball arithmetic, and Arb's answers as enclosures."""

import math
import sys
from typing import TypeAlias

from flint import arb

from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Family
from foundation.arb_precision import arb_precision

ArbMatrix: TypeAlias = list[list[arb]]

# Of results that become floats, whatever precision is around: a float's 53 bits, and some for a rounding or two.
FLOAT_BITS = 64


def arb_matrices(family: Family) -> list[ArbMatrix]:
    """The matrices at the working precision: exact rationals where the family has them, else its balls."""
    if family.exact is not None:
        return [[[arb(entry) for entry in row] for row in matrix.tolist()] for matrix in family.exact]
    mid, rad = family.matrices.mid, family.matrices.rad
    side = range(family.dimension)
    return [[[arb_ball(mid[k, i, j], rad[k, i, j]) for j in side] for i in side] for k in range(family.count)]


def arb_probabilities(family: Family) -> list[arb]:
    """The probabilities at the working precision."""
    if family.exact_probabilities is not None:
        return [arb(weight) for weight in family.exact_probabilities]
    return [arb_ball(m, r) for m, r in zip(family.probabilities.mid, family.probabilities.rad, strict=True)]


def arb_ball(mid: float, rad: float) -> arb:
    """The Arb ball [mid - rad, mid + rad] of two floats (an infinite radius knows nothing)."""
    return arb(float(mid)) if rad == 0 else arb(float(mid), float(rad))


def enclosure_of(value: arb) -> Enclosure:
    """The floats next outside an Arb ball; a value that is not finite knows nothing."""
    return Enclosure(lower_float(value), upper_float(value))


def lower_float(value: arb) -> float:
    """A float that is <= every number of the ball: the ball's own lower end where that is a float."""
    with arb_precision(FLOAT_BITS):
        negated = -value.lower()
    return -upper_float(negated)


def upper_float(value: arb) -> float:
    """A float that is >= every number of the ball: the ball's own upper end where that is a float."""
    if not value.is_finite():
        return math.inf
    with arb_precision(FLOAT_BITS):
        upper = value.upper()
    nearest = float(upper)
    if math.isinf(nearest):
        return nearest if nearest > 0 else -sys.float_info.max
    return nearest if bool(arb(nearest) >= upper) else math.nextafter(nearest, math.inf)
