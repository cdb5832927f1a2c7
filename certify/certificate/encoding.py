"""Trees of exact data as plain JSON values, and back.

A tree is None, a bool, an int, a float, a string, a float64, int64 or bool array, a `Ball`, an `Enclosure`, a
`Fraction`, a `Program`, or a list or string-keyed dict of trees. Floats are written as hexadecimal literals
and arrays as base64 of the .npy format, so nothing is rounded; nothing is ever evaluated or unpickled.
"""

import base64
import binascii
import hashlib
import io
import json
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from certify.arithmetic.ball import Ball
from certify.enclosure import Enclosure
from certify.program import Program, program_from_json, program_to_json
from foundation import CertificateError

Tree: TypeAlias = Any
Json: TypeAlias = Any

_DTYPES = {"float64", "int64", "bool"}
_LARGEST_ARRAY = 2**31  # bytes: larger ones are refused before memory is asked for
_DEEPEST = 60


def encode(tree: Tree) -> Json:
    """The JSON value of `tree`; raises `TypeError` for what a certificate cannot hold."""
    if tree is None or isinstance(tree, bool | int | str):
        return tree
    if isinstance(tree, float):
        return {"$float": tree.hex()}
    if isinstance(tree, list | tuple):
        return [encode(item) for item in tree]
    if isinstance(tree, dict):
        return {_key(key): encode(value) for key, value in tree.items()}
    if isinstance(tree, np.ndarray | np.generic):
        return {"$array": encode_array(np.asarray(tree))}
    if isinstance(tree, Ball):
        return {"$ball": [encode_array(tree.mid), encode_array(tree.rad)]}
    if isinstance(tree, Enclosure):
        return {"$enclosure": [tree.lower.hex(), tree.upper.hex()], "digits": str(tree)}
    if isinstance(tree, Fraction):
        return {"$rational": [str(tree.numerator), str(tree.denominator)]}
    if isinstance(tree, Program):
        return {"$program": program_to_json(tree)}
    raise TypeError(f"a certificate cannot hold a {type(tree).__name__}")


def decode(value: Json, depth: int = 0) -> Tree:
    """The tree of a JSON value; raises `CertificateError` for anything that `encode` does not write."""
    if depth > _DEEPEST:
        raise CertificateError(f"the certificate is nested more than {_DEEPEST} levels deep")
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, list):
        return [decode(item, depth + 1) for item in value]
    if isinstance(value, dict):
        tag = next((key for key in value if key.startswith("$")), None)
        if tag is None:
            return {key: decode(item, depth + 1) for key, item in value.items()}
        return _decode_tagged(tag, value)
    raise CertificateError(f"the certificate holds {value!r} where exact data was expected; it is damaged")


def encode_array(array: np.ndarray) -> str:
    """Base64 of the array's .npy bytes."""
    if array.dtype.name not in _DTYPES:
        raise TypeError(f"a certificate cannot hold an array of {array.dtype}")
    stream = io.BytesIO()
    np.save(stream, np.ascontiguousarray(array).reshape(array.shape), allow_pickle=False)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def decode_array(text: Any) -> np.ndarray:
    """The array of `encode_array`'s text, with checks of type, size and completeness."""
    if not isinstance(text, str) or len(text) > _LARGEST_ARRAY:
        raise CertificateError("an array of the certificate is not base64 text of a sensible length")
    try:
        data = base64.b64decode(text, validate=True)
        array = np.load(io.BytesIO(data), allow_pickle=False, max_header_size=10_000)
    except (binascii.Error, ValueError, OSError, EOFError) as error:
        raise CertificateError(f"an array of the certificate cannot be read ({error})") from None
    if not isinstance(array, np.ndarray) or array.dtype.name not in _DTYPES:
        raise CertificateError("an array of the certificate is neither float64, int64 nor bool")
    return array


def canonical(value: Json) -> bytes:
    """One byte string per JSON value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def input_hash(problem: Tree) -> str:
    """SHA-256 (hexadecimal) of a problem's canonical form."""
    return hashlib.sha256(canonical(encode(problem))).hexdigest()


def _key(key: Any) -> str:
    if not isinstance(key, str) or key.startswith("$"):
        raise TypeError(f"a certificate cannot hold the key {key!r}")
    return key


def _decode_tagged(tag: str, value: dict[str, Json]) -> Tree:
    reader = _READERS.get(tag)
    if reader is None or set(value) - {tag, "digits"}:
        raise CertificateError(f"the certificate holds an entry {sorted(value)} that no version of stabproof writes")
    tree = reader(value[tag])
    if "digits" in value and value["digits"] != str(tree):
        raise CertificateError(f"the certificate shows the digits {value['digits']!r} for a number that is {tree}")
    return tree


def _read_float(text: Any) -> float:
    try:
        return float.fromhex(text)
    except (TypeError, ValueError, OverflowError):
        raise CertificateError(f"the certificate holds {text!r} where a hexadecimal float was expected") from None


def _read_pair(value: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise CertificateError(f"the certificate holds a defective {what}")
    return value[0], value[1]


def _read_ball(value: Any) -> Ball:
    mid, rad = (decode_array(part) for part in _read_pair(value, "ball"))
    floats = mid.dtype == np.float64 and rad.dtype == np.float64
    if not floats or mid.shape != rad.shape or not np.isfinite(mid).all() or not (rad >= 0).all():
        raise CertificateError("the certificate holds a ball whose midpoint or radius is defective")
    return Ball(mid, rad)


def _read_enclosure(value: Any) -> Enclosure:
    lower, upper = (_read_float(part) for part in _read_pair(value, "enclosure"))
    if not lower <= upper:
        raise CertificateError(f"the certificate holds an enclosure with lower {lower} above upper {upper}")
    return Enclosure(lower, upper)


def _read_rational(value: Any) -> Fraction:
    numerator, denominator = _read_pair(value, "rational")
    if not isinstance(numerator, str) or not isinstance(denominator, str) or len(numerator + denominator) > 4000:
        raise CertificateError("the certificate holds a defective rational number")
    try:
        return Fraction(int(numerator), int(denominator))
    except (ValueError, ZeroDivisionError):
        raise CertificateError(f"the certificate holds the defective rational {numerator}/{denominator}") from None


_READERS: dict[str, Callable[[Any], Tree]] = {
    "$float": _read_float,
    "$array": decode_array,
    "$ball": _read_ball,
    "$enclosure": _read_enclosure,
    "$rational": _read_rational,
    "$program": program_from_json,
}
