"""Lower bound for SGD: the exponents sum to the mean of log |det(I_B - (eta/B) K_SS)|."""

import math
from itertools import combinations
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.elementary import log, log1p
from certify.enclosure import Enclosure
from certify.lyapunov.determinant import ball_determinant
from certify.lyapunov.family import Witness
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.sgd_family import SGDFamily
from certify.lyapunov.time_limit import check_time

_BATCHES = 20_000


def admits(family: Any) -> str | None:
    """None for SGD families."""
    return None if isinstance(family, SGDFamily) else "the family is not given by a Gram matrix"


def prove(family: SGDFamily, witness: Witness) -> Enclosure:
    """lambda >= (1/n) E log |det(I - (eta/B) K_SS)|, n = N q, nats per step.

    det A_S = det(I - (eta/B) E_S K) = det(I_S - (eta/B) K_SS), because E_S K is block triangular over S and its
    complement. For B = q = 1 this is the mean of log |1 - eta K_ii|. Too many batches are bounded together.
    """
    listed = math.comb(family.examples, family.batch_size) <= _BATCHES
    lower = exponent_sum(family).lower if listed else spectral_lower(family)
    if np.isfinite(lower):
        lower = float((Ball.exact(lower) / float(family.dimension)).lower)
    return Enclosure(lower, np.inf)


def exponent_sum(family: SGDFamily) -> Enclosure:
    """The sum of all N q exponents, proved, nats per step."""
    determinants = _determinants(family)
    count = float(len(determinants))
    low, high = log_lower(determinants.mignitude), log_upper(determinants.magnitude)
    return Enclosure(_mean(low, count, lower=True), _mean(high, count, lower=False))


def spectral_lower(family: SGDFamily) -> float:
    """A lower bound of E log |det(c K_SS - I)|, c = eta/B, without any list of batches; -inf unless c lambda_min > 1.

    The n = B q eigenvalues k of K_SS are at least kappa, a lower bound of lambda_min(K) (Cauchy's interlacing). With m
    > 0 near tr K / (N q), a = c/(c m - 1) and y = a (k - m): log(c k - 1) = log(c m - 1) + log(1 + y), and log(1 + y)
    >= y - phi(y_0) y^2 for y >= y_0 = a (kappa - m), because phi(y) = (y - log(1 + y))/y^2 decreases on (-1, inf). Sum
    over k and take the mean over S: E sum (k - m) = (B/N) tr K - n m, and E sum (k - m)^2 = E |K_SS - m I|_F^2 =
    (B/N) sum of the squares in the blocks of single examples + B (B-1)/(N (N-1)) sum of the other squares, of K - m I.
    (Elementary; own derivation.)
    """
    count, batch = float(family.examples), float(family.batch_size)
    centre = float(np.trace(family.gram.mid)) / family.dimension
    kappa, step = family.smallest_eigenvalue, family.step
    if not (float((step * kappa).lower) > 1 and kappa < centre):
        return -np.inf
    slope = step / (step * centre - 1.0)
    least = float((slope * (Ball.exact(kappa) - centre)).lower)
    if not -1 < least < 0:
        return -np.inf
    bend = (Ball.exact(least) - log1p(Ball.exact(least))) / Ball.exact(least).square()
    shifted = family.gram - np.eye(family.dimension) * centre
    squares, same = shifted.square(), family.same_example
    own, other = (squares * same).sum(), (squares * ~same).sum()
    spread = own * (Ball.exact(batch) / count) + other * (Ball.exact(batch * (batch - 1.0)) / (count * (count - 1.0)))
    drift = (shifted * np.eye(family.dimension)).sum() * (Ball.exact(batch) / count)
    rows = batch * float(family.outputs)
    total = log(step * centre - 1.0) * rows + slope * drift - bend * (slope * slope) * spread
    return float(total.lower)


def _mean(values: np.ndarray, count: float, lower: bool) -> float:
    if not np.isfinite(values).all():
        return -np.inf if lower or np.isneginf(values).any() else np.inf
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
        check_time()
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
