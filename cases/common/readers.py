"""More readers of parameters: numbers and vectors between bounds, and folders of runs."""

import os
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

from cases.common.parameters import exact_rational, rational_vector
from foundation import InputError

_LONGEST = 40


def bounded_rational(lower: Any, upper: Any, *, open_below: bool = False) -> Callable[[Any, str], Fraction]:
    """A reader of exact numbers in [lower, upper], or in (lower, upper]."""
    low, high = Fraction(lower), Fraction(upper)

    def read(value: Any, name: str) -> Fraction:
        number = exact_rational(value, name)
        if open_below and number <= low:
            raise InputError(f"{name} must be above {float(low):g}, but is {shown(value)!r}")
        if not low <= number <= high:
            raise InputError(f"{name} must lie between {float(low):g} and {float(high):g}, but is {shown(value)!r}")
        return number

    return read


def bounded_vector(
    lower: Any, upper: Any, longest: int, *, shortest: int = 1, open_below: bool = False
) -> Callable[[Any, str], tuple[Fraction, ...]]:
    """A reader of `shortest` to `longest` exact numbers, each within the bounds."""
    entry = bounded_rational(lower, upper, open_below=open_below)

    def read(value: Any, name: str) -> tuple[Fraction, ...]:
        numbers = rational_vector()(value, name)
        if not shortest <= len(numbers) <= longest:
            many = shortest if shortest == longest else f"{shortest} to {longest}"
            raise InputError(f"{name} must hold {many} numbers, but holds {len(numbers)}")
        return tuple(entry(number, name) for number in numbers)

    return read


def run_folder(value: Any, name: str) -> str:
    """A reader of the path of a folder in which a run keeps what is finished; a missing one is made by the run."""
    if not isinstance(value, str | os.PathLike) or not str(value).strip() or "\0" in str(value):
        raise InputError(f"{name} must be the path of a folder, but is {value!r}")
    path = Path(value)
    nearest = next((place for place in (path, *path.parents) if place.exists()), Path())
    if not nearest.is_dir():
        raise InputError(f"{name} must be the path of a folder, but is {str(value)!r}, and {nearest} is none")
    return str(value)


def shown(value: Any) -> Any:
    """Fractions as a user writes them, long ones by their size."""
    if not isinstance(value, Fraction):
        return value
    text = str(value)
    return text if len(text) <= _LONGEST else f"{Decimal(value.numerator) / Decimal(value.denominator):.6g}"
