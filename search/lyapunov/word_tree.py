"""The likely words of a prefix code."""

import heapq

import numpy as np

from certify.lyapunov.word_tree import Word


def likely_words(probabilities: np.ndarray, limit: int) -> list[Word]:
    """A complete prefix-free set of at most `limit` words: the likeliest word is split again and again.

    This makes the mean length greatest for the number of words [Tunstall 1967].
    """
    count = len(probabilities)
    heap: list[tuple[float, Word]] = [(-1.0, ())]
    while not heap[0][1] or len(heap) + count - 1 <= limit:
        chance, word = heapq.heappop(heap)
        for letter in range(count):
            heapq.heappush(heap, (chance * float(probabilities[letter]), (*word, letter)))
    return sorted(word for _, word in heap)
