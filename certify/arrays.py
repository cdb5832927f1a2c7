"""Arrays as bytes of the .npy format (version 1.0) and back, by a strict reader of our own.

numpy's reader parses headers as Python source and asks for memory first; this one accepts exactly what
`array_bytes` writes, and compares every size before it allocates anything.
"""

import base64
import binascii
import io
import math
import re
from collections.abc import Iterable

import numpy as np

from foundation import CertificateError

_MAGIC = b"\x93NUMPY\x01\x00"
# descr, fortran_order and shape in numpy's order; NumPy pads with blanks to a multiple of 64.
_HEADER = re.compile(
    rb"\{'descr': '([<|][fiub][1248])', 'fortran_order': False, 'shape': \(((?:\d{1,15}, )*\d{0,15},?)\), \} *\n"
)
_LONGEST_HEADER = 10_000
_MOST_AXES = 32
_LONGEST_EMPTY = 2**20  # an axis of an array without entries costs no byte of the file, but a loop over it takes time


def array_bytes(array: np.ndarray) -> bytes:
    """The array's .npy bytes, rows first."""
    stream = io.BytesIO()
    np.lib.format.write_array(stream, np.ascontiguousarray(array).reshape(array.shape), (1, 0), allow_pickle=False)
    return stream.getvalue()


def array_from_bytes(data: bytes, dtypes: Iterable[str]) -> np.ndarray:
    """The array of `array_bytes`; raises `CertificateError` on every other content and on other element types."""
    length = int.from_bytes(data[8:10], "little")
    body = 10 + length
    require(data[:8] == _MAGIC and len(data) >= body, "it does not begin like a .npy file of version 1.0")
    require(length <= _LONGEST_HEADER, f"its header is {length} bytes long")
    found = _HEADER.fullmatch(data[10:body])
    if found is None:
        raise CertificateError("an array of the certificate cannot be read: its header is not one that NumPy writes")
    dtype, shape = _dtype(found[1], dtypes), _shape(found[2])
    count = math.prod(shape)
    expected = count * dtype.itemsize
    require(bool(count) or max(shape) <= _LONGEST_EMPTY, f"its shape {shape} has a long axis, but no entries")
    require(len(data) - body == expected, f"it holds {len(data) - body} bytes where its shape {shape} needs {expected}")
    if dtype == np.bool_:
        require(not data[body:].strip(b"\0\1"), "a truth value is neither 0 nor 1")
    return np.frombuffer(data, dtype, count, body).reshape(shape).copy()


def array_text(array: np.ndarray) -> str:
    """Base64 of the array's .npy bytes."""
    return base64.b64encode(array_bytes(array)).decode("ascii")


def array_from_text(text: object, dtypes: Iterable[str]) -> np.ndarray:
    """The array of `array_text`'s text; raises `CertificateError` on anything else."""
    if not isinstance(text, str):
        raise CertificateError(f"an array of the certificate is not base64 text, but of type {type(text).__name__}")
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, ValueError) as error:
        raise CertificateError(f"an array of the certificate cannot be read ({error})") from None
    return array_from_bytes(data, dtypes)


def _dtype(name: bytes, allowed: Iterable[str]) -> np.dtype:
    text = name.decode("ascii")
    try:
        dtype = np.dtype(text)
    except TypeError:
        raise CertificateError(f"an array of the certificate has the unknown element type {text!r}") from None
    names = tuple(allowed)
    require(dtype.name in names and dtype.str == text, f"its elements are {text}, not {', '.join(names)}")
    return dtype


def _shape(text: bytes) -> tuple[int, ...]:
    """The lengths of (), (3,) or (2, 3)."""
    parts = [part for part in text.decode("ascii").split(", ") if part]
    single = len(parts) == 1
    require(not text or text.endswith(b",") == single, "its shape is not written as NumPy writes it")
    lengths = tuple(int(part.rstrip(",")) if part.rstrip(",") else -1 for part in parts)
    require(len(lengths) <= _MOST_AXES and min(lengths, default=0) >= 0, f"it has {len(lengths)} axes")
    written = "(" + ", ".join(map(str, lengths)) + (",)" if single else ")")
    require(written == f"({text.decode('ascii')})", "its shape is not written as NumPy writes it")
    return lengths


def require(condition: bool, what: str) -> None:
    if not condition:
        raise CertificateError(f"an array of the certificate cannot be read: {what}")
