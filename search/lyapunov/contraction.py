"""The proposal of the contraction engine, which needs no witness."""

from certify.lyapunov.family import Family, Witness
from certify.lyapunov.sgd_family import SGDFamily
from search.lyapunov.concave_bound import positive_metric
from search.lyapunov.weighted_moment import perron


def propose(family: Family | SGDFamily, effort: int, deadline: float) -> Witness:
    """The metric of the second moment; nothing for SGD, whose metric is the Euclidean one of parameter space."""
    if isinstance(family, SGDFamily):
        return {}
    metric = perron(family.matrices.mid, family.probabilities.mid).left
    return {"words": [[letter] for letter in range(family.count)], "metric": positive_metric(metric)}
