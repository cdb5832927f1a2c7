"""The file: strict JSON, its seal, and the exact data in it.

Nothing is evaluated. The size of the text, its nesting and the length of its numbers are bounded before it is read;
duplicate keys are refused.
"""

import hashlib
import json
import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from recheck.npy import Array, read_array
from recheck.outcome import BadInput
from recheck.program.reader import read_program

LARGEST_FILE = 2**28
_DEEPEST = 64
_LONGEST_DIGITS = 4000
_LONGEST_INTEGER = 20


@dataclass(frozen=True)
class BallArray:
    """All numbers within rad of mid, entry by entry; both float64 arrays of one shape."""

    mid: Array
    rad: Array

    @property
    def shape(self) -> tuple[int, ...]:
        return self.mid.shape


@dataclass(frozen=True)
class Bounds:
    """lower <= number <= upper, floats, perhaps infinite."""

    lower: float
    upper: float


def read_plain(data: bytes) -> dict[str, Any]:
    """The JSON object of a file's bytes, before any of it is interpreted."""
    BadInput.when(len(data) > LARGEST_FILE, f"the file has {len(data)} bytes, more than {LARGEST_FILE}")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadInput("the file is not UTF-8 text") from None
    try:
        plain = json.loads(text, object_pairs_hook=_object, parse_float=_float, parse_int=_whole, parse_constant=_float)
        BadInput.when(_depth(plain) > _DEEPEST, f"the file is nested more than {_DEEPEST} levels deep")
    except (json.JSONDecodeError, RecursionError) as error:
        raise BadInput(f"the file is not JSON: {error}") from None
    BadInput.unless(isinstance(plain, dict), "the file holds no JSON object")
    return plain


def check_seal(plain: dict[str, Any]) -> None:
    """The digest is the SHA-256 of all other fields, the input hash that of the problem."""
    body = {key: value for key, value in plain.items() if key != "digest"}
    if plain.get("digest") != hashlib.sha256(canonical(body)).hexdigest():
        raise BadInput("the file was changed after it was written: its digest does not match")
    if plain.get("input_hash") != hashlib.sha256(canonical(plain.get("problem"))).hexdigest():
        raise BadInput("the input hash does not match the problem")


def canonical(value: Any) -> bytes:
    """One byte string per JSON value: sorted keys, no spaces, ASCII."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def decode(value: Any) -> Any:
    """The exact data of a JSON value; raises `BadInput` for what the format does not know."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [decode(item) for item in value]
    tag = next((key for key in value if key.startswith("$")), None)
    if tag is None:
        return {key: decode(item) for key, item in value.items()}
    BadInput.when(tag not in _READERS or len(value) > 1, f"an entry {sorted(value)} is unknown")
    return _READERS[tag](value[tag])


def _depth(value: Any) -> int:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if parts is None else 1 + max(map(_depth, parts), default=0)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    BadInput.when(len(result) != len(pairs), "an object of the file has a key twice")
    return result


def _float(text: str) -> Any:
    raise BadInput(f"the file holds the number {text[:40]}, where only whole numbers are written plainly")


def _whole(text: str) -> int:
    BadInput.when(len(text) > _LONGEST_INTEGER, f"the file holds a whole number of {len(text)} digits")
    return int(text)


def read_float(text: Any) -> float:
    """A hexadecimal literal, an infinity included; NaN is refused."""
    try:
        value = float.fromhex(text) if isinstance(text, str) and len(text) < 40 else math.nan
    except (ValueError, OverflowError):
        value = math.nan
    BadInput.when(math.isnan(value), f"{str(text)[:60]!r} is not a hexadecimal float")
    return value


def _pair(value: Any, what: str) -> tuple[Any, Any]:
    BadInput.when(not isinstance(value, list) or len(value) != 2, f"a {what} is not a pair")
    return value[0], value[1]


def _ball(value: Any) -> BallArray:
    mid, rad = (read_array(part) for part in _pair(value, "ball"))
    if mid.dtype != "float64" or rad.dtype != "float64" or mid.shape != rad.shape or not all(r >= 0 for r in rad.data):
        raise BadInput("a ball has a defective midpoint or radius")
    return BallArray(mid, rad)


def read_enclosure(value: Any) -> Bounds:
    lower, upper = (read_float(part) for part in _pair(value, "enclosure"))
    BadInput.when(not lower <= upper, f"an enclosure has its lower end {lower} above its upper end {upper}")
    return Bounds(lower, upper)


def read_rational(value: Any) -> Fraction:
    parts = _pair(value, "rational number")
    short = all(isinstance(p, str) and len(p) <= _LONGEST_DIGITS and p.isascii() for p in parts)
    whole = short and all(p.removeprefix("-").isdigit() for p in parts)
    BadInput.unless(whole and int(parts[1]) > 0, "a rational is defective")
    return Fraction(int(parts[0]), int(parts[1]))


_READERS: dict[str, Any] = {
    "$float": read_float,
    "$array": read_array,
    "$ball": _ball,
    "$enclosure": read_enclosure,
    "$rational": read_rational,
    "$program": read_program,
}
