"""The search for a prefix code and the metric of its bound."""

import numpy as np

from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.norms.prefix_code_bound import ENTRIES
from certify.lyapunov.norms.word_tree import Word, word_probabilities, word_products
from foundation.computing_time import computing_time
from search.lyapunov.norms.jensen_bound import positive_metric
from search.lyapunov.norms.weighted_moment import best_weights
from search.lyapunov.norms.word_tree import likely_words


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """Likely words (about 32 * 4^effort of them), their metric and scales (estimates)."""
    if family.count == 1:
        return words_witness(family, [(0,) * 2 ** (effort + 4)], effort, deadline)
    limit = max(family.count**2, min(32 * 4**effort, ENTRIES // family.dimension**2, affordable_words(deadline)))
    return words_witness(family, likely_words(family.probabilities.mid, limit), effort, deadline)


def affordable_words(deadline: float) -> int:
    """How many words an optimisation up to the deadline can afford."""
    return 10**9 if np.isinf(deadline) else int(max(deadline - computing_time(), 0.0) * 10_000)


def words_witness(family: Family, words: list[Word], effort: int, deadline: float) -> Witness:
    """The witness for given words: the metric and the scales that nearly minimise the concave bound."""
    products = word_products(family.matrices, words).mid
    probabilities = word_probabilities(family.probabilities, words).mid
    limit = min(deadline, computing_time() + 5.0 * 4**effort)
    metric, scales = best_weights(products, probabilities, limit, 30 * 2**effort)
    return {"words": [list(word) for word in words], "metric": positive_metric(metric), "scales": scales}
