"""The digits that a file of format 1 shows beside an enclosure, by the rule of its time."""

import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal

from certify.digits import proved_digits
from certify.enclosure import Enclosure

_DIGITS = 7


def format1_digits(enclosure: Enclosure) -> str:
    """One digit of uncertainty; with an infinite end seven digits of the other, rounded outward."""
    lower, upper = enclosure.lower, enclosure.upper
    if (math.isfinite(lower) and math.isfinite(upper)) or lower == upper:
        return proved_digits(lower, upper, deciding=False)
    left = "(-inf" if math.isinf(lower) else f"[{_directed(lower, ROUND_FLOOR)}"
    right = "inf)" if math.isinf(upper) else f"{_directed(upper, ROUND_CEILING)}]"
    return f"{left}, {right}"


def _directed(value: float, direction: str) -> str:
    rounded = Context(prec=_DIGITS, rounding=direction).create_decimal(Decimal(value))
    if rounded == rounded.to_integral_value() and abs(rounded) < 1_000_000:
        return str(int(rounded))
    return f"{rounded.normalize()}"
