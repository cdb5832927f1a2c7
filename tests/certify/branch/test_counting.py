"""Counts of unstable eigenvalues against NumPy's, also where eigenvalues collide, and over balls."""

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.branch.counting import UNDECIDED, unstable_counts


def counted(matrix, is_map):
    values = np.linalg.eigvals(matrix)
    return int((np.abs(values) > 1).sum() if is_map else (values.real > 0).sum())


@pytest.mark.parametrize("is_map", [False, True])
@pytest.mark.parametrize("n", [1, 2, 3])
def test_counts_are_those_of_the_eigenvalues(n, is_map):
    matrices = np.random.default_rng(n).normal(size=(60, n, n)) * 1.2
    found = unstable_counts(Ball.exact(matrices), is_map)
    assert found.tolist() == [counted(m, is_map) for m in matrices]


@pytest.mark.parametrize("is_map", [False, True])
@pytest.mark.parametrize("n", [1, 2])
def test_a_count_holds_all_over_the_ball(n, is_map):
    rng = np.random.default_rng(7)
    matrices = rng.normal(size=(80, n, n)) * 1.2
    found = unstable_counts(Ball(matrices, np.full(matrices.shape, 0.1)), is_map)
    assert 20 < (found != UNDECIDED).sum() < 80
    for matrix, count in zip(matrices, found, strict=True):
        members = matrix + 0.1 * rng.choice([-1.0, 1.0], size=(20, n, n))
        assert count == UNDECIDED or all(counted(member, is_map) == count for member in members)


def test_jordan_blocks_and_what_is_unbounded():
    block = np.array([[[-1.0, 1e6], [0.0, -1.0]]])
    assert unstable_counts(Ball.exact(block), False).tolist() == [0]
    assert unstable_counts(Ball.exact(block), True).tolist() == [UNDECIDED]  # multipliers on the circle
    assert unstable_counts(Ball(block, np.full(block.shape, np.inf)), False).tolist() == [UNDECIDED]
    assert unstable_counts(Ball.exact(np.array([[[0.0, 1.0], [-1.0, 0.0]]])), False).tolist() == [UNDECIDED]
