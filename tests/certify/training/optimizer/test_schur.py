"""Schur's test against NumPy's roots, and the intervals of stable curvatures against companion polynomials."""

import numpy as np
import pytest
from flint import arb, arb_poly

from certify.arithmetic import Ball
from certify.training.optimizer.schur import avoids_the_circle, characteristic_polynomial, is_schur_stable
from certify.training.optimizer.stable_curvatures import Plane, critical_curvature, decays, stable_on
from foundation.arb_precision import arb_precision


@pytest.mark.parametrize("seed", range(60))
def test_random_polynomials(seed):
    generator = np.random.default_rng(seed)
    roots = generator.uniform(-1.3, 1.3, generator.integers(1, 6))
    coefficients = np.poly(roots)[::-1]
    answer = is_schur_stable([arb(float(c)) for c in coefficients])
    largest = float(np.abs(roots).max())
    assert answer is (largest < 1) or (answer is None and abs(largest - 1) < 1e-6)


def test_complex_pairs_and_the_circle_itself():
    on_circle = [1.0, -1.0, 1.0]  # z^2 - z + 1
    assert is_schur_stable([arb(float(c)) for c in on_circle]) is None
    inside = np.poly([0.6 + 0.7j, 0.6 - 0.7j]).real[::-1]
    outside = np.poly([0.8 + 0.7j, 0.8 - 0.7j, 0.1]).real[::-1]
    assert is_schur_stable([arb(float(c)) for c in inside]) is True
    assert is_schur_stable([arb(float(c)) for c in outside]) is False


def test_wide_balls_are_left_open():
    assert is_schur_stable([arb(0.9, 0.2), arb(1)]) is None
    unbounded = arb("+/- inf")
    assert is_schur_stable([unbounded, arb(1)]) is None
    assert is_schur_stable([arb(0.5), unbounded]) is None


@pytest.mark.parametrize("seed", range(10))
def test_characteristic_polynomials(seed):
    matrix = np.random.default_rng(seed).normal(size=(4, 4))
    exact = np.poly(matrix)[::-1]
    with arb_precision(200):
        found = characteristic_polynomial([[arb_poly([float(x), 1.0 if i == j else 0.0]) for j, x in enumerate(row)]
                                           for i, row in enumerate(matrix)])  # fmt: skip
        assert all(abs(float(c(arb(0)).mid()) - e) < 1e-12 for c, e in zip(found, exact, strict=True))
        shifted = np.poly(matrix + 0.25 * np.eye(4))[::-1]
        assert all(abs(float(c(arb(0.25)).mid()) - e) < 1e-12 for c, e in zip(found, shifted, strict=True))


@pytest.mark.parametrize("seed", range(20))
def test_roots_cross_the_circle_where_they_do(seed):
    """p + h q with random roots: no crossing is claimed only where the number of roots inside stays the same."""
    generator = np.random.default_rng(seed)
    p, q = np.poly(generator.uniform(-0.9, 0.9, 3)), np.append(0.0, generator.normal(size=3))
    inside = [int((np.abs(np.roots(p + h * q)) < 1).sum()) for h in np.linspace(0.0, 1.0, 400)]
    with arb_precision(128):
        rows = [arb_poly([float(a), float(b)]) for a, b in zip(p[::-1], q[::-1], strict=True)]
        answer = avoids_the_circle(rows, arb(0), arb(1))
    assert answer is (len(set(inside)) == 1)


def test_a_period_is_the_product_of_its_steps():
    """Three steps of gradient descent, then a step back half of the way: (1 + (1 - h)^3) / 2 with the slow weights."""
    step = Plane(Ball.exact(np.array([[1.0, 0.0], [0.0, 1.0]])), Ball.exact(np.array([-1.0, 0.0])))
    back = Plane(Ball.exact(np.array([[0.5, 0.5], [0.5, 0.5]])), Ball.exact(np.array([0.0, 0.0])))
    whole = Plane(step.a, step.b, (step, step, back))
    low, high = critical_curvature(whole, 1e-3)
    # (1 + (1 - h)^3) / 2 = -1 at h = 1 + 3^(1/3)
    assert low <= 1 + 3 ** (1 / 3) <= high
    assert high - low < 1e-9
    assert decays(whole, 1)
    assert not decays(step, 1)


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
