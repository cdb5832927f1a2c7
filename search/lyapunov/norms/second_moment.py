"""The search for the metric of the mean-square growth."""

import numpy as np

from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.norms.second_moment import prove_second_moment
from search.lyapunov.norms.jensen_bound import positive_metric
from search.lyapunov.norms.weighted_moment import left_perron, step_work

# The proof multiplies balls, three products each, and factors some matrices: not more than so many steps of the search.
_STEPS_TO_PROVE = 16


def is_affordable(family: Family, work: float) -> bool:
    """Whether the proof with a metric, whichever, takes at most `work` units (`certify.effort`)."""
    return _STEPS_TO_PROVE * step_work(family.matrices.mid) <= work


def propose(family: Family, effort: int, deadline: float, work: float = np.inf) -> Witness:
    """The left Perron matrix of X -> E A^T X A, made positive definite (an estimate).

    The search for it ends after `work` units (`certify.effort`); what it has reached then is a metric, too.
    """
    del deadline
    metric = left_perron(family.matrices.mid, family.probabilities.mid, work)
    return {"metric": positive_metric(metric, 10.0 ** (-6 - 2 * max(effort, 0)))}


def second_moment_exponent(family: Family, effort: int = 0) -> Enclosure:
    """Lambda(2), proved, nats per step."""
    return prove_second_moment(family, propose(family, effort, np.inf))
