"""Lower bound from volumes: the exponents sum to E log |det A|, so lambda >= (1/d) E log |det A|."""

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.arb_family import FLOAT_BITS
from certify.lyapunov.exact_logs import mean_log
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.time_limit import check_time
from foundation.arb_precision import arb_precision

_LARGEST = 64


def admits(family: Family) -> str | None:
    """None, or why the determinants are out of reach."""
    return None if family.dimension <= _LARGEST else f"dimension {family.dimension} is above {_LARGEST}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """lambda >= (1/d) E log |det A|, nats per step; an equality in dimension one.

    log |det| is additive along products and |det M| <= |M|^d. A matrix that may be singular makes the bound -inf.
    """
    exponents = exponent_sum(family)
    if family.dimension == 1:
        return exponents
    lower = exponents.lower
    if np.isfinite(lower):
        lower = float((Ball.exact(lower) / float(family.dimension)).lower)
    return Enclosure(lower, np.inf)


def exponent_sum(family: Family) -> Enclosure:
    """The sum of all Lyapunov exponents E log |det A|, proved, nats per step."""
    if family.exact is not None and family.exact_probabilities is not None:
        check_time()
        return mean_log(list(family.exact_probabilities), [matrix.det() for matrix in family.exact])
    determinants = _determinants(family)
    lower = family.expectation_lower(log_lower(determinants.mignitude))
    return Enclosure(lower, family.expectation_upper(log_upper(determinants.magnitude)))


def _determinants(family: Family) -> Ball:
    """Balls (k,) around the determinants: exact rationals when there are any, otherwise Arb's enclosures."""
    lower, upper = np.empty(family.count), np.empty(family.count)
    for k in range(family.count):
        check_time()
        if family.exact is not None:
            with arb_precision(FLOAT_BITS):
                lower[k], upper[k] = _outward(flint.arb(family.exact[k].det()))
        else:
            lower[k], upper[k] = ball_determinant(family.matrices[k])
    return Ball.from_bounds(lower, upper)


def ball_determinant(matrix: Ball) -> tuple[float, float]:
    """Lower and upper bounds of the determinants of all matrices (d, d) in the ball; infinite when Arb finds none."""
    with arb_precision(FLOAT_BITS):
        return _outward(_arb_matrix(matrix).det())


def _arb_matrix(matrix: Ball) -> flint.arb_mat:
    rows = zip(matrix.mid, matrix.rad, strict=True)
    return flint.arb_mat([[flint.arb(float(m), float(r)) for m, r in zip(*row, strict=True)] for row in rows])


def _outward(value: flint.arb) -> tuple[float, float]:
    """Floats below and above an Arb ball."""
    if value.is_zero():
        return 0.0, 0.0
    if not value.is_finite():
        return -np.inf, np.inf
    low, high = float(value.lower()), float(value.upper())
    return float(np.nextafter(low, -np.inf)), float(np.nextafter(high, np.inf))
