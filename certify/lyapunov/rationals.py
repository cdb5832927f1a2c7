"""Exact rational input: what counts as a rational number, and the ball around it."""

import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from certify.arithmetic import Ball
from foundation import InputError


def rational(value: Any, name: str) -> Fraction:
    """`value` as a `Fraction`, exactly: int, float, `Fraction`, FLINT's fmpz and fmpq, SymPy's Rational.

    Raises `InputError` for anything else, NaN and infinities included.
    """
    if isinstance(value, flint.fmpq):
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, flint.fmpz):
        return Fraction(int(value))
    if getattr(value, "is_Rational", False):  # SymPy, without importing it
        return Fraction(int(value.p), int(value.q))
    if isinstance(value, Fraction | int | np.integer) and not isinstance(value, bool):
        return Fraction(value) if isinstance(value, Fraction) else Fraction(int(value))
    if isinstance(value, float | np.floating) and math.isfinite(float(value)):
        return Fraction(float(value))
    raise InputError(f"{name} holds {value!r}; every entry must be a finite float or an exact rational number")


def to_fmpq(value: Fraction) -> flint.fmpq:
    """The same number in FLINT."""
    return flint.fmpq(value.numerator, value.denominator)


def rational_ball(values: Any) -> Ball:
    """Balls around an array (object dtype) of `Fraction`s; exact where the number is a float.

    The midpoint is the nearest float (`Fraction.__float__` rounds correctly), the radius the exact distance,
    rounded up. Raises `InputError` for numbers beyond the range of float64.
    """
    array = np.asarray(values, dtype=object)
    mid, rad = np.empty(array.shape), np.empty(array.shape)
    for index, value in np.ndenumerate(array):
        try:
            mid[index] = float(value)
        except OverflowError:
            raise InputError(f"the number at index {index} is beyond the range of float64; rescale it") from None
        distance = abs(value - Fraction(float(mid[index])))
        rad[index] = 0.0 if distance == 0 else math.nextafter(float(distance), math.inf)
    return Ball(mid, rad)
