"""The functions behind the fixtures: certificates whose verdicts are counted."""

from typing import Any

from certify.certificate import Certificate
from certify.verdict import Verdict
from stabproof.testing.proving import certified_exponent, certified_minimum
from stabproof.testing.session import active


def counted_minimum(
    problem: Any, optimizer: Any, *, tolerance: float | None = None, budget: float | None = None
) -> Certificate:
    """As `stabproof.certify_minimum`, with the running test's budget and kept certificates."""
    return _counted(certified_minimum(problem, optimizer, tolerance=tolerance, budget=budget))


def counted_exponent(
    matrices: Any, probabilities: Any = None, *, tolerance: float | None = None, budget: float | None = None
) -> Certificate:
    """As `stabproof.lyapunov_exponent`, with the running test's budget and kept certificates."""
    return _counted(certified_exponent(matrices, probabilities, tolerance=tolerance, budget=budget))


def _counted(certificate: Certificate) -> Certificate:
    active().tally["undecided" if certificate.verdict is Verdict.UNDECIDED else "proved"] += 1
    return certificate
