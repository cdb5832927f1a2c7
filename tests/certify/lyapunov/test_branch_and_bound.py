"""Branch and bound over directions: what is proved everywhere, and what fails closed."""

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.lyapunov.branch_and_bound import covers, halved

METRIC = np.diag([1.0, 2.0, 5.0])


def quotient(centres: np.ndarray, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Lower bounds of v^T M v / |v|^2, whose least value over all directions is 1."""
    box = Ball(centres, halves)
    squares = box.square()
    return ((squares * np.diagonal(METRIC)).sum(axis=1) / squares.sum(axis=1)).lower, halves


@pytest.mark.parametrize(("target", "proved"), [(0.9, True), (0.99, True), (1.0 + 1e-9, False), (np.nan, False)])
def test_the_least_value_over_all_directions(target: float, proved: bool) -> None:
    assert covers(quotient, 3, target, at_once=64, most=100_000, deadline=np.inf) is proved


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_a_bound_that_is_no_number_proves_nothing(value: float) -> None:
    """Where it arises on one cell alone: the comparison must leave that cell open."""

    def broken(centres: np.ndarray, halves: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = np.full(len(centres), 2.0)
        found[np.all(np.abs(centres - [1.0, 0.25, 0.0]) <= halves, axis=1)] = value
        return found, halves

    assert not covers(broken, 3, 1.0, at_once=8, most=10_000, deadline=np.inf)


def test_spent_budgets_prove_nothing() -> None:
    assert not covers(quotient, 3, 0.99, at_once=64, most=10, deadline=np.inf)
    assert not covers(quotient, 3, 0.99, at_once=64, most=100_000, deadline=-1.0)


def test_halves_cover_their_cell_exactly() -> None:
    rng = np.random.default_rng(0)
    centres, halves = np.eye(4), 1.0 - np.eye(4)
    for _ in range(5):
        before = centres, halves
        centres, halves = halved(centres, halves, rng.random(centres.shape))
        count = len(before[0])
        assert np.array_equal(np.minimum(*np.split(centres - halves, 2)), before[0] - before[1])
        assert np.array_equal(np.maximum(*np.split(centres + halves, 2)), before[0] + before[1])
        assert np.array_equal(
            (halves[:count].prod(axis=1, where=halves[:count] > 0) * 2), before[1].prod(axis=1, where=before[1] > 0)
        )
        assert (halves[np.arange(len(halves)), np.abs(centres).argmax(axis=1)] >= 0).all()
