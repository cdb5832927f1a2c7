"""The simplest rational number of an interval."""

import math
from fractions import Fraction


def simplest_between(lower: float, upper: float) -> Fraction:
    """The fraction with the smallest denominator in [lower, upper] (Stern-Brocot), of least magnitude."""
    low, high = Fraction(lower), Fraction(upper)
    if low <= 0 <= high:
        return Fraction(0)
    if high < 0:
        return -simplest_between(-upper, -lower)
    return _simplest(low, high)


def _simplest(low: Fraction, high: Fraction) -> Fraction:
    whole = math.ceil(low)
    if whole <= high:
        return Fraction(whole)
    below = math.floor(low)
    return below + 1 / _simplest(1 / (high - below), 1 / (low - below))
