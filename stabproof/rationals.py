"""Simple rational numbers that floats stand for."""

from fractions import Fraction

_SIMPLE = 10_000  # largest denominator of a number that a float may stand for
_NEAR = 1e-9


def simple_rational(value: float) -> Fraction:
    """The simple rational near the float, or the float itself."""
    near = Fraction(value).limit_denominator(_SIMPLE)
    return near if abs(float(near) - value) <= _NEAR * (1.0 + abs(value)) else Fraction(value)
