"""The concave bound for words: lambda <= lambda(products of words) / mean length, over complete prefix-free sets."""

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.norms.jensen_bound import concave_upper
from certify.lyapunov.norms.word_tree import mean_length, read_words, word_probabilities, word_products

ENTRIES = 3_000_000


def admits(family: Family) -> str | None:
    """None, or why words are out of reach: already pairs of letters would be too many."""
    pairs = family.count**2 * family.dimension**2
    if family.count == 1:
        return None
    return None if pairs <= ENTRIES else f"the {family.count**2} words of two letters are too many"


def prove(family: Family, witness: Witness) -> Enclosure:
    """lambda <= bound(products) / sum_w p_w |w| with the concave bound of the products (nats per step)."""
    words = read_words(witness["words"], family.count)
    products = word_products(family.matrices, words)
    probabilities = word_probabilities(family.probabilities, words)
    upper = concave_upper(products, probabilities, witness["metric"], witness["scales"])
    return Enclosure(-np.inf, per_step(upper, mean_length(probabilities, words), lower=False))


def per_step(bound: float, length: Ball, lower: bool) -> float:
    """An upper (lower) bound of bound / length, rounded outward; infinite bounds pass."""
    if np.isinf(bound):
        return bound
    quotient = Ball.exact(bound) / length
    return float(quotient.lower if lower else quotient.upper)
