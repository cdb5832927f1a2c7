"""Complete prefix-free sets of words, their matrix products and their probabilities.

A word is a tuple of letters in the order of time: (i, j) stands for A_j A_i. If every infinite sequence of letters
starts with exactly one word of a finite set, independent letters parse into independent words, so the products of words
have the exponent sum_w p_w |w| times the exponent of the letters (the exponent is an almost sure limit along the
sequence, and the n-th word ends at the time n sum_w p_w |w| (1 + o(1)) by the law of large numbers).
"""

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.lyapunov.time_limit import check_time
from foundation import CertificateError

Word = tuple[int, ...]

# Reading a letter of a word costs as much as so many elementary functions.
_PER_LETTER = 5


def all_words(count: int, length: int) -> list[Word]:
    """All words of `length` letters below `count`, in lexicographic order."""
    words: list[Word] = [()]
    for _ in range(length):
        words = [(*word, letter) for word in words for letter in range(count)]
    return words


def read_words(value: Sequence[Sequence[int]], count: int) -> list[Word]:
    """`value` as a sorted complete prefix-free set over `count` letters; raises `CertificateError` if it is none.

    Sorted words are prefix-free iff no word is a prefix of its successor, and prefix-free words are
    complete iff sum_w count^-|w| = 1 (Kraft's inequality is then an equality).
    """
    check_time(sum(map(len, value)) * _PER_LETTER)
    words = sorted(tuple(int(letter) for letter in word) for word in value)
    if not words or any(not word or min(word) < 0 or max(word) >= count for word in words):
        raise CertificateError("the witness lists an empty word or an unknown letter")
    if any(later[: len(word)] == word for word, later in pairwise(words)):
        raise CertificateError("the witness lists a word that is a prefix of another")
    if sum(Fraction(1, count ** len(word)) for word in words) != 1:
        raise CertificateError("the words of the witness do not cover every sequence of letters")
    return words


def word_products(matrices: Ball, words: list[Word]) -> Ball:
    """Balls (m, d, d) around the products A_(w_n) ... A_(w_1) of the words, in their order."""
    dimension, total = matrices.shape[-1], len(words)
    mid, rad = np.empty((total, dimension, dimension)), np.empty((total, dimension, dimension))
    prefixes: list[Word] = [()]
    products = Ball.exact(np.eye(dimension)[None])
    for level in range(1, max(map(len, words)) + 1):
        check_time()
        longer = sorted({word[:level] for word in words if len(word) >= level})
        place = {word: i for i, word in enumerate(prefixes)}
        parents = [place[word[:-1]] for word in longer]
        letters = [word[-1] for word in longer]
        products, prefixes = matmul(matrices[letters], products[parents]), longer
        if level == 1:
            products = matrices[letters]
        here = {word: i for i, word in enumerate(longer)}
        ends = [(j, here[word]) for j, word in enumerate(words) if len(word) == level]
        if ends:
            target, source = (list(x) for x in zip(*ends, strict=True))
            mid[target], rad[target] = products.mid[source], products.rad[source]
    return Ball(mid, rad)


def word_probabilities(probabilities: Ball, words: list[Word]) -> Ball:
    """Balls (m,) around the products p_(w_1) ... p_(w_n)."""
    one = probabilities.reshape(-1, 1, 1)
    return word_products(one, words).reshape(-1)


def mean_length(probabilities: Ball, words: list[Word]) -> Ball:
    """Ball around sum_w p_w |w|."""
    return (probabilities * np.array([float(len(word)) for word in words])).sum()
