"""Mean-square growth: Lambda(2) = lim (1/n) log E |A_n ... A_1|^2 = log rho(E A (x) A), proved from both sides."""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.enclosure import Enclosure
from certify.linear_algebra.spectral_radius import spectral_radius
from certify.lyapunov.concave_bound import admits, read_metric
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.pencil import pencil_bounds
from certify.verdict import Verdict

__all__ = ["admits", "mean_square_verdict", "metric_growth", "prove", "prove_second_moment"]

_LARGEST_SQUARE = 12
_MOST_ENTRIES = 2_000_000


def prove(family: Family, witness: Witness) -> Enclosure:
    """lambda <= Lambda(2) / 2 (Jensen's inequality), nats per step."""
    return Enclosure(-np.inf, prove_second_moment(family, witness).upper / 2)


def prove_second_moment(family: Family, witness: Witness) -> Enclosure:
    """Lambda(2) from the witness's metric, and for d <= 12 also as log rho(E A (x) A) from the eigenvalues.

    These are sharp for reducible families, too, where the metric that would be best is singular.
    """
    growth = metric_growth(family, witness)
    if family.dimension > _LARGEST_SQUARE or family.count * family.dimension**4 > _MOST_ENTRIES:
        return growth
    radius = spectral_radius(_mean_square(family))
    logs = log_lower(np.asarray(radius.lower)), log_upper(np.asarray(radius.upper))
    return growth.intersect(Enclosure(float(logs[0]), float(logs[1])))


def metric_growth(family: Family, witness: Witness) -> Enclosure:
    """Lambda(2) lies between log a and log b when a P <= E A^T P A <= b P with P > 0.

    T(P) = E A^T P A preserves the cone of semidefinite matrices, so T^n(P) <= b^n P and T^n(P) >= a^n P, while
    |A_n ... A_1|^2 is, up to constants, the trace of (A_n ... A_1)^T P (A_n ... A_1) [Collatz-Wielandt on a cone].
    """
    metric = Ball.exact(read_metric(witness["metric"], family.dimension))
    images = matmul(family.matrices.map(lambda x: np.swapaxes(x, -1, -2)), matmul(metric, family.matrices))
    low, high = pencil_bounds(family.expectation(images), metric)
    return Enclosure(float(log_lower(np.maximum(low, 0.0))), float(log_upper(np.maximum(high, 0.0))))


def _mean_square(family: Family) -> Ball:
    """E A (x) A, (d^2, d^2)."""
    a, d = family.matrices, family.dimension
    products = a.reshape((family.count, d, 1, d, 1)) * a.reshape((family.count, 1, d, 1, d))
    return family.expectation(products).reshape((d * d, d * d))


def mean_square_verdict(exponent: Enclosure) -> Verdict:
    """STABLE when Lambda(2) < 0 is proved, UNSTABLE when Lambda(2) > 0 is, otherwise UNDECIDED."""
    if exponent.is_below(0.0):
        return Verdict.STABLE
    return Verdict.UNSTABLE if exponent.is_above(0.0) else Verdict.UNDECIDED
