"""Arrays of the .npy format, read by hand: no evaluation of the header, every size checked before it is used."""

import base64
import binascii
import math
import re
import struct
from typing import Any, NamedTuple

from recheck.outcome import BadInput

_CODES = {
    "<f8": ("float64", "d"),
    "|b1": ("bool", "?"),
    "|i1": ("int8", "b"),
    "<i2": ("int16", "h"),
    "<i4": ("int32", "i"),
    "<i8": ("int64", "q"),
    "|u1": ("uint8", "B"),
    "<u2": ("uint16", "H"),
    "<u4": ("uint32", "I"),
    "<u8": ("uint64", "Q"),
}
_HEADER = re.compile(
    rb"\{'descr': '([<|][a-z][0-9])', 'fortran_order': (False|True), 'shape': \(((?:[0-9]{1,12},? ?){0,32})\), \} *\n"
)
LARGEST_ENTRIES = 2**24


class Array(NamedTuple):
    """Entries in row-major order as Python floats, ints or bools; `dtype` by NumPy's name."""

    shape: tuple[int, ...]
    dtype: str
    data: list[Any]

    def matrix(self) -> list[list[Any]]:
        rows, columns = self.shape
        return [self.data[i * columns : (i + 1) * columns] for i in range(rows)]


def read_array(text: Any) -> Array:
    """The array of a base64 text; raises `BadInput` naming what is wrong."""
    if not isinstance(text, str) or len(text) > 12 * LARGEST_ENTRIES:
        raise BadInput("an array is no base64 text of a length that is read")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("an array is no base64 text") from None
    if raw[:6] != b"\x93NUMPY" or raw[6:8] != b"\x01\x00":
        raise BadInput("an array does not begin as the .npy format, version 1.0, does")
    length = struct.unpack("<H", raw[8:10])[0] if len(raw) >= 10 else 0
    header, body = raw[10 : 10 + length], raw[10 + length :]
    found = _HEADER.fullmatch(header)
    if found is None or len(header) != length or found.group(1).decode() not in _CODES:
        raise BadInput("an array has a header that is not read")
    dtype, code = _CODES[found.group(1).decode()]
    shape = tuple(int(part) for part in found.group(3).replace(b" ", b"").split(b",") if part)
    return Array(shape, dtype, _entries(body, dtype, code, shape, found.group(2) == b"True"))


def _entries(body: bytes, dtype: str, code: str, shape: tuple[int, ...], columns_first: bool) -> list[Any]:
    count = math.prod(shape)
    if count > LARGEST_ENTRIES or len(body) != count * struct.calcsize(f"<{code}"):
        raise BadInput(f"an array of shape {shape} has {len(body)} bytes, or more entries than are read")
    if columns_first and len(shape) > 1:
        raise BadInput("an array is stored by columns")
    if code == "?" and body.strip(b"\x00\x01"):
        raise BadInput("an array of booleans holds other bytes than 0 and 1")
    data = list(struct.unpack(f"<{count}{code}", body))
    if dtype == "float64" and not all(map(math.isfinite, data)):
        raise BadInput("an array holds NaN or an infinity")
    return data
