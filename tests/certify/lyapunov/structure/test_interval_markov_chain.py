"""Averaging through interval chains, against exact Markov chains."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov.structure.interval_markov_chain import Spread, averaged_supremum, chain_error


def _spread(weights: np.ndarray, targets: list[list[list[int]]]) -> Spread:
    """targets[i][cell]: the cells that matrix i may reach."""

    def spread(values: np.ndarray) -> np.ndarray:
        reach = np.array([[values[cells].max() for cells in per_matrix] for per_matrix in targets])
        return weights @ reach

    return spread


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(2, 7))
def test_single_valued_chains_give_the_stationary_average(seed: int, count: int) -> None:
    generator = np.random.default_rng(seed)
    weights = np.array([0.25, 0.75])
    # the first map is a cycle, so that the chain is irreducible; the second makes it aperiodic
    maps = [(np.arange(count) + 1) % count, generator.integers(0, count, count)]
    maps[1][0] = 0
    transition = sum(w * np.eye(count)[m] for w, m in zip(weights, maps, strict=True))
    system = np.vstack([transition.T - np.eye(count), np.ones(count)])
    stationary = np.linalg.lstsq(system, np.append(np.zeros(count), 1.0), rcond=None)[0]
    payoff = generator.normal(size=count)
    average = float(stationary @ payoff)
    spread = _spread(weights, [[[int(x)] for x in m] for m in maps])
    bound = averaged_supremum(payoff, spread, Ball.exact(weights), 3000)
    assert average - 1e-12 <= bound <= payoff.max()
    assert bound <= average + 0.01 * (abs(average) + 0.1)
    few = averaged_supremum(payoff, spread, Ball.exact(weights), 2)
    assert bound <= few <= payoff.max() + 1e-12


def test_the_adversary_may_choose() -> None:
    spread = _spread(np.array([1.0]), [[[0, 1], [0], [0, 1, 2]]])
    # from cell 1 one must go to 0, from 0 one may stay: best mean payoff max(1, (1 + 3)/2) = 2
    bound = averaged_supremum(np.array([1.0, 3.0, -5.0]), spread, Ball.exact([1.0]), 2000)
    assert 2.0 <= bound <= 2.02


def test_without_rounds_it_is_the_supremum() -> None:
    spread = _spread(np.array([1.0]), [[[0], [0]]])
    assert averaged_supremum(np.array([1.0, 7.0]), spread, Ball.exact([1.0]), 0) == 7.0


def test_infinite_payoffs_that_are_left_for_good_do_not_count() -> None:
    spread = _spread(np.array([1.0]), [[[0], [0]]])
    assert averaged_supremum(np.array([1.0, np.inf]), spread, Ball.exact([1.0]), 50) == pytest.approx(1.0)
    forever = _spread(np.array([1.0]), [[[0], [0, 1]]])
    assert averaged_supremum(np.array([1.0, np.inf]), forever, Ball.exact([1.0]), 50) == np.inf
    assert np.isfinite(averaged_supremum(np.array([1.0, -np.inf]), spread, Ball.exact([1.0]), 50))


def test_uncertain_probabilities_cost_their_radius() -> None:
    probabilities = Ball(np.array([0.5, 0.5]), np.array([0.1, 0.1]))
    assert chain_error(probabilities) >= 0.2
    # the second matrix leads to the bad cell: with p_2 = 0.6 the average is 0.6
    spread = _spread(np.array([0.5, 0.5]), [[[0], [0]], [[1], [1]]])
    assert averaged_supremum(np.array([0.0, 1.0]), spread, probabilities, 500) >= 0.6
