"""Parameters of a case: exact numbers that the user may choose."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from numbers import Real
from typing import Any, final

import sympy

from foundation import InputError


@final
@dataclass(frozen=True)
class Parameter:
    """One parameter: its default, its meaning, and the reader that makes an exact value of what a user writes."""

    name: str
    default: Any
    meaning: str
    read: Callable[[Any, str], Any]


# Fraction writes such a number out in full.
_LONG_EXPONENT = re.compile(r"[eE][+-]?[0-9_]{5}")


def exact_rational(value: Any, name: str) -> Fraction:
    """ "1/2", "0.1", 3, 0.5 (the float itself), Fraction, SymPy Rational -> Fraction; `InputError` otherwise."""
    if isinstance(value, bool):
        raise InputError(f"{name} must be a number, but is {value!r}")
    try:
        if isinstance(value, sympy.Rational):
            return Fraction(int(value.p), int(value.q))
        if isinstance(value, str) and (len(value) > 1000 or _LONG_EXPONENT.search(value)):
            raise ValueError
        if isinstance(value, int | Fraction | str):
            return Fraction(value)
        return Fraction(float(value))
    except (TypeError, ValueError, ZeroDivisionError, OverflowError):
        raise InputError(f"{name} must be a finite number such as 0.5 or '1/2', but is {value!r}") from None


def positive_rational(value: Any, name: str) -> Fraction:
    """An exact number above zero."""
    number = exact_rational(value, name)
    if number <= 0:
        raise InputError(f"{name} must be above 0, but is {str(value) if isinstance(value, Fraction) else value!r}")
    return number


def rational_vector(length: int | None = None) -> Callable[[Any, str], tuple[Fraction, ...]]:
    """A reader of "2.5,0.41" or of a sequence of numbers, of the given length."""

    def read(value: Any, name: str) -> tuple[Fraction, ...]:
        parts = value.split(",") if isinstance(value, str) else [value] if isinstance(value, Real) else value
        try:
            numbers = tuple(exact_rational(part, name) for part in parts)
        except TypeError:
            raise InputError(f"{name} must be a list of numbers, but is {value!r}") from None
        if not numbers or (length is not None and len(numbers) != length):
            raise InputError(f"{name} must hold {length or 'some'} numbers, but is {value!r}")
        return numbers

    return read


def whole_number(lower: int, upper: int) -> Callable[[Any, str], int]:
    """A reader of whole numbers between two bounds."""

    def read(value: Any, name: str) -> int:
        number = exact_rational(value, name)
        if number.denominator != 1 or not lower <= number <= upper:
            raise InputError(f"{name} must be a whole number between {lower} and {upper}, but is {value!r}")
        return int(number)

    return read


def one_of(*choices: str) -> Callable[[Any, str], str]:
    """A reader that accepts only the listed words."""

    def read(value: Any, name: str) -> str:
        if value not in choices:
            raise InputError(f"{name} must be one of {', '.join(choices)}, but is {value!r}")
        return str(value)

    return read


def read_parameters(declared: tuple[Parameter, ...], given: Mapping[str, Any], case: str) -> dict[str, Any]:
    """Defaults overridden by what the user gave; raises `InputError` on unknown names and unreadable values."""
    known = {parameter.name: parameter for parameter in declared}
    unknown = sorted(set(given) - set(known))
    if unknown:
        raise InputError(f"the case {case} has no parameter {unknown[0]!r}; it has {', '.join(known) or 'none'}")
    values = {}
    for name, parameter in known.items():
        chosen = given[name] if given.get(name) is not None else parameter.default
        values[name] = None if chosen is None else parameter.read(chosen, name)
    return values


def as_sympy(value: Fraction) -> sympy.Rational:
    """The same rational number in SymPy."""
    return sympy.Rational(value.numerator, value.denominator)


def as_float(value: Fraction) -> float:
    """The nearest float; `InputError` when it is too large."""
    number = float(value) if abs(value) < Fraction(2) ** 1023 else math.inf
    if math.isinf(number):
        raise InputError(f"a number of {len(str(abs(round(value))))} digits before the point is too large for float64")
    return number
