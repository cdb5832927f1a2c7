"""A proved pair of bounds for one real number."""

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, final

import numpy as np

from certify.digits import proved_digits
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

    def __bool__(self) -> bool:
        # without this every enclosure would be true, also one of zero alone
        raise InputError(
            f"an enclosure has no truth value: [{self.lower!r}, {self.upper!r}]; compare it with a number, as in "
            "enclosure > 0, or ask whether it is None"
        )

    def __float__(self) -> float:
        raise InputError(
            f"an enclosure is not a single float: [{self.lower!r}, {self.upper!r}]; use .lower, .upper or .midpoint"
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

    def digits(self, *against: Any) -> str:
        """As printed (`certify.digits`), so that it also decides the comparisons with `against` that are decided."""
        return proved_digits(self.lower, self.upper, against)

    def __str__(self) -> str:
        return self.digits()


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
