"""Inverses and non-singularity against exact rational elimination."""

from fractions import Fraction

import numpy as np
import pytest
import scipy.linalg
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify import linear_algebra
from certify.arithmetic import Ball
from certify.linear_algebra import inverse, is_nonsingular
from certify.verdict import Verdict
from foundation import InputError

MATRICES = st.integers(1, 5).flatmap(
    lambda n: hnp.arrays(
        np.float64,
        (n, n),
        elements=st.one_of(
            st.integers(-2, 2).map(float), st.floats(-1e3, 1e3), st.sampled_from([1e-300, -0.0, 5e-324])
        ),
    )
)


def rational(matrix: np.ndarray) -> fmpq_mat:
    return fmpq_mat([[fmpq(*float(x).as_integer_ratio()) for x in row] for row in matrix])


def assert_inside(ball: Ball, truth: fmpq_mat) -> None:
    for x, mid, rad in zip(truth.entries(), ball.mid.ravel().tolist(), ball.rad.ravel().tolist(), strict=True):
        assert rad == np.inf or abs(Fraction(int(x.p), int(x.q)) - Fraction(mid)) <= Fraction(rad)


@settings(deadline=None, max_examples=120)
@given(MATRICES)
def test_inverse_and_nonsingularity_of_float_matrices(matrix):
    truth = rational(matrix)
    singular = truth.det() == 0
    assert is_nonsingular(matrix) is (Verdict.REFUTED if singular else Verdict.PROVED)
    result = inverse(matrix)
    if singular:
        assert np.isinf(result.rad).all()
    else:
        assert_inside(result, truth.inv())


@settings(deadline=None, max_examples=60)
@given(MATRICES, st.integers(-14, 0), st.integers(0, 2**32 - 1))
def test_point_matrices_in_interval_matrices(matrix, exponent, seed):
    rng = np.random.default_rng(seed)
    point = matrix + rng.standard_normal(matrix.shape) * 10.0**exponent
    ball = Ball(matrix, np.nextafter(np.abs(point - matrix), np.inf))
    verdict, result = is_nonsingular(ball), inverse(ball)
    truth = rational(point)
    if truth.det() == 0:
        assert verdict is not Verdict.PROVED
        assert np.isinf(result.rad).all()
    else:
        assert verdict is not Verdict.REFUTED
        assert_inside(result, truth.inv())
    assert (verdict is Verdict.PROVED) or rational(matrix).det() == 0 or not ball.is_exact


def test_radii_are_a_few_ulps_for_well_conditioned_matrices():
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((100, 100)) + 20 * np.eye(100)
    result = inverse(matrix)
    assert np.median(result.rad / np.abs(result.mid)) < 4 * 2.0**-53
    assert (result.rad <= 4e-16 * np.abs(result.mid).max()).all()


def test_a_wrong_approximate_inverse_cannot_give_a_wrong_enclosure(monkeypatch):
    """Only a verified residual stands between a bad proposal and a wrong proof."""
    module = __import__("certify.linear_algebra.inverse", fromlist=["inverse"])
    matrix = np.array([[2.0, 1.0], [1.0, 3.0]])
    for wrong in (np.zeros((2, 2)), 0.9 * np.linalg.inv(matrix), -np.linalg.inv(matrix), np.linalg.inv(matrix) + 1e-3):
        monkeypatch.setattr(module, "approximate_inverse", lambda a, wrong=wrong: wrong)
        assert_inside(linear_algebra.inverse(matrix), rational(matrix).inv())


@pytest.mark.parametrize("size", [5, 12, 20])
def test_hilbert_matrices(size):
    matrix = scipy.linalg.hilbert(size)
    assert is_nonsingular(matrix) is Verdict.PROVED
    result = inverse(matrix)
    assert_inside(result, rational(matrix).inv())
    assert np.isfinite(result.rad).all()
    assert (result.rad <= 1e-10 * np.abs(result.mid)).all()


def test_scales_and_grading():
    rng = np.random.default_rng(1)
    base = rng.integers(-5, 6, (6, 6)) + 12.0 * np.eye(6)
    left, right = 2.0 ** np.arange(-900, 900, 300), 2.0 ** np.arange(60, -60, -20)
    for matrix in (base * 2.0**1000, base * 2.0**-1000, left[:, None] * base * right, base * 2.0**-1070):
        assert is_nonsingular(matrix) is Verdict.PROVED
        assert_inside(inverse(matrix), rational(matrix).inv())


def test_verdicts():
    assert is_nonsingular(np.ones((3, 3))) is Verdict.REFUTED
    assert is_nonsingular(np.ones((150, 150))) is Verdict.REFUTED
    large = np.ones((400, 400))
    assert is_nonsingular(large) is Verdict.UNDECIDED
    large[:, 7] = 0.0
    assert is_nonsingular(large) is Verdict.REFUTED
    assert is_nonsingular(Ball(np.eye(2), np.full((2, 2), 1.0))) is Verdict.UNDECIDED
    assert is_nonsingular(Ball(np.eye(2), np.full((2, 2), 0.49))) is Verdict.PROVED
    assert is_nonsingular(Ball(np.eye(2), np.full((2, 2), np.inf))) is Verdict.UNDECIDED
    zero_row = Ball(np.array([[0.0, 0.0], [1.0, 2.0]]), np.array([[0.0, 0.0], [1.0, 1.0]]))
    assert is_nonsingular(zero_row) is Verdict.REFUTED
    assert np.isinf(inverse(Ball(np.eye(2), np.full((2, 2), np.inf))).rad).all()
    assert is_nonsingular([[3.0]]) is Verdict.PROVED
    assert inverse([[4.0]]).contains(0.25).all()


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros((0, 0)), [[np.nan]], [[np.inf]], [1.0], [["a"]]])
def test_bad_input(bad):
    for routine in (inverse, is_nonsingular):
        with pytest.raises(InputError):
            routine(bad)
