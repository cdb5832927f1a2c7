"""A certificate in a few lines: what was proved, how the hypotheses stand, what to do next."""

import math
from fractions import Fraction
from typing import TYPE_CHECKING

from certify.digits import at_most
from foundation import Summary

if TYPE_CHECKING:
    from certify.certificate.model import Certificate, Claim

_MOST_CLAIMS = 8


def claim_digits(certificate: "Certificate", claim: "Claim") -> str:
    """The claim's proved number as it is printed everywhere, with its unit: see `certify.digits`."""
    enclosure = claim.enclosure
    if enclosure is None:
        return "proved"
    if enclosure.lower == 0 < enclosure.upper < math.inf and _is_distance(claim):
        return f"at most {at_most(enclosure.upper)} {claim.unit}".strip()
    return f"{enclosure.digits(*_against(certificate, claim))} {claim.unit}".strip()


def certificate_summary(certificate: "Certificate") -> Summary:
    """The verdict, the first claims, the hypotheses by their status, and for an open question the next step."""
    claims = certificate.claims
    rows = [(claim.name.replace("_", " "), claim_digits(certificate, claim)) for claim in claims[:_MOST_CLAIMS]]
    if len(claims) > _MOST_CLAIMS:
        rows.append(("", f"and {len(claims) - _MOST_CLAIMS} more claims in .claims"))
    rows += _hypotheses(certificate)
    rows += [("reason", certificate.reason)] if certificate.reason else []
    rows += [("what to try next", certificate.next_step)] if certificate.next_step else []
    return Summary(certificate.title, certificate.verdict.name, tuple(rows))


def _hypotheses(certificate: "Certificate") -> list[tuple[str, str]]:
    """One row for each status, with the names of the hypotheses that have it."""
    by_status: dict[str, list[str]] = {}
    for hypothesis in certificate.hypotheses:
        by_status.setdefault(hypothesis.status.value, []).append(hypothesis.name)
    return [(f"hypotheses {status}", ", ".join(dict.fromkeys(names))) for status, names in by_status.items()]


def _is_distance(claim: "Claim") -> bool:
    """A radius around a point, not that of a spectrum: where only an upper bound is known, it alone is told."""
    return claim.name in ("existence_radius", "radius") or claim.name.startswith(("equilibrium_", "critical_point_"))


def _against(certificate: "Certificate", claim: "Claim") -> tuple[float | Fraction, ...]:
    """The numbers with which the claim's comparison decides the verdict, where they are none of -1, 0, 1."""
    settings = certificate.problem.get("optimizer")
    rate = settings.get("learning_rate") if isinstance(settings, dict) else None
    if not isinstance(rate, float | Fraction):
        return ()
    if claim.name == "critical_learning_rate":
        return (rate,)
    if claim.name == "sharpness" and isinstance(settings, dict) and settings.get("name") == "gradient-descent":
        return (2 / Fraction(rate),) if rate else ()
    return ()
