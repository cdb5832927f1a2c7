"""Exact rational input."""

import re
from fractions import Fraction
from typing import Any

import flint

from foundation import CertificateError, exact_number

_TEXT = re.compile(r"-?[0-9]+(/[0-9]+)?", re.ASCII)
# The least float has 1074 digits in the denominator; products of a few such numbers fit.
_LONGEST_TEXT = 20_000


def rational(value: Any, name: str) -> Fraction:
    """`value` as a `Fraction`, exactly: a number of any type that `exact_number` reads; else `InputError`."""
    return exact_number(value, name)


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
