"""Checks of the sizes that a strategy is asked for."""

from foundation import InputError, positive_integer


def size_range(smallest: int, largest: int, least: int = 1) -> tuple[int, int]:
    """Both sizes; raises `InputError` unless least <= smallest <= largest."""
    low, high = positive_integer(smallest, "min_size"), positive_integer(largest, "max_size")
    if not least <= low <= high:
        raise InputError(f"a strategy needs {least} <= min_size <= max_size, but got min_size {low}, max_size {high}")
    return low, high
