"""Complete prefix-free sets of words: what is accepted, what is refused, and their products."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov.families.family import matrix_family
from certify.lyapunov.norms import prefix_code_bound as stopping_words
from certify.lyapunov.norms import word_norms as words
from certify.lyapunov.norms.word_tree import all_words, mean_length, read_words, word_probabilities, word_products
from foundation import CertificateError
from search.lyapunov.norms.word_tree import likely_words


@settings(deadline=None, max_examples=30)
@given(st.integers(2, 4), st.integers(0, 10**6), st.integers(4, 60))
def test_likely_words_are_complete(count: int, seed: int, limit: int) -> None:
    probabilities = np.random.default_rng(seed).dirichlet(np.ones(count))
    found = likely_words(probabilities, max(limit, count))
    assert read_words(found, count) == found
    assert len(found) <= max(limit, count)
    assert sum(Fraction(1, count ** len(word)) for word in found) == 1


def test_likely_words_split_the_likely_letter() -> None:
    assert likely_words(np.array([0.9, 0.1]), 3) == [(0, 0), (0, 1), (1,)]


@pytest.mark.parametrize(
    "listed",
    [
        [],
        [()],
        [(0,)],
        [(0,), (1,), (1, 0)],
        [(0,), (0,), (1,)],
        [(0,), (2,)],
        [(0,), (-1,)],
        [(0, 0), (1,)],
        [(0,), (0, 0), (1, 0)],
    ],
)
def test_incomplete_sets_are_refused(listed: list[tuple[int, ...]]) -> None:
    with pytest.raises(CertificateError):
        read_words(listed, 2)


def test_products_are_in_the_order_of_time() -> None:
    letters = np.array([[[1.0, 2.0], [3.0, 5.0]], [[0.0, 1.0], [1.0, 1.0]]])
    listed = [(0,), (1, 0), (1, 1, 0), (1, 1, 1)]
    products = word_products(Ball.exact(letters), listed)
    a, b = letters
    for ball, exact in zip(products.mid, (a, a @ b, a @ b @ b, b @ b @ b), strict=True):
        assert np.array_equal(ball, exact)
    assert products.rad.max() < 1e-12


def test_probabilities_and_mean_length() -> None:
    listed = [(0,), (1, 0), (1, 1)]
    probabilities = word_probabilities(Ball.exact(np.array([0.25, 0.75])), listed)
    assert probabilities.contains(np.array([0.25, 0.1875, 0.5625])).all()
    assert mean_length(probabilities, listed).contains(1.75).all()
    assert len(all_words(3, 4)) == 81
    assert read_words(all_words(2, 3), 2) == all_words(2, 3)


def test_words_of_conformal_matrices_are_exact() -> None:
    # 2 times a rotation by a right angle and 8 times the identity, three quarters and a quarter
    family = matrix_family([[[0, -2], [2, 0]], [[8, 0], [0, 8]]], [Fraction(3, 4), Fraction(1, 4)])
    exact = 0.75 * math.log(2) + 0.25 * math.log(8)
    plain = {"words": [[0, 0], [0, 1], [1]], "metric": np.eye(2)}
    scales = np.array([16.0, 256.0, 64.0])
    for engine, witness in ((words, plain), (stopping_words, plain | {"scales": scales})):
        upper = engine.prove(family, witness).upper
        assert exact <= upper < exact + 1e-13
