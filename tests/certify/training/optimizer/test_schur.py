"""Schur's test against NumPy's roots, and the intervals of stable curvatures against companion polynomials."""

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.training.optimizer.schur import characteristic_polynomial, is_schur_stable
from certify.training.optimizer.stable_curvatures import Plane, critical_curvature, stable_on


@pytest.mark.parametrize("seed", range(60))
def test_random_polynomials(seed):
    generator = np.random.default_rng(seed)
    roots = generator.uniform(-1.3, 1.3, generator.integers(1, 6))
    coefficients = np.poly(roots)[::-1]
    answer = is_schur_stable([Ball.exact(np.float64(c)) for c in coefficients])
    largest = float(np.abs(roots).max())
    assert answer is (largest < 1) or (answer is None and abs(largest - 1) < 1e-6)


def test_complex_pairs_and_the_circle_itself():
    on_circle = [1.0, -1.0, 1.0]  # z^2 - z + 1
    assert is_schur_stable([Ball.exact(np.float64(c)) for c in on_circle]) is None
    inside = np.poly([0.6 + 0.7j, 0.6 - 0.7j]).real[::-1]
    outside = np.poly([0.8 + 0.7j, 0.8 - 0.7j, 0.1]).real[::-1]
    assert is_schur_stable([Ball.exact(np.float64(c)) for c in inside]) is True
    assert is_schur_stable([Ball.exact(np.float64(c)) for c in outside]) is False


def test_wide_balls_are_left_open():
    assert is_schur_stable([Ball(np.float64(0.9), np.float64(0.2)), Ball.exact(np.float64(1.0))]) is None
    unbounded = Ball(np.float64(0.0), np.float64(np.inf))
    assert is_schur_stable([unbounded, Ball.exact(np.float64(1.0))]) is None
    assert is_schur_stable([Ball.exact(np.float64(0.5)), unbounded]) is None


@pytest.mark.parametrize("seed", range(10))
def test_characteristic_polynomials(seed):
    matrix = np.random.default_rng(seed).normal(size=(4, 4))
    exact = np.poly(matrix)[::-1]
    found = characteristic_polynomial(Ball.exact(matrix))
    assert all(abs(float(c.mid) - e) < 1e-12 for c, e in zip(found, exact, strict=True))


def heavy_ball(momentum):
    """(theta, v): v' = b v + g, theta' = theta - v'."""
    return Plane(Ball.exact(np.array([[1.0, -momentum], [0.0, momentum]])), Ball.exact(np.array([-1.0, 1.0])))


def test_heavy_balls_interval():
    plane = heavy_ball(0.5)
    low, high = critical_curvature(plane, 1e-3)
    assert low <= 3.0 <= high
    assert high - low < 1e-9
    assert stable_on(plane, 1e-6, 2.999)
    assert not stable_on(plane, 1e-6, 3.001)
    assert not stable_on(plane, 0.0, 1.0)  # h = 0 leaves the eigenvalue one


def test_nothing_is_stable_where_the_least_is_not():
    assert critical_curvature(heavy_ball(0.5), 4.0) == (0.0, np.inf)
