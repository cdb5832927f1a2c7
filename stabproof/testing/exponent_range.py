"""The search for an exponent enclosure that decides whether the exponent lies in an interval."""

import math
import time
from typing import Any

from certify.certificate import Certificate
from certify.lyapunov.families.family import Family, matrix_family
from foundation import positive_number
from search.lyapunov.driver import DEFAULT_BUDGET
from stabproof.testing.exact_value import ExactReal, compare, exact_real
from stabproof.testing.proving import certified_exponent
from stabproof.testing.session import active

_SHRINK = 32.0
_SMALLEST = 1e-14


def exponent_certificate(
    matrices: Any, probabilities: Any, lower: ExactReal, upper: ExactReal, budget: float | None
) -> Certificate:
    """The first certificate that is inside [lower, upper] or outside it, or the sharpest one within the budget.

    The tolerance falls geometrically, so that a wide interval is not paid for with a sharp proof.
    """
    family = matrices if isinstance(matrices, Family) else matrix_family(matrices, probabilities)
    seconds = active().seconds(budget)
    deadline = time.monotonic() + positive_number(DEFAULT_BUDGET if seconds is None else seconds, "budget")
    tolerance = _first_tolerance(lower, upper)
    while True:
        certificate = certified_exponent(
            family,
            tolerance=tolerance,
            budget=max(deadline - time.monotonic(), 1e-3),
            sufficient=lambda found: _decides(found, lower, upper),
        )
        if _decides(certificate, lower, upper) or time.monotonic() >= deadline:
            return certificate
        width = certificate.enclosure.width
        if tolerance is not None and not width <= 2 * tolerance:
            return certificate
        tolerance = min(width, 1.0 if tolerance is None else tolerance) / _SHRINK
        if tolerance < _SMALLEST:
            return certificate


def _first_tolerance(lower: ExactReal, upper: ExactReal) -> float | None:
    """Half the interval; None, the sign only, when a side is open."""
    width = float(upper) - float(lower)
    return width / 2 if math.isfinite(width) and width > 0 else None


def _decides(certificate: Certificate, lower: ExactReal, upper: ExactReal) -> bool:
    found = certificate.enclosure
    low, high = exact_real(found.lower, "lower"), exact_real(found.upper, "upper")
    inside = compare(lower, low) in (0, -1) and compare(upper, high) in (0, 1)
    return inside or compare(upper, low) == -1 or compare(lower, high) == 1
