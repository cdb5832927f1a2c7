"""A proved pair of bounds for one real number."""

import math
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any, final

import numpy as np

from foundation import InputError, exact_number
from foundation.exact_numbers import nearest_float


@final
@dataclass(frozen=True)
class Enclosure:
    """`lower <= value <= upper`, proved; both floats, rounded outward; either may be infinite.

    `lower` and `upper`: numbers that float64 holds, or infinities; `InputError` on others, NaN and lower > upper.
    `is_below` and `is_above` say what is proved; "not proved" is not "refuted". So `enclosure < 6` is a bool where the
    bounds decide it, and an `InputError` where they do not. `5.0 in enclosure`: whether the number may be 5.
    """

    lower: float
    upper: float

    def __post_init__(self) -> None:
        if type(self.lower) is not float or type(self.upper) is not float:
            self.__dict__["lower"], self.__dict__["upper"] = _end(self.lower), _end(self.upper)
        if math.isnan(self.lower) or math.isnan(self.upper) or self.lower > self.upper:
            raise InputError(f"an enclosure needs lower <= upper, but got [{self.lower}, {self.upper}]")

    @property
    def width(self) -> float:
        """upper - lower, rounded up (infinite when a side is)."""
        if self.lower == self.upper:
            return 0.0
        return math.nextafter(self.upper - self.lower, math.inf)

    @property
    def midpoint(self) -> float:
        """A float inside the enclosure (an estimate of the value when the enclosure is bounded)."""
        if math.isinf(self.lower) or math.isinf(self.upper):
            return 0.0 if self.lower < 0 < self.upper else (self.upper if math.isinf(self.lower) else self.lower)
        return min(max(self.lower / 2 + self.upper / 2, self.lower), self.upper)

    def contains(self, value: Any) -> bool:
        """Whether the exact number `value`, of a type that `exact_number` reads or infinite, lies in the enclosure."""
        exact = _exact_or_infinite(value)
        return bool(self.lower <= exact <= self.upper)

    __contains__ = contains

    def __lt__(self, other: Any) -> bool:
        return self._decided(other, "<")

    def __le__(self, other: Any) -> bool:
        return self._decided(other, "<=")

    def __gt__(self, other: Any) -> bool:
        return self._decided(other, ">")

    def __ge__(self, other: Any) -> bool:
        return self._decided(other, ">=")

    def _decided(self, other: Any, relation: str) -> bool:
        """The comparison with a number or an enclosure, where the bounds decide it."""
        low, high = (other.lower, other.upper) if isinstance(other, Enclosure) else 2 * (_exact_or_infinite(other),)
        least, most = (self.lower, self.upper) if relation in ("<", "<=") else (low, high)
        low, high = (low, high) if relation in ("<", "<=") else (self.lower, self.upper)
        if most < low or (relation in ("<=", ">=") and most == low):
            return True
        if least > high or (relation in ("<", ">") and least == high):
            return False
        raise InputError(
            f"whether a number in [{self.lower!r}, {self.upper!r}] is {relation} {other} is undecided; is_below and "
            "is_above say what is proved"
        )

    def __float__(self) -> float:
        raise InputError(
            f"an enclosure is no single float: [{self.lower!r}, {self.upper!r}]; use .lower, .upper or .midpoint"
        )

    def encloses(self, other: "Enclosure") -> bool:
        """Whether `other` lies inside this enclosure."""
        return self.lower <= other.lower and other.upper <= self.upper

    def is_below(self, value: float) -> bool:
        """True when it is proved that the number is < value."""
        return self.upper < value

    def is_above(self, value: float) -> bool:
        """True when it is proved that the number is > value."""
        return self.lower > value

    def intersect(self, other: "Enclosure") -> "Enclosure":
        """The bounds that both prove. Raises `ArithmeticError` when they are disjoint: one of the two is wrong."""
        lower, upper = max(self.lower, other.lower), min(self.upper, other.upper)
        if lower > upper:
            raise ArithmeticError(f"two proofs contradict each other: {self!r} and {other!r} are disjoint")
        return Enclosure(lower, upper)

    def __str__(self) -> str:
        return proved_digits(self)


def _end(value: Any) -> float:
    """A bound as a float, exactly."""
    number = _exact_or_infinite(value)
    near = nearest_float(number) if isinstance(number, Fraction) else number
    if isinstance(number, Fraction) and (math.isinf(near) or Fraction(near) != number):
        raise InputError(f"an enclosure is bounded by floats, but got {value!r}; round it outward first")
    return near


def _exact_or_infinite(value: Any) -> Fraction | float:
    if isinstance(value, float | np.floating) and np.isinf(value):
        return float(value)
    return exact_number(value, "the number")


# An exact float has up to a thousand decimals; longer ones are shown like any other enclosure.
_LONGEST_EXACT = 24


def proved_digits(enclosure: Enclosure) -> str:
    """The proved digits: `0.123975(2)` means that the number is proved to lie within 0.123975 +- 0.000002.

    The printed interval contains the enclosure: it is computed in exact rational arithmetic.
    """
    lower, upper = enclosure.lower, enclosure.upper
    if math.isinf(lower) or math.isinf(upper):
        if lower == upper:
            return "-inf" if lower < 0 else "inf"
        left = "(-inf" if math.isinf(lower) else f"[{_directed(lower, -1)}"
        right = "inf)" if math.isinf(upper) else f"{_directed(upper, +1)}]"
        return f"{left}, {right}"
    if lower == upper:
        text = _exact_decimal(lower)
        if len(text) <= _LONGEST_EXACT:
            return f"{text} exactly"
    middle = (Fraction(lower) + Fraction(upper)) / 2
    radius = (Fraction(upper) - Fraction(lower)) / 2 or abs(middle) / 2**52
    decimals = -math.floor(_log10(radius))
    unit = Fraction(10) ** -decimals
    digits = round(middle / unit)
    spread = math.ceil((radius + abs(middle - digits * unit)) / unit)
    return _format(digits, spread, decimals)


def _exact_decimal(value: float) -> str:
    """The shortest decimal where it is the float, else all its digits: 0.1 is not the float nearest to it."""
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return repr(value) if Fraction(repr(value)) == Fraction(value) else f"{Decimal(value)}"


def _directed(value: float, direction: int) -> str:
    """Seven significant digits of `value`, rounded down (direction -1) or up (+1)."""
    if value == 0:
        return "0"
    exponent = 6 - math.floor(_log10(abs(Fraction(value))))
    scaled = Fraction(value) * Fraction(10) ** exponent
    digits = math.floor(scaled) if direction < 0 else math.ceil(scaled)
    text = Decimal(digits).scaleb(-exponent)
    return str(int(text)) if text == int(text) and abs(text) < 1_000_000 else f"{text.normalize()}"


def _log10(value: Fraction) -> float:
    return math.log10(value.numerator) - math.log10(value.denominator)


def _format(digits: int, spread: int, decimals: int) -> str:
    sign, text = ("-" if digits < 0 else ""), str(abs(digits))
    if -3 <= decimals - len(text) + 1 <= 6 and decimals >= 0:
        text = text.rjust(decimals + 1, "0")
        body = f"{text[:-decimals]}.{text[-decimals:]}" if decimals else text
        return f"{sign}{body}({spread})"
    exponent = len(text) - 1 - decimals
    body = f"{text[0]}.{text[1:]}" if len(text) > 1 else text
    return f"{sign}{body}({spread})e{exponent:+03d}"
