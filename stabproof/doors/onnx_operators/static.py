"""Values that must be known when the file is read: shapes, axes, positions."""

from typing import Any

import numpy as np

from foundation import InputError


def is_static(value: Any) -> bool:
    return isinstance(value, np.ndarray | np.generic)


def whole_numbers(value: Any, name: str) -> list[int]:
    """A list of whole numbers that the file fixes; raises `InputError` when they depend on the input."""
    if isinstance(value, int):
        return [value]
    if isinstance(value, list | tuple):
        return [int(entry) for entry in value]
    if not is_static(value) or value.dtype.kind not in "iu":
        raise InputError(f"its {name} depends on the input, which is not modelled")
    return [int(entry) for entry in np.asarray(value).reshape(-1)]


# Entries of an array that a file describes by its shape alone: 2^27 doubles are one GiB.
_LARGEST = 2**27


def demand_room(entries: int) -> None:
    """A few bytes of a file can ask for any size of array."""
    if entries > _LARGEST:
        raise InputError(f"it makes an array of {entries:.3g} entries, more than {_LARGEST}")


def static_number(value: Any, name: str) -> Any:
    """One number that the file fixes."""
    if isinstance(value, int | float):
        return value
    if not is_static(value) or np.asarray(value).size != 1:
        raise InputError(f"its {name} depends on the input, which is not modelled")
    return np.asarray(value).reshape(())[()]


def text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)
