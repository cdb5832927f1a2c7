"""The concave bound for words: lambda <= lambda(products of words) / mean length, over complete prefix-free sets."""

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.concave_bound import concave_upper, positive_metric
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.time_limit import computing_time
from certify.lyapunov.weighted_moment import best_weights
from certify.lyapunov.word_tree import (
    Word,
    likely_words,
    mean_length,
    read_words,
    word_probabilities,
    word_products,
)

_ENTRIES = 3_000_000


def applies(family: Family) -> str | None:
    """None, or why words are out of reach: already pairs of letters would be too many."""
    pairs = family.count**2 * family.dimension**2
    if family.count == 1:
        return None
    return None if pairs <= _ENTRIES else f"the {family.count**2} words of two letters are too many"


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """Likely words (about 32 * 4^effort of them), their metric and scales (estimates)."""
    if family.count == 1:
        return words_witness(family, [(0,) * 2 ** (effort + 4)], effort, deadline)
    limit = max(family.count**2, min(32 * 4**effort, _ENTRIES // family.dimension**2, affordable_words(deadline)))
    return words_witness(family, likely_words(family.probabilities.mid, limit), effort, deadline)


def affordable_words(deadline: float) -> int:
    """How many words an optimisation up to the deadline can afford."""
    return 10**9 if np.isinf(deadline) else int(max(deadline - computing_time(), 0.0) * 10_000)


def words_witness(family: Family, words: list[Word], effort: int, deadline: float) -> Witness:
    """The witness for given words: the metric and the scales that nearly minimise the concave bound."""
    products = word_products(family.matrices, words).mid
    chances = word_probabilities(family.probabilities, words).mid
    limit = min(deadline, computing_time() + 5.0 * 4**effort)
    metric, scales = best_weights(products, chances, limit, 30 * 2**effort)
    return {"words": [list(word) for word in words], "metric": positive_metric(metric), "scales": scales}


def prove(family: Family, witness: Witness) -> Enclosure:
    """lambda <= bound(products) / sum_w p_w |w| with the concave bound of the products (nats per step)."""
    words = read_words(witness["words"], family.count)
    products = word_products(family.matrices, words)
    chances = word_probabilities(family.probabilities, words)
    upper = concave_upper(products, chances, witness["metric"], witness["scales"])
    return Enclosure(-np.inf, per_step(upper, mean_length(chances, words), lower=False))


def per_step(bound: float, length: Ball, lower: bool) -> float:
    """An upper (lower) bound of bound / length, rounded outward; infinite bounds pass."""
    if np.isinf(bound):
        return bound
    quotient = Ball.exact(bound) / length
    return float(quotient.lower if lower else quotient.upper)
