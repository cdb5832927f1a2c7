"""Exact rational input: what counts as a rational number, and the ball around it."""

import math
import re
from fractions import Fraction
from typing import Any

import flint
import numpy as np

from foundation import CertificateError, InputError

_TEXT = re.compile(r"-?[0-9]+(/[0-9]+)?", re.ASCII)
# The least float has 1074 digits in the denominator; products of a few such numbers fit.
_LONGEST_TEXT = 20_000


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


def rational_text(value: Any) -> flint.fmpq:
    """The rational number that `str` of an fmpq writes: digits, or digits/digits, with a sign; no exponents.

    Raises `CertificateError` for anything else: "1e400000000" is short and its number is not.
    """
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or not _TEXT.fullmatch(value):
        raise CertificateError(f"a stored number must be written like -3 or 22/7, but is {str(value)[:40]!r}")
    # not by `int`, which refuses more than 4300 digits
    numerator, denominator = (flint.fmpz(part) for part in [*value.split("/"), "1"][:2])
    if denominator == 0:
        raise CertificateError("a stored rational number has the denominator 0")
    return flint.fmpq(numerator, denominator)


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
