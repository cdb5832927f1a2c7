"""Certificates as JSON files: schema, digest, exact round trip."""

import hashlib
import os
from typing import Any

import msgspec

from certify.certificate.encoding import canonical, decode, encode, input_hash
from certify.certificate.model import Certificate, Claim, Hypothesis, Outcome, Status
from certify.enclosure import Enclosure
from certify.verdict import Verdict
from foundation import CertificateError, InputError, write_whole

FORMAT = "stabproof-certificate/1"


class ClaimRecord(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    statement: str
    enclosure: dict[str, Any] | None
    unit: str


class HypothesisRecord(msgspec.Struct, forbid_unknown_fields=True):
    name: str
    statement: str
    status: str
    reason: str


class CertificateRecord(msgspec.Struct, forbid_unknown_fields=True):
    """The schema of the file: every field is required, unknown fields are refused."""

    format: str
    kind: str
    title: str
    verdict: str
    theorem: str
    reason: str
    next_step: str
    claims: list[ClaimRecord]
    hypotheses: list[HypothesisRecord]
    problem: dict[str, Any]
    witness: dict[str, Any]
    arithmetic: dict[str, Any]
    software: dict[str, Any]
    attachments: dict[str, Any]
    input_hash: str
    digest: str


def write_certificate(certificate: Certificate, path: str | os.PathLike[str]) -> None:
    """Write `certificate` to `path` as JSON, whole or not at all."""
    write_whole(path, to_bytes(certificate))


def read_certificate(path: str | os.PathLike[str]) -> Certificate:
    """The certificate in the file, validated but not re-proved.

    Raises `InputError` when the file cannot be read, `CertificateError` when it is not a whole certificate.
    """
    try:
        with open(path, "rb") as stream:
            data = stream.read()
    except OSError as error:
        raise InputError(f"cannot read the certificate {os.fspath(path)}: {error.strerror}") from None
    return from_bytes(data)


def to_bytes(certificate: Certificate) -> bytes:
    """The file's content: indented JSON whose `digest` is the SHA-256 of all its other fields."""
    record = _record(certificate)
    record["digest"] = _digest(record)
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def from_bytes(data: bytes) -> Certificate:
    """The certificate of a file's content; raises `CertificateError` naming what is defective."""
    try:
        plain = msgspec.json.decode(data)
        record = msgspec.convert(plain, CertificateRecord)
    except (msgspec.DecodeError, msgspec.ValidationError, RecursionError, UnicodeDecodeError) as error:
        raise CertificateError(f"this is not a stabproof certificate: {error}") from None
    if record.format != FORMAT:
        raise CertificateError(f"the certificate has format {record.format!r}; this version reads {FORMAT!r}")
    if _digest(plain) != record.digest:
        raise CertificateError("the certificate was changed after it was written: its digest does not match")
    certificate = _certificate(record)
    if input_hash(certificate.problem) != record.input_hash:
        raise CertificateError("the certificate's input hash does not match its problem")
    return certificate


def _digest(record: dict[str, Any]) -> str:
    body = {key: value for key, value in record.items() if key != "digest"}
    try:
        return hashlib.sha256(canonical(body)).hexdigest()
    except ValueError as error:
        raise CertificateError(f"the certificate cannot be brought into canonical form: {error}") from None


def _record(certificate: Certificate) -> dict[str, Any]:
    outcome = certificate.outcome
    return {
        "format": FORMAT,
        "kind": certificate.kind,
        "title": certificate.title,
        "verdict": outcome.verdict.name,
        "theorem": outcome.theorem,
        "reason": outcome.reason,
        "next_step": outcome.next_step,
        "claims": [
            {"name": c.name, "statement": c.statement, "enclosure": encode(c.enclosure), "unit": c.unit}
            for c in outcome.claims
        ],
        "hypotheses": [
            {"name": h.name, "statement": h.statement, "status": h.status.name, "reason": h.reason}
            for h in outcome.hypotheses
        ],
        "problem": encode(certificate.problem),
        "witness": encode(certificate.witness),
        "arithmetic": encode(certificate.arithmetic),
        "software": encode(certificate.software),
        "attachments": encode(certificate.attachments),
        "input_hash": certificate.input_hash,
    }


def _certificate(record: CertificateRecord) -> Certificate:
    outcome = Outcome(
        verdict=_member(Verdict, record.verdict, "verdict"),
        theorem=record.theorem,
        claims=tuple(_claim(claim) for claim in record.claims),
        hypotheses=tuple(
            Hypothesis(h.name, h.statement, _member(Status, h.status, "status"), h.reason) for h in record.hypotheses
        ),
        reason=record.reason,
        next_step=record.next_step,
    )
    trees = {name: decode(getattr(record, name)) for name in _TREES}
    return Certificate(kind=record.kind, title=record.title, outcome=outcome, **trees)


_TREES = ("problem", "witness", "arithmetic", "software", "attachments")


def _claim(record: ClaimRecord) -> Claim:
    enclosure = decode(record.enclosure)
    if enclosure is not None and not isinstance(enclosure, Enclosure):
        raise CertificateError(f"the claim {record.name!r} of the certificate has no readable enclosure")
    return Claim(record.name, record.statement, enclosure, record.unit)


def _member(kind: Any, name: str, what: str) -> Any:
    if name not in kind.__members__:
        raise CertificateError(f"the certificate has the unknown {what} {name!r}")
    return kind[name]
