"""What a report says first of a certificate: its numbers, and which hypotheses are proved and which are not."""

from certify.certificate import Certificate, Status
from certify.certificate.summary import claim_digits

# the numbers that decide, and then how near the proved point is
_FIRST = (
    *("sharpness", "critical_learning_rate", "spectral_radius", "spectral_abscissa", "lyapunov_exponent", "period"),
    *("existence_radius", "radius"),
)
_MOST = 3
_OPEN = (Status.ASSUMED, Status.UNDECIDED, Status.REFUTED)


def numbers_of(certificate: Certificate) -> str:
    """The three proved numbers that decide most, with their names; empty where the kind has others."""
    claims = {claim.name: claim for claim in certificate.claims if claim.enclosure is not None}
    names = [name for name in _FIRST if name in claims]
    told = [f"{name.replace('_', ' ')} {claim_digits(certificate, claims[name])}" for name in names]
    return "; ".join(told[:_MOST])


def ground_of(certificate: Certificate) -> str:
    """How many hypotheses are proved, and the names of those that are assumed, open or refuted."""
    if not certificate.hypotheses:
        return ""
    proved = sum(hypothesis.status is Status.PROVED for hypothesis in certificate.hypotheses)
    parts = [f"{proved} proved"]
    for status in _OPEN:
        names = [hypothesis.name for hypothesis in certificate.hypotheses if hypothesis.status is status]
        if names:
            parts.append(f"{status.value}: {', '.join(dict.fromkeys(names))}")
    return "; ".join(parts) + ("" if len(parts) > 1 else "; none assumed")
