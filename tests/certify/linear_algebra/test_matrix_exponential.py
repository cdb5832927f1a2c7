"""Matrix exponentials against Arb at 300 bits and closed forms."""

import math

import numpy as np
import pytest
from flint import arb, arb_mat, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.arithmetic import Ball
from certify.linear_algebra import matrix_exponential
from foundation import InputError

MATRICES = st.integers(1, 4).flatmap(
    lambda n: hnp.arrays(np.float64, (n, n), elements=st.one_of(st.integers(-3, 3).map(float), st.floats(-20, 20)))
)


def assert_inside(ball: Ball, matrix: np.ndarray) -> None:
    with ctx.workprec(400):
        truth = arb_mat(matrix.tolist()).exp()
        for x, mid, rad in zip(truth.entries(), ball.mid.ravel().tolist(), ball.rad.ravel().tolist(), strict=True):
            assert math.isinf(rad) or not abs(x - arb(mid)) > arb(rad)


@settings(deadline=None, max_examples=80)
@given(MATRICES)
def test_float_matrices(matrix):
    assert_inside(matrix_exponential(matrix), matrix)


@settings(deadline=None, max_examples=50)
@given(MATRICES, st.integers(-14, -1), st.integers(0, 2**32 - 1))
def test_point_matrices_in_interval_matrices(matrix, exponent, seed):
    point = matrix + np.random.default_rng(seed).standard_normal(matrix.shape) * 10.0**exponent
    assert_inside(matrix_exponential(Ball(matrix, np.nextafter(np.abs(point - matrix), np.inf))), point)


def test_closed_forms():
    angle = 0.7
    rotation = matrix_exponential(np.array([[0.0, -angle], [angle, 0.0]]))
    with ctx.workprec(200):
        for mid, rad, exact in zip(
            rotation.mid.ravel(),
            rotation.rad.ravel(),
            [arb(angle).cos(), -arb(angle).sin(), arb(angle).sin(), arb(angle).cos()],
            strict=True,
        ):
            assert abs(exact - arb(mid)) <= arb(rad)
    assert rotation.rad.max() < 1e-14
    nilpotent = matrix_exponential(np.diag(np.ones(3), 1))
    assert nilpotent.contains(np.array([[1, 1, 0.5, 0], [0, 1, 1, 0.5], [0, 0, 1, 1], [0, 0, 0, 1]]))[:3, :3].all()
    assert matrix_exponential(np.zeros((2, 2))).contains(np.eye(2)).all()


def test_the_remainder_counts(monkeypatch):
    module = __import__("certify.linear_algebra.matrix_exponential", fromlist=["matrix_exponential"])
    monkeypatch.setattr(module, "_DEGREE", 2)
    for matrix in (np.full((1, 1), 0.24), np.array([[0.0, -0.9], [0.9, 0.1]])):
        assert_inside(matrix_exponential(matrix), matrix)
        assert matrix_exponential(matrix).rad.max() < 0.1


def test_widths():
    rng = np.random.default_rng(0)
    matrix = rng.standard_normal((30, 30)) / math.sqrt(30)
    result = matrix_exponential(matrix)
    assert_inside(result, matrix)
    assert result.rad.max() < 1e-11
    stiff = -1000.0 * np.eye(5) + rng.standard_normal((5, 5))
    assert_inside(matrix_exponential(stiff), stiff)
    shifted = 300.0 * np.eye(5) + rng.standard_normal((5, 5))
    result = matrix_exponential(shifted)
    assert_inside(result, shifted)
    assert (result.rad < 1e-9 * np.abs(result.mid).max()).all()


def test_overflow_and_unbounded():
    assert np.isinf(matrix_exponential(np.full((2, 2), 1e5)).rad).all()
    assert np.isinf(matrix_exponential(np.full((2, 2), 1e308)).rad).all()
    assert np.isinf(matrix_exponential(Ball(np.eye(2), np.full((2, 2), np.inf))).rad).all()
    tiny = matrix_exponential(np.full((2, 2), 5e-324))
    assert_inside(tiny, np.full((2, 2), 5e-324))


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros((0, 0)), [[np.nan]], [1.0], [["a"]]])
def test_bad_input(bad):
    with pytest.raises(InputError):
        matrix_exponential(bad)
