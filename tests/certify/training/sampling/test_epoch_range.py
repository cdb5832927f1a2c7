"""Brackets of the critical rate for epochs, against the radii of the epoch maps themselves."""

import math
from itertools import permutations

import numpy as np
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.training.sampling import epochs
from certify.training.sampling.epoch_range import stable_up_to, unstable_from

POINTS = np.array([[1.73, 0.0], [0.675, 0.8]])


def regression(points):
    return sp.Regression(lambda theta, x: theta @ x, np.zeros(points.shape[1]), points, np.zeros(len(points)))


def radius(gram, rate, order):
    product = np.eye(len(gram))
    for i in order:
        step = np.eye(len(gram))
        step[i] -= rate * gram[i]
        product = step @ product
    return float(np.abs(np.linalg.eigvals(product)).max())


@pytest.mark.parametrize("seed", range(6))
def test_every_order_agrees_on_both_sides(seed):
    points = np.random.default_rng(seed).normal(size=(3, 3))
    gram = points @ points.T
    made = epochs(Ball.exact(gram), Ball.exact(1.0), 1)
    stable, unstable = stable_up_to(made), unstable_from(made)
    assert 0 < stable < unstable
    assert stable == pytest.approx(2 / np.diag(gram).max(), rel=1e-9)
    for order in permutations(range(3)):
        assert unstable_from(made, [(i,) for i in order]) == pytest.approx(unstable, rel=1e-9)
        assert all(radius(gram, share * stable, order) < 1 for share in (0.01, 0.5, 1.0))
        assert all(radius(gram, share * unstable, order) > 1 for share in (1.0, 1.7, 30.0))
    # the least such rate: the determinants do not grow below it, or some eta K_ii is below one
    below = unstable * (1 - 1e-6)
    sizes = below * np.diag(gram) - 1
    assert (sizes < 0).any() or math.fsum(np.log(sizes)) <= 0


def test_batches_of_two_by_interlacing():
    gram = np.diag([2.0, 3.0, 4.0, 5.0])
    made = epochs(Ball.exact(gram), Ball.exact(1.0), 2)
    assert stable_up_to(made) == pytest.approx(2 * 2 / 5, rel=1e-9)
    # two batches, each with at least (eta - 1) (1.5 eta - 1) as its determinant: eta = 5/3
    assert unstable_from(made) == pytest.approx(5 / 3, rel=1e-9)
    assert unstable_from(made, [(0, 1), (2, 3)]) < unstable_from(made)


@pytest.mark.parametrize("sampling", ["shuffled", "fixed", (1, 0)])
def test_from_outside_and_from_a_file(sampling, tmp_path):
    certificate = sp.certified_range(regression(POINTS), 1, sampling=sampling)
    gram = POINTS @ POINTS.T
    bracket = certificate.critical_learning_rate
    assert certificate.verdict is sp.Verdict.PROVED
    # a certificate's numbers are rounded outward to few digits of their width
    assert 0.9 * 2 / gram[0, 0] < bracket.lower <= 2 / gram[0, 0]
    assert all(radius(gram, bracket.upper * share, order) > 1 for share in (1.0, 5.0) for order in ((0, 1), (1, 0)))
    certificate.save(tmp_path / "r.json")
    assert sp.check(tmp_path / "r.json").critical_learning_rate == bracket
    single = sp.certify_minimum(regression(POINTS), sp.SGD(0.9 * bracket.lower, 1, sampling=sampling))
    assert single.verdict is sp.Verdict.STABLE


def test_dependent_examples_have_no_range():
    made = epochs(Ball.exact(np.ones((2, 2))), Ball.exact(1.0), 1)
    assert stable_up_to(made) == 0.0
