"""Exact rational input: what counts as a rational number, and the ball around it."""

import math
from fractions import Fraction
from typing import Any

import flint
import numpy as np

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
    if isinstance(value, float | np.floating) and math.isfinite(value):
        return Fraction(*value.as_integer_ratio())
    raise InputError(f"{name} holds {value!r}; every entry must be a finite float or an exact rational number")


def to_fmpq(value: Fraction) -> flint.fmpq:
    """The same number in FLINT."""
    return flint.fmpq(value.numerator, value.denominator)


def without_rounding(value: Any) -> np.ndarray:
    """`value` as an array; of objects where NumPy would round a whole number above 2^53 among floats, or refuse it."""
    array = np.asarray(value)
    if array.dtype.kind not in "fiu" or not array.size or not float(np.abs(array).max()) >= 2.0**53:
        return array
    objects = array.astype(object) if array.dtype.kind in "iu" else np.asarray(value, dtype=object)
    whole = any(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in objects.flat)
    return objects if whole else array
