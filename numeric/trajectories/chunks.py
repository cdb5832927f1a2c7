"""Long runs in chunks: each finished chunk is kept in a file, so that a run that was killed goes on from there."""

import io
import json
import os
import struct
import zipfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from foundation import InputError, write_atomically

Arrays = dict[str, np.ndarray]
Progress = Callable[[str, float], None]
_SETTINGS = "settings.json"
# what NumPy and the zip module raise on bytes that are no archive of plain arrays
_DAMAGE = (OSError, ValueError, EOFError, KeyError, RuntimeError, struct.error, zipfile.BadZipFile)


def in_chunks(
    total: int,
    size: int,
    compute: Callable[[range], Arrays],
    *,
    settings: Mapping[str, Any],
    folder: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Arrays:
    """`compute(range(a, b))` for all of 0..total - 1, `size` items at a time; arrays joined along the first axis.

    With a `folder` (made when missing) every finished chunk is written there, whole, and found chunks are not computed
    again; `settings` (JSON) must determine the results, and a folder of other settings is refused. `progress` is told
    a message and the finished share after each chunk. Raises `InputError` on damaged or foreign files.
    """
    place = None if folder is None else _prepared(Path(folder), {**settings, "chunk": size})
    report = progress or (lambda message, fraction: None)
    parts = []
    for first in range(0, total, size):
        items = range(first, min(first + size, total))
        report(f"{first} of {total}", first / total)
        parts.append(_part(items, compute, place))
    report(f"{total} of {total}", 1.0)
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


def _part(items: range, compute: Callable[[range], Arrays], place: Path | None) -> Arrays:
    if place is None:
        return _contiguous(compute(items))
    path = place / f"items-{items.start:06d}-{items.stop:06d}.npz"
    if path.exists():
        return _read(path, len(items))
    part = _contiguous(compute(items))
    stream = io.BytesIO()
    np.savez(stream, allow_pickle=False, **part)
    write_atomically(path, stream.getvalue())
    return part


def _contiguous(part: Arrays) -> Arrays:
    """The same memory order as after reading, so that sums over an axis are rounded in the same way."""
    return {name: np.ascontiguousarray(array) for name, array in part.items()}


def _read(path: Path, count: int) -> Arrays:
    try:
        part = _arrays(path.read_bytes())
    except _DAMAGE as error:
        raise InputError(f"the stored results {path} cannot be read ({error}); delete that file") from None
    if not part or any(array.ndim == 0 or len(array) != count for array in part.values()):
        raise InputError(f"the stored results {path} are not of {count} items; delete that file")
    return part


def _arrays(content: bytes) -> Arrays:
    """The arrays of an .npz file; nothing is unpickled."""
    stored = np.load(io.BytesIO(content), allow_pickle=False)
    if isinstance(stored, np.ndarray):
        raise ValueError("it holds one array instead of an archive")
    with stored:
        return {name: stored[name] for name in stored.files}


def _prepared(folder: Path, settings: Mapping[str, Any]) -> Path:
    """The folder with its settings written or compared."""
    text = json.dumps(settings, sort_keys=True, indent=1) + "\n"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        stored = (folder / _SETTINGS).read_text(encoding="utf-8") if (folder / _SETTINGS).exists() else None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the folder {folder} cannot be used ({error}); choose another one") from None
    if stored is None:
        write_atomically(folder / _SETTINGS, text)
    elif stored != text:
        raise InputError(f"the folder {folder} holds a run with other settings; choose another one")
    return folder
