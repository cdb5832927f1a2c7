"""Readers that several particle systems share."""

from collections.abc import Callable
from typing import Any

from cases.common.readers import bounded_vector
from foundation import InputError


def whole_numbers(lower: int, upper: int, longest: int) -> Callable[[Any, str], tuple[int, ...]]:
    """A reader of "16,32,64": up to `longest` different whole numbers within the bounds, in rising order."""
    entries = bounded_vector(lower, upper, longest)

    def read(value: Any, name: str) -> tuple[int, ...]:
        given = [value] if isinstance(value, int) and not isinstance(value, bool) else value
        numbers = entries(given, name)
        if any(number.denominator != 1 for number in numbers):
            raise InputError(f"{name} must hold whole numbers, but is {value!r}")
        return tuple(sorted({int(number) for number in numbers}))

    return read
