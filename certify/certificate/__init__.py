"""Certificates: what was proved, on which ground, with the witness that lets anybody repeat it."""

from certify.certificate.checker import check
from certify.certificate.file import from_bytes, read_certificate, to_bytes, write_certificate
from certify.certificate.issue import issue, issue_all
from certify.certificate.kinds import EquilibriumCertificate, ExponentCertificate, MinimumCertificate, RatesCertificate
from certify.certificate.model import Certificate, Claim, Hypothesis, ProofResult, Status, claim, hypothesis

__all__ = [
    "Certificate",
    "Claim",
    "EquilibriumCertificate",
    "ExponentCertificate",
    "Hypothesis",
    "MinimumCertificate",
    "ProofResult",
    "RatesCertificate",
    "Status",
    "check",
    "claim",
    "from_bytes",
    "hypothesis",
    "issue",
    "issue_all",
    "read_certificate",
    "to_bytes",
    "write_certificate",
]
