"""Exact rational input."""

from fractions import Fraction
from typing import Any

import flint

from foundation import exact_number


def rational(value: Any, name: str) -> Fraction:
    """`value` as a `Fraction`, exactly: a number of any type that `exact_number` reads; else `InputError`."""
    return exact_number(value, name)


def to_fmpq(value: Fraction) -> flint.fmpq:
    """The same number in FLINT."""
    return flint.fmpq(value.numerator, value.denominator)
