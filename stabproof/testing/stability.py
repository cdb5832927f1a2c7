"""What a minimum's certificate says about the verdict that a test wanted."""

import math
from fractions import Fraction

from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.verdict import Verdict
from stabproof.testing.failures import rounded_down, rounded_up, strictly_above, strictly_below


def stability_enclosure(certificate: Certificate) -> str:
    """The number that decides and its enclosure, as text; empty when nothing was enclosed."""
    name, number, _ = _deciding(certificate)
    unit = " nats per step" if name == "Lyapunov exponent" else ""
    return f"{name} = {number}{unit}" if number is not None else ""


def missing_margin(certificate: Certificate, wanted: Verdict) -> str:
    """How far the deciding bound is from proving `wanted`."""
    name, number, threshold = _deciding(certificate)
    if number is None:
        return "no exact minimum is proved, so that there is nothing to bound"
    stable, contrary = wanted is Verdict.STABLE, certificate.verdict not in (wanted, Verdict.UNDECIDED)
    bound = number.lower if stable is contrary else number.upper
    distance = abs(Fraction(bound) - Fraction(threshold)) if math.isfinite(bound) else math.inf
    direction = "fall below" if stable else "rise above"
    if contrary:
        return f"the {name} must {direction} {threshold:g}, by at least {rounded_down(distance)}"
    return f"the bound {bound:.6g} of the {name} must {direction} {threshold:g}, by {rounded_up(distance)}"


def stability_remedy(certificate: Certificate, wanted: Verdict) -> str:
    """The learning rate that would do, where the certificate knows a threshold."""
    critical, rate = certificate.critical_learning_rate, certificate.problem.get("optimizer", {}).get("learning_rate")
    if critical is None:
        return "another learning rate or batch size"
    if wanted is Verdict.STABLE:
        return f"a learning rate below {strictly_below(critical.lower)} instead of {float(rate):g}"
    return f"a learning rate above {strictly_above(critical.upper)} instead of {float(rate):g}"


def _deciding(certificate: Certificate) -> tuple[str, Enclosure | None, float]:
    if certificate.lyapunov_exponent is not None:
        return "Lyapunov exponent", certificate.lyapunov_exponent, 0.0
    return "spectral radius", certificate.spectral_radius, 1.0
