"""Floats around exact rationals, of any size."""

import math
import sys
from fractions import Fraction

from certify.enclosure import Enclosure

_LARGEST = Fraction(sys.float_info.max)


def rational_enclosure(value: Fraction) -> Enclosure:
    """The floats next to an exact rational; beyond the range of float64 one side is infinite."""
    if abs(value) > _LARGEST:
        return Enclosure(sys.float_info.max, math.inf) if value > 0 else Enclosure(-math.inf, -sys.float_info.max)
    near = float(value)
    if Fraction(near) == value:
        return Enclosure(near, near)
    if Fraction(near) < value:
        return Enclosure(near, math.nextafter(near, math.inf))
    return Enclosure(math.nextafter(near, -math.inf), near)
