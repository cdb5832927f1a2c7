"""The concave bound for all words of one length n: lambda <= lambda(blocks) / n."""

from certify.enclosure import Enclosure
from certify.lyapunov import stopping_words
from certify.lyapunov.family import Family, Witness


def admits(family: Family) -> str | None:
    """None, or why blocks are out of reach."""
    return stopping_words.admits(family)


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bound of `stopping_words.prove`: words of one length are a complete prefix-free set."""
    return stopping_words.prove(family, witness)
