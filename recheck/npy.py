"""Arrays of the .npy format, read by hand: no evaluation of the header, every size checked before it is used."""

import base64
import binascii
import math
import re
import struct
from typing import Any, NamedTuple

from recheck.outcome import BadInput
from recheck.program.signature import TYPES

_DESCRIPTIONS = ("<f8", "|b1", "|i1", "<i2", "<i4", "<i8", "|u1", "<u2", "<u4", "<u8")
# description -> (NumPy's name, the code of the module struct)
_CODES = dict(zip(_DESCRIPTIONS, zip(TYPES, "d?bhiqBHIQ", strict=True), strict=True))
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
    BadInput.when(not isinstance(text, str) or len(text) > 12 * LARGEST_ENTRIES, "an array is not text that is read")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadInput("an array is not base64 text") from None
    BadInput.when(raw[:6] != b"\x93NUMPY" or raw[6:8] != b"\x01\x00", "an array is not in the .npy format, version 1.0")
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
    BadInput.when(columns_first and len(shape) > 1, "an array is stored by columns")
    BadInput.when(code == "?" and body.strip(b"\x00\x01"), "an array of booleans holds other bytes than 0 and 1")
    data = list(struct.unpack(f"<{count}{code}", body))
    BadInput.when(dtype == "float64" and not all(map(math.isfinite, data)), "an array holds NaN or an infinity")
    return data
