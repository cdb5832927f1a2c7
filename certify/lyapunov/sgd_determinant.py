"""Lower bound for SGD: the exponents sum to the mean of log |det(I_B - (eta/B) K_SS)|."""

import math
from itertools import combinations
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.determinant import ball_determinant
from certify.lyapunov.family import Witness
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.sgd_family import SGDFamily

_BATCHES = 20_000


def applies(family: Any) -> str | None:
    """None, or why the determinants are out of reach: there are C(N, B) of them."""
    if not isinstance(family, SGDFamily):
        return "the family is not given by a Gram matrix"
    count = math.comb(family.examples, family.batch_size)
    return None if count <= _BATCHES else f"there are {count} batches, more than {_BATCHES}"


def propose(family: SGDFamily, effort: int, deadline: float) -> Witness:
    """Nothing needs to be found."""
    return {}


def prove(family: SGDFamily, witness: Witness) -> Enclosure:
    """lambda >= (1/n) E log |det(I - (eta/B) K_SS)|, n = N q, nats per step.

    det A_S = det(I - (eta/B) E_S K) = det(I_S - (eta/B) K_SS), because E_S K is block triangular over S and its
    complement. For B = q = 1 this is the mean of log |1 - eta K_ii|.
    """
    lower = exponent_sum(family).lower
    if np.isfinite(lower):
        lower = float((Ball.exact(lower) / float(family.dimension)).lower)
    return Enclosure(lower, np.inf)


def exponent_sum(family: SGDFamily) -> Enclosure:
    """The sum of all N q exponents, proved, nats per step."""
    determinants = _determinants(family)
    count = float(len(determinants))
    low, high = log_lower(determinants.mignitude), log_upper(determinants.magnitude)
    return Enclosure(_mean(low, count, lower=True), _mean(high, count, lower=False))


def _mean(values: np.ndarray, count: float, lower: bool) -> float:
    if np.any(np.isneginf(values)):
        return -np.inf
    total = Ball.exact(values).sum() / count
    return float(total.lower if lower else total.upper)


def _determinants(family: SGDFamily) -> Ball:
    if family.batch_size == 1 and family.outputs == 1:
        gram = family.gram
        determinants = Ball.exact(1.0) - family.step * Ball(np.diagonal(gram.mid), np.diagonal(gram.rad))
        return _without_exact_zeros(family, determinants)
    size, q = family.batch_size * family.outputs, family.outputs
    scaled = family.step * family.gram
    bounds = []
    for batch in combinations(range(family.examples), family.batch_size):
        rows = np.concatenate([np.arange(i * q, (i + 1) * q) for i in batch])
        bounds.append(ball_determinant(Ball.exact(np.eye(size)) - scaled[np.ix_(rows, rows)]))
    return Ball.from_bounds(*np.array(bounds).T)


def _without_exact_zeros(family: SGDFamily, determinants: Ball) -> Ball:
    """1 - eta K_ii from the exact data where there are any, so that an exact zero is one."""
    if family.exact is None:
        return determinants
    gram, rate = family.exact
    zero = np.array([rate * gram[i, i] == 1 for i in range(family.dimension)])
    return Ball(np.where(zero, 0.0, determinants.mid), np.where(zero, 0.0, determinants.rad))
