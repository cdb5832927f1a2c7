"""What the gallery knows about one finished report, and the file that says so."""

import hashlib
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, final

import msgspec

from foundation import write_atomically

_FOLDER = ".stabproof"


@final
@dataclass(frozen=True)
class Entry:
    """A finished report. key: hash of case, parameters, version and format; sha256: of the report's file.

    verdicts: label of each certificate and its verdict. errata_proved: how many errata have a proof whose steps all
    passed. agrees: the views agree and no step failed. error: why there is no report (then `file` is empty).
    """

    name: str
    title: str
    group: str
    summary: str
    key: str
    file: str = ""
    sha256: str = ""
    beside: dict[str, str] | None = None
    agrees: bool = False
    verdicts: dict[str, str] | None = None
    errata: int = 0
    errata_proved: int = 0
    steps: int = 0
    steps_checked: int = 0
    seconds: float = 0.0
    error: str = ""


def save_entry(folder: Path, suffix: str, entry: Entry) -> None:
    """Written after the report, so that an entry always speaks of a whole one."""
    place = _place(folder, entry.name, suffix)
    place.parent.mkdir(exist_ok=True)
    write_atomically(place, msgspec.json.format(msgspec.json.encode(asdict(entry)), indent=1))


def finished_entry(folder: Path, suffix: str, name: str, key: str) -> Entry | None:
    """The entry of a report that is there, unchanged, and was made from the same input; None otherwise."""
    entry = _read(_place(folder, name, suffix))
    if entry is None or entry.name != name or entry.key != key or entry.error or not entry.file:
        return None
    hashes = {entry.file: entry.sha256, **(entry.beside or {})}
    return entry if all(file_hash(folder / file) == found for file, found in hashes.items()) else None


def file_hash(path: Path) -> str:
    """SHA-256 of a file, empty when it cannot be read."""
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""


def _place(folder: Path, name: str, suffix: str) -> Path:
    return folder / _FOLDER / f"{name}{suffix}.json"


def _read(path: Path) -> Entry | None:
    """A state file that is damaged or of another version counts as missing."""
    try:
        data: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict)
        known = {field.name for field in fields(Entry)}
        return msgspec.convert(data, Entry) if set(data) == known else None
    except (OSError, msgspec.MsgspecError):
        return None
