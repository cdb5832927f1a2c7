"""Checks of what a strategy is asked for, made when it is built."""

import math
from typing import Any

from hypothesis.errors import InvalidArgument

from foundation import InputError, number_in, positive_integer


class InvalidSetting(InvalidArgument, InputError):
    """An argument with which a strategy cannot draw; Hypothesis's `InvalidArgument` and stabproof's `InputError`."""


def size_range(smallest: int, largest: int, least: int = 1) -> tuple[int, int]:
    """Both sizes; raises `InvalidSetting` unless least <= smallest <= largest."""
    low, high = whole(smallest, "min_size"), whole(largest, "max_size")
    if not least <= low <= high:
        raise InvalidSetting(
            f"a strategy needs {least} <= min_size <= max_size, but got min_size {low}, max_size {high}"
        )
    return low, high


def whole(value: Any, name: str, most: int | None = None, reason: str = "") -> int:
    """A positive integer of at most `most`; raises `InvalidSetting`, with the reason of the limit."""
    try:
        number = positive_integer(value, name)
    except InputError as error:
        raise InvalidSetting(str(error)) from None
    if most is not None and number > most:
        raise InvalidSetting(f"{name} is {number}, but may be {most} at most: {reason}")
    return number


def between(value: Any, name: str, low: float, high: float) -> float:
    """A number in [low, high]; raises `InvalidSetting`."""
    try:
        return float(number_in(value, name, low, high))
    except InputError:
        pass
    if isinstance(value, int | float) and not isinstance(value, bool) and low <= value <= high and math.isfinite(value):
        return float(value)
    raise InvalidSetting(f"{name} must lie in [{low:g}, {high:g}], but is {value!r}")
