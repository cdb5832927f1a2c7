"""The search for the bound of all words of a length."""

import numpy as np

from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.norms.word_tree import Word
from foundation.computing_time import computing_time
from search.lyapunov.norms.jensen_bound import positive_metric
from search.lyapunov.norms.weighted_moment import perron
from search.lyapunov.norms.word_tree import likely_words

_WORDS_PER_SECOND = 20_000


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """About 64 * 4^effort likely words and the Perron matrix of the second moment (estimates)."""
    affordable = int(max(deadline - computing_time(), 0.0) * _WORDS_PER_SECOND) if np.isfinite(deadline) else 10**9
    limit = max(family.count, min(64 * 4**effort, 3_000_000 // family.dimension**2, affordable))
    one_letter: list[Word] = [(0,) * 2 ** (effort + 4)]
    words = likely_words(family.probabilities.mid, limit) if family.count > 1 else one_letter
    metric = perron(family.matrices.mid, family.probabilities.mid).left
    return {"words": [list(word) for word in words], "metric": positive_metric(metric)}
