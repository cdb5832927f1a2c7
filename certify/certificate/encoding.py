"""Trees of exact data as plain JSON values, and back.

A tree is None, a bool, an int, a float, a string, a float64, int64 or bool array, a `Ball`, an `Enclosure`, a
`Fraction`, a `Program`, or a list or string-keyed dict of trees. Floats are written as hexadecimal literals
and arrays as base64 of the .npy format, so nothing is rounded; nothing is ever evaluated or unpickled.
"""

import hashlib
import json
import re
from collections.abc import Callable
from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from certify.arithmetic.ball import Ball
from certify.arrays import array_from_text, array_text
from certify.certificate.format1_digits import format1_digits
from certify.enclosure import Enclosure
from certify.program import Program, program_from_json, program_to_json
from foundation import CertificateError

Tree: TypeAlias = Any
Json: TypeAlias = Any

_DTYPES = ("float64", "int64", "bool")
_LARGEST_INTEGER = 2**63
# What float.hex writes: one way to write each number.
_HEXADECIMAL = re.compile(r"-?0x[01]\.[0-9a-f]{1,13}p[+-]\d{1,4}|-?0x0\.0p\+0|-?inf|nan")
_WHOLE = re.compile(r"-?\d{1,4000}")


def encode(tree: Tree) -> Json:
    """The JSON value of `tree`; raises `TypeError` for what a certificate cannot hold."""
    if tree is None or isinstance(tree, bool):
        return tree
    if isinstance(tree, int):
        if abs(tree) >= _LARGEST_INTEGER:
            raise TypeError(f"a certificate cannot hold the whole number {tree}")
        return int(tree)
    if isinstance(tree, str):
        if not tree.isprintable():
            raise TypeError(f"a certificate cannot hold the text {tree!r}")
        return str(tree)
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
        return {"$enclosure": [tree.lower.hex(), tree.upper.hex()]}
    if isinstance(tree, Fraction):
        return {"$rational": [str(tree.numerator), str(tree.denominator)]}
    if isinstance(tree, Program):
        return {"$program": program_to_json(tree)}
    raise TypeError(f"a certificate cannot hold a {type(tree).__name__}")


def decode(value: Json, shows_digits: bool = False) -> Tree:
    """The tree of a JSON value; raises `CertificateError` for anything that `encode` does not write.

    `shows_digits`: numbers may carry their proved digits, as files of format 1 do; other digits are refused. Nesting
    is bounded where the text is read.
    """
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        if abs(value) >= _LARGEST_INTEGER:
            raise CertificateError("the certificate holds a whole number beyond 64 bits")
        return value
    if isinstance(value, list):
        return [decode(item, shows_digits) for item in value]
    if isinstance(value, dict):
        tag = next((key for key in value if key.startswith("$")), None)
        if tag is None:
            return {key: decode(item, shows_digits) for key, item in value.items()}
        return _decode_tagged(tag, value, shows_digits)
    raise CertificateError(f"the certificate holds {value!r} where exact data was expected; it is damaged")


def encode_array(array: np.ndarray) -> str:
    """Base64 of the array's .npy bytes."""
    if array.dtype.name not in _DTYPES:
        raise TypeError(f"a certificate cannot hold an array of {array.dtype}")
    return array_text(array)


def decode_array(text: Any) -> np.ndarray:
    """The array of `encode_array`'s text, with checks of type, size and completeness."""
    return array_from_text(text, _DTYPES)


def canonical(value: Json) -> bytes:
    """One byte string per JSON value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False).encode()


def input_hash(problem: Tree) -> str:
    """SHA-256 (hexadecimal) of a problem's canonical form."""
    return hashlib.sha256(canonical(encode(problem))).hexdigest()


def _key(key: Any) -> str:
    if not isinstance(key, str) or key.startswith("$") or not key.isprintable():
        raise TypeError(f"a certificate cannot hold the key {key!r}")
    return str(key)


def _decode_tagged(tag: str, value: dict[str, Json], shows_digits: bool) -> Tree:
    reader = _READERS.get(tag)
    if reader is None or set(value) - ({tag, "digits"} if shows_digits else {tag}):
        raise CertificateError(f"the certificate holds an entry {sorted(value)} that no version of stabproof writes")
    tree = reader(value[tag])
    if "digits" in value and value["digits"] != format1_digits(tree):
        raise CertificateError(f"the certificate shows the digits {value['digits']!r} for a number that is {tree}")
    return tree


def _read_float(text: Any) -> float:
    if not isinstance(text, str) or not _HEXADECIMAL.fullmatch(text):
        raise CertificateError(f"the certificate holds {text!r:.80} where a hexadecimal float was expected")
    try:
        number = float.fromhex(text)
    except (ValueError, OverflowError):
        raise CertificateError(f"the certificate holds {text!r:.80} where a hexadecimal float was expected") from None
    if number.hex() != text:
        raise CertificateError(f"the certificate writes the number {number!r} as {text!r:.80}, not as its own digits")
    return number


def _read_pair(value: Any, what: str) -> tuple[Any, Any]:
    if not isinstance(value, list) or len(value) != 2:
        raise CertificateError(f"the certificate holds a malformed {what}")
    return value[0], value[1]


def _read_ball(value: Any) -> Ball:
    mid, rad = (decode_array(part) for part in _read_pair(value, "ball"))
    floats = mid.dtype == np.float64 and rad.dtype == np.float64
    if not floats or mid.shape != rad.shape or not np.isfinite(mid).all() or not (rad >= 0).all():
        raise CertificateError("the certificate holds a ball whose midpoint or radius is malformed")
    return Ball(mid, rad)


def _read_enclosure(value: Any) -> Enclosure:
    lower, upper = (_read_float(part) for part in _read_pair(value, "enclosure"))
    if not lower <= upper:
        raise CertificateError(f"the certificate holds an enclosure with lower {lower} above upper {upper}")
    return Enclosure(lower, upper)


def _read_rational(value: Any) -> Fraction:
    parts = _read_pair(value, "rational")
    if not all(isinstance(part, str) and _WHOLE.fullmatch(part) for part in parts) or len("".join(parts)) > 4000:
        raise CertificateError("the certificate holds a malformed rational number")
    try:
        number = Fraction(int(parts[0]), int(parts[1]))
    except (ValueError, ZeroDivisionError):
        raise CertificateError("the certificate holds a malformed rational number") from None
    if parts != (str(number.numerator), str(number.denominator)):
        raise CertificateError("the certificate holds a rational number that is not in lowest terms")
    return number


_READERS: dict[str, Callable[[Any], Tree]] = {
    "$float": _read_float,
    "$array": decode_array,
    "$ball": _read_ball,
    "$enclosure": _read_enclosure,
    "$rational": _read_rational,
    "$program": program_from_json,
}
