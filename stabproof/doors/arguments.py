"""What the doors ask of a path and of the batch axis."""

from pathlib import Path
from typing import Any

from foundation import InputError
from foundation.errors import type_of


def file_path(path: Any, what: str) -> Path:
    """The path of an existing file; raises `InputError` that says what is asked for."""
    if not isinstance(path, str | Path):
        raise InputError(f"path must be that of {what}, but is {type_of(path)}")
    place = Path(path)
    if not place.is_file():
        raise InputError(f"{place} is not a file and cannot be read as {what}")
    return place


def check_batch_axis(batch_axis: Any) -> None:
    whole = isinstance(batch_axis, int) and not isinstance(batch_axis, bool)
    if batch_axis is not None and not (whole and batch_axis >= 0):
        raise InputError(f"batch_axis must be None or a whole number from 0, but is {batch_axis!r}")
