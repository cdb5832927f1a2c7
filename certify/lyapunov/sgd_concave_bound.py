"""The concave bound and the second moment for SGD families: O(N^3) work, whatever the number of batches."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.arithmetic.elementary import log
from certify.enclosure import Enclosure
from certify.linear_algebra.positive_definite import is_positive_definite
from certify.lyapunov.concave_bound import read_metric, read_scales
from certify.lyapunov.family import Witness
from certify.lyapunov.logarithms import log_upper
from certify.lyapunov.pencil import pencil_bounds
from certify.lyapunov.sgd_family import SGDFamily
from certify.lyapunov.sgd_moment import BatchWeights, single_weights, symmetric_ball, uniform_weights, weighted_moment
from certify.verdict import Verdict
from foundation import CertificateError

DENSE = 200
# Relative widenings of mu that are tried in turn where one definiteness test replaces an eigenvalue bound.
WIDENINGS = (0.0, 1e-12, 1e-10, 1e-8, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2)


def admits(family: Any) -> str | None:
    """None for SGD families."""
    return None if isinstance(family, SGDFamily) else "the family is not given by a Gram matrix"


def prove(family: SGDFamily, witness: Witness) -> Enclosure:
    """lambda <= (1/2) (E log t_S + log mu) whenever X > 0 and E (1/t_S) A_S X A_S^T <= mu X; nats per step.

    This is the bound of `concave_bound.concave_upper` for the transposed products, which have the same
    exponent (a product of independent matrices and its reverse have the same law). Scales t depend on the
    example and need batches of one; without scales t = 1, for every batch size.
    """
    form = read_metric(witness["form"], family.dimension)
    scales = witness.get("scales")
    if scales is None:
        weights, mean = uniform_weights(family), Ball.exact(0.0)
    else:
        if family.batch_size > 1:
            raise CertificateError("scales for single examples need batches of one")
        scales = read_scales(scales, family.examples)
        inverse = Ball.exact(1.0) / Ball.exact(scales)
        weights = single_weights(family, inverse.mid)
        # the weights used are the floats w = fl(1/t): the bound is applied with t = 1/w
        mean = -(log(Ball.exact(inverse.mid)).sum() / float(family.examples))
    largest = moment_upper(family, weights, form, float(witness["radius"]))
    if not np.isfinite(largest):
        return Enclosure(-np.inf, np.inf)
    total = mean + Ball.exact(log_upper(np.asarray(largest)))
    return Enclosure(-np.inf, float((total * 0.5).upper))


def moment_upper(family: SGDFamily, weights: BatchWeights, form: np.ndarray, guess: float) -> float:
    """A number mu with T(X) <= mu X and X > 0, proved, for X = `form`; +inf when none is found near `guess`."""
    image = weighted_moment(family, weights, form)
    if family.dimension <= DENSE:
        largest = float(pencil_bounds(image, Ball.exact(form))[1])
        return max(largest, 5e-324)
    if is_positive_definite(form) is not Verdict.PROVED or not 0 < guess < np.inf:
        return np.inf
    for widening in WIDENINGS:
        candidate = guess * (1.0 + widening)
        if is_positive_definite(Ball.exact(form) * candidate - image) is Verdict.PROVED:
            return candidate
    return np.inf


def second_moment_decays(family: SGDFamily, form: np.ndarray) -> bool:
    """Whether K > 0 and D K X + X K D - c W o (K X K) > 0 are proved for X = `form`, c = eta/B: then Lambda(2) < 0.

    Proof. W o (K X K) is semidefinite if X is (Schur), D = (B/N) I, so K X + X K > 0, and with K > 0 also X > 0
    (Lyapunov). X - T(X) = c (D K X + X K D - c W o (K X K)) > 0, hence T(X) <= mu X with mu < 1. The inequality at one
    rate implies it at every smaller one. Unlike mu X - T(X), nothing cancels: K may be nearly singular. QED
    X > 0 itself is tested, because the first step needs it.
    """
    if family.smallest_eigenvalue <= 0 or is_positive_definite(form) is not Verdict.PROVED:
        return False
    weights = uniform_weights(family)
    left = matmul(family.gram, Ball.exact(form))
    drift = weights.single.reshape(-1, 1) * left
    noise = weights.pairs * matmul(left, family.gram) * family.step
    return is_positive_definite(symmetric_ball(drift + drift.T - noise)) is Verdict.PROVED
