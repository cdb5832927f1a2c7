"""Determinants against exact rational elimination."""

import math

import numpy as np
import pytest
import scipy.linalg
from flint import arb, ctx, fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.linear_algebra import determinant, log_determinant
from foundation import InputError

module = __import__("certify.linear_algebra.determinant", fromlist=["determinant"])

MATRICES = st.integers(1, 6).flatmap(
    lambda n: hnp.arrays(np.float64, (n, n), elements=st.one_of(st.integers(-2, 2).map(float), st.floats(-1e3, 1e3)))
)


def exact_determinant(matrix: np.ndarray) -> fmpq:
    return fmpq_mat([[fmpq(*float(x).as_integer_ratio()) for x in row] for row in matrix]).det()


def assert_inside(enclosure: Enclosure, value: fmpq) -> None:
    with ctx.workprec(4000):
        assert math.isinf(enclosure.lower) or not arb(enclosure.lower) > arb(value)
        assert math.isinf(enclosure.upper) or not arb(enclosure.upper) < arb(value)


def assert_logarithm(matrix: np.ndarray | Ball, value: fmpq) -> None:
    sign, logarithm = log_determinant(matrix)
    with ctx.workprec(300):
        if value == 0:
            assert sign in (0, None)
            assert logarithm.lower == -math.inf
            return
        assert sign in (None, 1 if value > 0 else -1)
        exact = arb(abs(value)).log()
        assert math.isinf(logarithm.lower) or not exact < arb(logarithm.lower)
        assert not exact > arb(logarithm.upper)


@settings(deadline=None, max_examples=100)
@given(MATRICES, st.booleans())
def test_float_matrices(matrix, by_factors):
    """`by_factors` switches the exact elimination off, so that LU or Hadamard's bound must answer."""
    with pytest.MonkeyPatch.context() as patch:
        if by_factors:
            patch.setattr(module, "_EXACT_ORDER", 0)
            patch.setattr(module, "_LARGEST_EXACT_ORDER", 0)
        assert_inside(determinant(matrix), exact_determinant(matrix))
        assert_logarithm(matrix, exact_determinant(matrix))


@settings(deadline=None, max_examples=60)
@given(MATRICES, st.integers(-14, 0), st.integers(0, 2**32 - 1))
def test_point_matrices_in_interval_matrices(matrix, exponent, seed):
    point = matrix + np.random.default_rng(seed).standard_normal(matrix.shape) * 10.0**exponent
    ball = Ball(matrix, np.nextafter(np.abs(point - matrix), np.inf))
    assert_inside(determinant(ball), exact_determinant(point))
    assert_logarithm(ball, exact_determinant(point))


@pytest.mark.parametrize("size", [13, 60])
def test_sharp_for_random_matrices(size):
    matrix = np.random.default_rng(size).standard_normal((size, size))
    value = exact_determinant(matrix)
    enclosure = determinant(matrix)
    assert_inside(enclosure, value)
    assert enclosure.width <= 1e-9 * abs(enclosure.midpoint)
    assert_logarithm(matrix, value)
    assert log_determinant(matrix)[1].width < 1e-9


def test_row_exchanges_give_the_sign():
    for order in ([1, 0, 2], [2, 0, 1], [2, 1, 0], [0, 2, 1], [1, 2, 0]):
        matrix = np.kron(np.eye(3)[order], np.eye(5)) + 1e-3 * np.eye(15)
        assert_inside(determinant(matrix), exact_determinant(matrix))
        assert log_determinant(matrix)[0] == (1 if exact_determinant(matrix) > 0 else -1)


def test_scales_and_singular_matrices():
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((20, 20))
    for scale in (1e-300, 1e300):
        assert_logarithm(matrix * scale, exact_determinant(matrix * scale))
        assert log_determinant(matrix * scale)[0] is not None
    assert determinant(matrix * 1e-300).upper <= 5e-324
    assert math.isinf(determinant(matrix * 1e300).width)
    assert determinant(np.ones((20, 20))) == Enclosure(0.0, 0.0)
    assert log_determinant(np.ones((3, 3))) == (0, Enclosure(-math.inf, -math.inf))
    large = determinant(np.ones((130, 130)) / 128)
    assert large.contains(0)
    assert large.upper < 1e-100
    assert log_determinant(np.ones((130, 130)))[0] is None
    hilbert = scipy.linalg.hilbert(15)
    assert_inside(determinant(hilbert), exact_determinant(hilbert))
    assert determinant(hilbert).lower > 0 or determinant(hilbert).upper < 0


def test_wide_and_unbounded_balls():
    wide = determinant(Ball(np.eye(2), np.ones((2, 2))))
    # the range is exactly [0 - 1, 4 + 1]
    assert wide.lower <= -1.0
    assert wide.upper >= 5.0
    assert math.isinf(determinant(Ball(np.eye(2), np.full((2, 2), np.inf))).upper)
    assert log_determinant(Ball(np.eye(2), np.full((2, 2), np.inf)))[0] is None


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros((0, 0)), [[np.nan]], [1.0], [["a"]]])
def test_bad_input(bad):
    for routine in (determinant, log_determinant):
        with pytest.raises(InputError):
            routine(bad)
