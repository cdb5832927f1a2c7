"""The search for the metric of the mean-square growth."""

import numpy as np

from certify.enclosure import Enclosure
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.second_moment import prove_second_moment
from search.lyapunov.concave_bound import positive_metric
from search.lyapunov.weighted_moment import perron


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The left Perron matrix of X -> E A^T X A, made positive definite (an estimate)."""
    del deadline
    metric = perron(family.matrices.mid, family.probabilities.mid).left
    return {"metric": positive_metric(metric, 10.0 ** (-6 - 2 * max(effort, 0)))}


def second_moment_exponent(family: Family, effort: int = 0) -> Enclosure:
    """Lambda(2), proved, nats per step."""
    return prove_second_moment(family, propose(family, effort, np.inf))
