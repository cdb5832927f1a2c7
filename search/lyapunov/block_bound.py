"""The search for the block bound: the same metric and scales, for the products of a block."""

from certify.lyapunov.family import Family, Witness
from certify.lyapunov.word_tree import all_words
from search.lyapunov.stopping_words import affordable_words, words_witness


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The longest blocks of which there are at most 64 * 4^effort (at least two letters long; estimates)."""
    length, limit = 2, min(64 * 4**effort, 3_000_000 // family.dimension**2, affordable_words(deadline))
    while family.count ** (length + 1) <= limit and length < 2 ** (effort + 4):
        length += 1
    return words_witness(family, all_words(family.count, length), effort, deadline)
