"""Which fields a record of a file has, and of which types: neither more nor less."""

from collections.abc import Mapping
from enum import Enum
from typing import Any, TypeVar

from foundation import CertificateError

Member = TypeVar("Member", bound=Enum)


def fields(value: Any, types: Mapping[str, Any], what: str) -> dict[str, Any]:
    """The record, when it has exactly these fields of these types; raises `CertificateError` otherwise."""
    if not isinstance(value, dict):
        raise CertificateError(f"{what} of the file is not a record, but of type {type(value).__name__}")
    missing, unknown = sorted(set(types) - set(value)), sorted(set(value) - set(types))
    if missing or unknown:
        wrong = f"lacks the field {missing[0]!r}" if missing else f"has the unknown field {unknown[0]!r:.80}"
        raise CertificateError(f"{what} of the file {wrong}")
    for name, kind in types.items():
        if not isinstance(value[name], kind) or isinstance(value[name], bool):
            raise CertificateError(f"{what} of the file has the field {name!r} of type {type(value[name]).__name__}")
    return value


def member(kind: type[Member], name: str, what: str) -> Member:
    """The member of the enumeration; raises `CertificateError` when it has none of that name."""
    if name not in kind.__members__:
        raise CertificateError(f"the certificate has the unknown {what} {name!r:.80}")
    return kind[name]
