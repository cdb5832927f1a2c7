"""Linear systems against exact rational solutions."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.arithmetic import Ball
from certify.linear_algebra import solve
from foundation import InputError

SYSTEMS = st.tuples(st.integers(1, 5), st.integers(1, 2)).flatmap(
    lambda shape: st.tuples(
        hnp.arrays(np.float64, (shape[0], shape[0]), elements=st.one_of(st.integers(-2, 2), st.floats(-1e3, 1e3))),
        hnp.arrays(np.float64, shape, elements=st.floats(-1e3, 1e3)),
    )
)


def rational(matrix: np.ndarray) -> fmpq_mat:
    return fmpq_mat([[fmpq(*float(x).as_integer_ratio()) for x in row] for row in matrix])


def assert_inside(ball: Ball, truth: fmpq_mat) -> None:
    for x, mid, rad in zip(truth.entries(), ball.mid.ravel().tolist(), ball.rad.ravel().tolist(), strict=True):
        assert rad == np.inf or abs(Fraction(int(x.p), int(x.q)) - Fraction(mid)) <= Fraction(rad)


@settings(deadline=None, max_examples=100)
@given(SYSTEMS)
def test_float_systems(system):
    matrix, target = system
    result = solve(matrix, target)
    truth = rational(matrix)
    if truth.det() == 0:
        assert np.isinf(result.rad).all()
    else:
        assert_inside(result, truth.inv() * rational(target))


@settings(deadline=None, max_examples=60)
@given(SYSTEMS, st.integers(-14, -1), st.integers(0, 2**32 - 1))
def test_point_systems_in_interval_systems(system, exponent, seed):
    rng = np.random.default_rng(seed)
    points = [x + rng.standard_normal(x.shape) * 10.0**exponent for x in system]
    balls = [Ball(x, np.nextafter(np.abs(p - x), np.inf)) for x, p in zip(system, points, strict=True)]
    truth = rational(points[0])
    if truth.det() != 0:
        assert_inside(solve(*balls), truth.inv() * rational(points[1]))


def test_radii_are_a_few_ulps_even_for_moderate_condition():
    rng = np.random.default_rng(0)
    matrix, target = rng.standard_normal((200, 200)), rng.standard_normal(200)
    assert np.linalg.cond(matrix) > 100
    result = solve(matrix, target)
    assert result.shape == (200,)
    assert np.max(result.rad / np.abs(result.mid)) < 1e-13
    assert np.median(result.rad / np.abs(result.mid)) < 4 * 2.0**-53


def test_interval_width_is_first_order_optimal():
    """For A with radius r the solution of row i spreads at least by the vertex choice r |A^-1| |x|."""
    matrix = np.array([[4.0, 1.0], [2.0, 5.0]])
    target = np.array([1.0, 2.0])
    radius = 1e-6
    result = solve(Ball(matrix, np.full((2, 2), radius)), target)
    spread = np.abs(np.linalg.inv(matrix)) @ (np.full((2, 2), radius) @ np.abs(np.linalg.solve(matrix, target)))
    assert (result.rad >= 0.999 * spread).all()
    assert (result.rad <= 1.001 * spread).all()


def test_hilbert_systems_and_scales():
    matrix = scipy.linalg.hilbert(14)
    target = np.ones((14, 1))
    assert_inside(solve(matrix, target), rational(matrix).inv() * rational(target))
    for scale in (2.0**1000, 2.0**-1000):
        well = np.array([[3.0, 1.0], [1.0, 2.0]]) * scale
        assert_inside(solve(well, target[:2]), rational(well).inv() * rational(target[:2]))
        assert_inside(solve(well, target[:2] * scale), rational(well).inv() * rational(target[:2] * scale))


def test_unbounded_results():
    assert np.isinf(solve(np.ones((2, 2)), np.ones(2)).rad).all()
    assert np.isinf(solve(Ball(np.eye(2), np.full((2, 2), np.inf)), np.ones(2)).rad).all()
    assert np.isinf(solve(np.eye(2), Ball(np.zeros(2), np.full(2, np.inf))).rad).any()
    assert np.isinf(solve(np.ones((60, 60)), np.ones(60)).rad).all()


@pytest.mark.parametrize(
    ("matrix", "target"),
    [
        (np.zeros((2, 3)), np.ones(2)),
        (np.eye(2), np.ones(3)),
        (np.eye(2), np.ones((2, 0))),
        (np.eye(2), np.array([np.nan, 1.0])),
        (np.array([[np.inf]]), np.ones(1)),
        (np.eye(1), 1.0),
        (np.eye(2), np.ones((2, 2, 2))),
    ],
)
def test_bad_input(matrix, target):
    with pytest.raises(InputError):
        solve(matrix, target)
