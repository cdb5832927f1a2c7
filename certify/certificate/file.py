"""Certificates as JSON files: schema, digest, exact round trip; files of format 1 are read too."""

import hashlib
import os
import stat
from collections.abc import Mapping
from typing import Any

import msgspec

from certify.certificate.encoding import canonical, decode, encode, input_hash
from certify.certificate.format1 import FORMAT_1, certificate_of_format_1
from certify.certificate.kinds import certificate_of
from certify.certificate.model import Certificate, Claim, Hypothesis, ProofResult, Status
from certify.certificate.parsing import LARGEST_FILE, parse
from certify.certificate.records import check_arithmetic, check_effort, check_software
from certify.certificate.schema import fields, member
from certify.certificate.traced import check_traced
from certify.effort import COSTS
from certify.enclosure import Enclosure
from certify.statements import Sentence, sentence_from_data
from certify.verdict import Verdict
from foundation import CertificateError, InputError, write_atomically
from foundation.errors import type_of

FORMAT = "stabproof-certificate/2"

_FIELDS = {
    "format": str,
    "kind": str,
    "verdict": str,
    "theorem": dict,
    "reason": dict,
    "next_step": dict,
    "claims": list,
    "hypotheses": list,
    "problem": dict,
    "witness": dict,
    "arithmetic": dict,
    "software": dict,
    "effort": dict,
    "traced": dict,
    "input_hash": str,
    "digest": str,
}
_CLAIM = {"name": str, "id": str, "parameters": dict, "enclosure": (dict, type(None))}
_HYPOTHESIS = {"name": str, "id": str, "parameters": dict, "status": str, "reason": dict}
_SENTENCE = {"id": str, "parameters": dict}
# Words without an identifier: what they say is found again by the check, and never read from a file.
_WORDS = {"id": "", "parameters": {}}


def write_certificate(certificate: Certificate, path: str | os.PathLike[str]) -> None:
    """Write `certificate` to `path` as JSON, whole or not at all."""
    write_atomically(path, to_bytes(certificate))


def read_certificate(path: str | os.PathLike[str]) -> Certificate:
    """The certificate in the file, validated but not re-proved.

    Raises `InputError` when the file cannot be read, `CertificateError` when it is not a whole certificate.
    """
    if not isinstance(path, str | os.PathLike):
        raise InputError(f"a certificate is read from a path, but got {type_of(path)}; pass the file's name")
    try:
        with open(path, "rb") as stream:
            kind = os.fstat(stream.fileno()).st_mode
            if not (stat.S_ISREG(kind) or stat.S_ISFIFO(kind)):
                raise InputError(f"cannot read the certificate {os.fspath(path)}: it is not a file")
            data = stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, InputError):
            raise
        why = getattr(error, "strerror", None) or str(error)
        raise InputError(f"cannot read the certificate {os.fspath(path)!r}: {why}") from None
    return from_bytes(data)


def to_bytes(certificate: Certificate) -> bytes:
    """The file's content: indented JSON whose `digest` is the SHA-256 of all its other fields."""
    record = _record(certificate)
    record["digest"] = _digest(record)
    return msgspec.json.format(msgspec.json.encode(record), indent=1) + b"\n"


def from_bytes(data: bytes) -> Certificate:
    """The certificate of a file's content; raises `CertificateError` naming what is malformed."""
    plain = parse(data)
    version = plain.get("format")
    if version not in (FORMAT, FORMAT_1):
        raise CertificateError(
            f"this is not a stabproof certificate that this version reads: its format is {version!r:.80}, and known "
            f"are {FORMAT!r} and {FORMAT_1!r}"
        )
    if _digest(plain) != plain.get("digest"):
        raise CertificateError("the certificate was changed after it was written: its digest does not match")
    certificate = _certificate(plain) if version == FORMAT else certificate_of_format_1(plain)
    if input_hash(certificate.problem) != plain["input_hash"]:
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
        "verdict": outcome.verdict.name,
        "theorem": _written(outcome.theorem),
        "reason": _written(outcome.reason),
        "next_step": _written(outcome.next_step),
        "claims": [{"name": c.name, **_written(c.statement), "enclosure": encode(c.enclosure)} for c in outcome.claims],
        "hypotheses": [
            {"name": h.name, **_written(h.statement), "status": h.status.name, "reason": _written(h.reason)}
            for h in outcome.hypotheses
        ],
        "problem": encode(certificate.problem),
        "witness": encode(certificate.witness),
        "arithmetic": encode(certificate.arithmetic),
        "software": encode(certificate.software),
        "effort": encode(certificate.effort),
        "traced": encode(certificate.traced),
        "input_hash": certificate.input_hash,
    }


def _written(text: str) -> dict[str, Any]:
    """The identifier and the parameters of a sentence; nothing where there is none."""
    if isinstance(text, Sentence):
        return {"id": text.id, "parameters": encode(text.stored())}
    return dict(_WORDS) if text else {}


def _certificate(plain: dict[str, Any]) -> Certificate:
    record = fields(plain, _FIELDS, "the certificate")
    trees = {
        name: decode(record[name]) for name in ("problem", "witness", "arithmetic", "software", "effort", "traced")
    }
    check_arithmetic(trees["arithmetic"])
    check_software(trees["software"])
    check_effort(trees["effort"], COSTS)
    check_traced(trees["traced"], trees["problem"])
    outcome = ProofResult(
        member(Verdict, record["verdict"], "verdict"),
        _sentence(record["theorem"], "theorem"),
        tuple(_claim(entry) for entry in record["claims"]),
        tuple(_hypothesis(entry) for entry in record["hypotheses"]),
        _sentence(record["reason"], "reason"),
        _sentence(record["next_step"], "next step"),
    )
    certificate: Certificate = certificate_of(record["kind"], outcome=outcome, **trees)
    return certificate


def _sentence(entry: Mapping[str, Any], role: str) -> str:
    """A sentence, or a blank for words that have no identifier, or nothing."""
    if not entry:
        return ""
    record = fields(entry, _SENTENCE, f"the {role}")
    if record == _WORDS:
        return " "
    return sentence_from_data(record["id"], decode(record["parameters"]), role)


def _claim(entry: Any) -> Claim:
    record = fields(entry, _CLAIM, "a claim")
    enclosure = decode(record["enclosure"])
    if enclosure is not None and not isinstance(enclosure, Enclosure):
        raise CertificateError(f"the claim {record['name']!r:.80} of the certificate has no readable enclosure")
    statement = _sentence({key: record[key] for key in _SENTENCE}, "claim")
    if not isinstance(statement, Sentence):
        return Claim(record["name"], statement, enclosure)
    template = statement.template
    if record["name"] != template.named(statement.parameters):
        raise CertificateError(f"the claim {record['name']!r:.80} of the certificate has the name of another one")
    return Claim(record["name"], statement, enclosure, template.unit)


def _hypothesis(entry: Any) -> Hypothesis:
    record = fields(entry, _HYPOTHESIS, "a hypothesis")
    statement = _sentence({key: record[key] for key in _SENTENCE}, "hypothesis")
    if isinstance(statement, Sentence) and record["name"] != statement.template.name:
        raise CertificateError(f"the hypothesis {record['name']!r:.80} of the certificate has the name of another one")
    status, why = member(Status, record["status"], "status"), _sentence(record["reason"], "reason")
    return Hypothesis(record["name"], statement, status, why)
