"""The concave bound for all words of one length n: lambda <= lambda(blocks) / n."""

from certify.enclosure import Enclosure
from certify.lyapunov import stopping_words
from certify.lyapunov.family import Family, Witness
from certify.lyapunov.stopping_words import affordable_words, words_witness
from certify.lyapunov.word_tree import all_words


def applies(family: Family) -> str | None:
    """None, or why blocks are out of reach."""
    return stopping_words.applies(family)


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The longest blocks of which there are at most 64 * 4^effort (at least two letters long; estimates)."""
    length, limit = 2, min(64 * 4**effort, 3_000_000 // family.dimension**2, affordable_words(deadline))
    while family.count ** (length + 1) <= limit and length < 2 ** (effort + 4):
        length += 1
    return words_witness(family, all_words(family.count, length), effort, deadline)


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bound of `stopping_words.prove`: words of one length are a complete prefix-free set."""
    return stopping_words.prove(family, witness)
