"""Immediate upper bounds: one letter in an adapted norm; SGD with a small learning rate contracts."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.elementary import log1p
from certify.enclosure import Enclosure
from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues
from certify.lyapunov import words
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.logarithms import log_lower, log_upper
from certify.lyapunov.sgd_family import SGDFamily


def admits(family: Any) -> str | None:
    """None: the bound exists for every family of matrices and for SGD."""
    return None if isinstance(family, SGDFamily) else words.admits(family)


def prove(family: Family | SGDFamily, witness: Witness) -> Enclosure:
    """lambda <= sum_i p_i log |A_i|_P for matrices; `sgd_contraction` and `full_batch` for SGD; nats per step."""
    if isinstance(family, SGDFamily):
        return full_batch(family) if family.batch_size == family.examples else sgd_contraction(family)
    return words.prove(family, witness)


def full_batch(family: SGDFamily) -> Enclosure:
    """lambda = log max |1 - (eta/N) k| over the eigenvalues k of K: gradient descent (B = N), from both sides."""
    smallest, largest = extreme_eigenvalues(family.gram)
    ends = Ball.from_bounds([smallest.lower, largest.lower], [smallest.upper, largest.upper])
    multipliers = abs(Ball.exact(1.0) - family.step * ends)
    low, high = float(multipliers.lower.max()), float(multipliers.upper.max())
    return Enclosure(float(log_lower(np.asarray(max(low, 0.0)))), float(log_upper(np.asarray(high))))


def sgd_contraction(family: SGDFamily) -> Enclosure:
    """lambda <= (1/2) log(1 - (eta/N) (2 - eta beta) kappa), where kappa <= lambda_min(K) and
    beta = ((B-1) lambda_max(K) + (N-B) max_i lambda_max(K_[ii])) / (B (N-1)); infinite unless K > 0.

    Proof. In the norm P = K the mean of A_S^T K A_S is K - K (2 (eta/N) I - c^2 E[E_S K E_S]) K with c = eta/B and
    E[E_S K E_S] = (B/N) ((B-1)/(N-1) K + (N-B)/(N-1) diag K_[ii]) <= (B^2/N) beta I, so it is at most
    K - (eta/N) (2 - eta beta) K^2, and K^2 >= kappa K when eta beta <= 2; otherwise K^2 <= lambda_max(K) K.
    For B = 1: eta max K_ii < 2 and K > 0 imply lambda < 0.
    """
    smallest, largest = extreme_eigenvalues(family.gram)
    if smallest.lower <= 0 or not np.isfinite(largest.upper):
        return Enclosure(-np.inf, np.inf)
    factor = Ball.exact(2.0) - family.learning_rate * Ball.exact(noise_bound(family, largest.upper))
    kappa = Ball.exact(smallest.lower if float(factor.lower) >= 0 else largest.upper)
    decrease = Ball.exact(float(factor.lower)) * kappa * family.learning_rate / float(family.examples)
    # the mean of A^T K A is semidefinite, so a true decrease never exceeds one
    bounded = min(float(decrease.lower), 1.0 - 2.0**-30)
    return Enclosure(-np.inf, float((log1p(Ball.exact(-bounded)) * 0.5).upper))


def noise_bound(family: SGDFamily, largest: float) -> float:
    """An upper bound of beta above, from an upper bound of lambda_max(K)."""
    n, b = float(family.examples), float(family.batch_size)
    blocks = max(extreme_eigenvalues(family.block(i))[1].upper for i in range(family.examples))
    if family.examples == 1:
        return float(blocks)
    mixture = Ball.exact(b - 1.0) * largest + Ball.exact(n - b) * min(blocks, largest)
    return float((mixture / (Ball.exact(b) * (n - 1.0))).upper)
