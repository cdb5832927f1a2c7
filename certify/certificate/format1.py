"""Files of format 1: their words are left aside, and what they prove is proved again.

Format 1 stored English: title, statements, reasons, theorem. None of it is read. Names, numbers, statuses and the
verdict are, and a checker demands that the data prove them; what it then shows is what it found itself.
"""

from typing import Any

from certify.certificate.encoding import decode
from certify.certificate.kinds import certificate_of
from certify.certificate.model import Certificate, Claim, Hypothesis, ProofResult, Status
from certify.certificate.records import check_arithmetic, check_software
from certify.certificate.schema import fields, member
from certify.enclosure import Enclosure
from certify.verdict import Verdict
from foundation import CertificateError

FORMAT_1 = "stabproof-certificate/1"

_FIELDS = {
    **dict.fromkeys(("format", "kind", "title", "verdict", "theorem", "reason", "next_step"), str),
    "claims": list,
    "hypotheses": list,
    **dict.fromkeys(("problem", "witness", "arithmetic", "software", "attachments"), dict),
    "input_hash": str,
    "digest": str,
}
_CLAIM = {"name": str, "statement": str, "enclosure": (dict, type(None)), "unit": str}
_HYPOTHESIS = {"name": str, "statement": str, "status": str, "reason": str}


def certificate_of_format_1(plain: dict[str, Any]) -> Certificate:
    """The certificate without its words; raises `CertificateError` where the file is malformed."""
    record = fields(plain, _FIELDS, "the certificate")
    trees = {name: decode(record[name], shows_digits=True) for name in ("problem", "witness", "arithmetic", "software")}
    check_arithmetic(trees["arithmetic"])
    check_software(trees["software"])
    outcome = ProofResult(
        member(Verdict, record["verdict"], "verdict"),
        "",
        tuple(_claim(entry) for entry in record["claims"]),
        tuple(_hypothesis(entry) for entry in record["hypotheses"]),
    )
    certificate: Certificate = certificate_of(record["kind"], outcome=outcome, format=1, **trees)
    return certificate


def _claim(entry: Any) -> Claim:
    record = fields(entry, _CLAIM, "a claim")
    enclosure = decode(record["enclosure"], shows_digits=True)
    if enclosure is not None and not isinstance(enclosure, Enclosure):
        raise CertificateError(f"the claim {record['name']!r:.80} of the certificate has no readable enclosure")
    return Claim(record["name"], "", enclosure)


def _hypothesis(entry: Any) -> Hypothesis:
    record = fields(entry, _HYPOTHESIS, "a hypothesis")
    return Hypothesis(record["name"], "", member(Status, record["status"], "status"))
