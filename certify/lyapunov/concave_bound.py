"""Upper bound in any dimension from one verified eigenvalue: a quadratic form and a scale for each matrix."""

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.arithmetic.elementary import log
from certify.enclosure import Enclosure
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.logarithms import log_upper
from certify.lyapunov.pencil import pencil_upper
from foundation import CertificateError

_ENTRIES = 6_000_000


def admits(family: Family) -> str | None:
    """None, or why the family is too large for this engine."""
    size = family.matrices.size
    return None if size <= _ENTRIES else f"{size} matrix entries are more than {_ENTRIES}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """lambda <= (1/2) (sum_i p_i log t_i + log mu), nats per step, whenever sum_i (p_i / t_i) A_i^T P A_i <= mu P."""
    upper = concave_upper(family.matrices, family.probabilities, witness["metric"], witness["scales"])
    return Enclosure(-np.inf, upper)


def concave_upper(matrices: Ball, probabilities: Ball, metric: np.ndarray, scales: np.ndarray) -> float:
    """An upper bound of the exponent of independent `matrices` (k, d, d) with `probabilities` (k,).

    Proof. Let s_i(v) = |A_i v|_P^2 / |v|_P^2. By Furstenberg's argument lambda <= (1/2) sup_v sum_i p_i log s_i(v).
    For any t_i > 0, sum_i p_i log s_i = sum_i p_i log t_i + sum_i p_i log(s_i / t_i), and by Jensen's inequality the
    last sum is at most log sum_i p_i s_i / t_i <= log mu, with mu the largest eigenvalue of the pencil (sum_i (p_i /
    t_i) A_i^T P A_i, P). The choice t_i = <A_i^T P A_i, X0> gives the tangent of the concave function X -> (1/2) E
    log <A^T P A, X> at X0; t = 1 gives the second moment. Valid for singular A_i and for every family inside the balls.
    """
    metric, scales = read_metric(metric, matrices.shape[-1]), read_scales(scales, matrices.shape[0])
    form = Ball.exact(metric)
    images = matmul(matrices.map(lambda x: np.swapaxes(x, -1, -2)), matmul(form, matrices))
    weights = (probabilities / Ball.exact(scales)).reshape(-1, 1, 1)
    largest = pencil_upper((weights * images).sum(axis=0), form)
    if largest == np.inf:
        return np.inf
    if largest <= 0:
        return -np.inf
    logarithms = log(Ball.exact(scales))
    total = (probabilities * logarithms).sum() + Ball.exact(log_upper(np.asarray(largest)))
    return float((total * 0.5).upper)


def read_metric(value: object, dimension: int) -> np.ndarray:
    """`value` as an exactly symmetric finite matrix; raises `CertificateError` otherwise."""
    metric = np.asarray(value, np.float64)
    if metric.shape != (dimension, dimension) or not np.isfinite(metric).all() or not np.array_equal(metric, metric.T):
        raise CertificateError(f"the metric must be a symmetric finite matrix of size {dimension}")
    return metric


def read_scales(value: object, count: int) -> np.ndarray:
    """`value` as positive numbers within [1e-280, 1e280]; raises `CertificateError` otherwise."""
    scales = np.asarray(value, np.float64)
    if scales.shape != (count,) or not ((scales >= 1e-280) & (scales <= 1e280)).all():
        raise CertificateError(f"the witness needs {count} scales between 1e-280 and 1e280")
    return scales
