"""Simple rational numbers that floats stand for."""

from fractions import Fraction

_SIMPLE = 10_000  # largest denominator of a number that a float may stand for
_NEAR = 1e-9


def simple_rational(value: float, size: float | None = None) -> Fraction:
    """The simple rational near the float, or the float itself.

    size: of the terms that were added to give the float, in its unit: what is small against them may be 0. Without it
    nothing but 0 is near 0.
    """
    near = Fraction(value).limit_denominator(_SIMPLE)
    allowed = _NEAR * max(abs(value), 0.0 if size is None else size)
    return near if abs(float(near) - value) <= allowed else Fraction(value)
