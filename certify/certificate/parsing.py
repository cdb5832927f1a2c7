"""JSON text of an untrusted file as plain values: bounded nesting, no duplicate keys, no hidden characters."""

import json
import re
from typing import Any, NoReturn

import numpy as np

from foundation import CertificateError

LARGEST_FILE = 2**31  # bytes
_DEEPEST = 64
_LONGEST_INTEGER = 20  # digits: 2^63 has 19
_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def parse(data: bytes) -> dict[str, Any]:
    """The JSON object of the file's content; raises `CertificateError` naming what no version of stabproof writes."""
    if len(data) > LARGEST_FILE:
        raise CertificateError(f"the file holds {len(data)} bytes, more than any certificate ({LARGEST_FILE})")
    _bound_nesting(data)
    try:
        plain = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_constant=_no_float,
            parse_int=_integer,
        )
    except (ValueError, RecursionError) as error:  # decoding errors are ValueErrors
        raise CertificateError(f"this is not a stabproof certificate: {error}") from None
    if not isinstance(plain, dict):
        raise CertificateError("this is not a stabproof certificate: it holds no JSON object")
    _demand_printable(plain)
    return plain


def _bound_nesting(data: bytes) -> None:
    """Counts brackets outside of strings before anything recurses."""
    brackets = np.frombuffer(_STRING.sub(b"", data).translate(None, _NO_BRACKETS), np.uint8)
    opening = (brackets == ord("[")) | (brackets == ord("{"))
    depth = np.cumsum(np.where(opening, 1, -1), dtype=np.int64)
    if depth.size and int(depth.max()) > _DEEPEST:
        raise CertificateError(f"the certificate is nested more than {_DEEPEST} levels deep")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise CertificateError(f"the certificate holds the key {twice!r:.80} twice")
    return found


def _no_float(text: str) -> NoReturn:
    raise CertificateError(f"the certificate holds the decimal number {text:.40}; its numbers are hexadecimal")


def _integer(text: str) -> int:
    if len(text) > _LONGEST_INTEGER:
        raise CertificateError(f"the certificate holds a whole number of {len(text)} digits")
    return int(text)


def _demand_printable(value: Any) -> None:
    """No control characters, no invisible or direction-changing ones, no lone surrogates, in keys and texts."""
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            if not item.isprintable():
                raise CertificateError(f"the certificate holds a text with unprintable characters: {item!r:.80}")
        elif isinstance(item, dict):
            waiting.extend(item)
            waiting.extend(item.values())
        elif isinstance(item, list):
            waiting.extend(item)
