"""The search for a metric and scales that nearly minimise Jensen's bound."""

import numpy as np

from certify.lyapunov.family import Family, Witness
from search.lyapunov.weighted_moment import best_weights


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The metric P (d, d) and the scales t (k,) that nearly minimise the bound (an estimate)."""
    steps = 0 if effort < 0 else 30 * 2**effort
    metric, scales = best_weights(family.matrices.mid, family.probabilities.mid, deadline, steps)
    return {"metric": positive_metric(metric), "scales": scales}


def positive_metric(metric: np.ndarray, floor: float = 1e-7) -> np.ndarray:
    """A symmetric matrix near `metric` whose eigenvalues are at least `floor` times the largest (an estimate)."""
    values, vectors = np.linalg.eigh((metric + metric.T) / 2)
    lifted = (vectors * np.maximum(values / values[-1], floor)) @ vectors.T
    return np.asarray((lifted + lifted.T) / 2)
