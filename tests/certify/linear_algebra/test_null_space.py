"""Bases of row and null spaces against the same formulas in 60 digits."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.linear_algebra import null_space, orthonormal_normal_basis
from certify.verdict import Verdict
from foundation import InputError


def polar_factor(w: mpmath.matrix) -> mpmath.matrix:
    """W (W^T W)^(-1/2)."""
    values, vectors = mpmath.eigsy(w.T * w)
    return w * vectors * mpmath.diag([1 / mpmath.sqrt(v) for v in values]) * vectors.T


def exact_bases(j: np.ndarray, c: np.ndarray, n0: np.ndarray) -> tuple[mpmath.matrix, mpmath.matrix | None]:
    """The normal basis that `reference` c determines, and the tangent basis that n0 determines."""
    rows = mpmath.matrix(j.tolist())
    normal = polar_factor(rows.T * mpmath.matrix(c.tolist()))
    if not n0.shape[1]:
        return normal, None
    start = mpmath.matrix(n0.tolist())
    projected = start - rows.T * ((rows * rows.T) ** -1 * (rows * start))
    return normal, polar_factor(projected)


def assert_inside(ball: Ball, truth: mpmath.matrix) -> None:
    for i in range(ball.shape[0]):
        for k in range(ball.shape[1]):
            assert abs(truth[i, k] - mpmath.mpf(ball.mid[i, k])) <= mpmath.mpf(ball.rad[i, k])


SHAPES = st.tuples(st.integers(1, 3), st.integers(0, 3)).map(lambda s: (s[0], s[0] + s[1]))


@settings(deadline=None, max_examples=25)
@given(SHAPES, st.integers(-300, 300), st.integers(0, 2**32 - 1))
def test_float_matrices(shape, scale, seed):
    j = np.random.default_rng(seed).standard_normal(shape) * 2.0**scale
    normal, tangent = orthonormal_normal_basis(j), null_space(j)
    assert normal.full_rank is Verdict.PROVED
    assert tangent.vectors.shape == (shape[1], shape[1] - shape[0])
    with mpmath.workdps(60):
        exact_normal, exact_tangent = exact_bases(j, normal.reference, tangent.reference)
        assert_inside(normal.vectors, exact_normal)
        if exact_tangent is not None:
            assert_inside(tangent.vectors, exact_tangent)
    condition = np.linalg.cond(j)
    assert normal.vectors.rad.max() < 1e-13 * condition
    assert tangent.vectors.rad.max(initial=0.0) < 1e-12 * condition


@settings(deadline=None, max_examples=20)
@given(SHAPES, st.integers(-14, -2), st.integers(0, 2**32 - 1))
def test_point_matrices_in_interval_matrices(shape, exponent, seed):
    rng = np.random.default_rng(seed)
    j = rng.standard_normal(shape)
    point = j + rng.standard_normal(shape) * 10.0**exponent
    ball = Ball(j, np.nextafter(np.abs(point - j), np.inf))
    normal, tangent = orthonormal_normal_basis(ball), null_space(ball)
    if tangent.full_rank is not Verdict.PROVED:
        assert np.isinf(tangent.vectors.rad).all()
        return
    with mpmath.workdps(60):
        exact_normal, exact_tangent = exact_bases(point, normal.reference, tangent.reference)
        assert_inside(normal.vectors, exact_normal)
        if exact_tangent is not None:
            assert_inside(tangent.vectors, exact_tangent)


def test_rank_deficiency_is_undecided():
    j = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0]])
    for routine in (orthonormal_normal_basis, null_space):
        result = routine(j)
        assert result.full_rank is Verdict.UNDECIDED
        assert np.isinf(result.vectors.rad).all()
        assert routine(np.zeros((2, 3))).full_rank is Verdict.UNDECIDED
        assert routine(Ball(np.eye(2, 3), np.full((2, 3), np.inf))).full_rank is Verdict.UNDECIDED
        # the ball holds a matrix of rank one
        assert routine(Ball(np.eye(2, 3), np.full((2, 3), 0.6))).full_rank is Verdict.UNDECIDED
        assert routine(Ball(np.eye(2, 3), np.full((2, 3), 0.05))).full_rank is Verdict.PROVED


def test_coordinate_axes():
    result = orthonormal_normal_basis(np.array([[3.0, 0.0, 0.0]]))
    assert np.abs(np.abs(result.vectors.mid[:, 0]) - [1, 0, 0]).max() < 1e-15
    assert null_space(np.eye(3)).vectors.shape == (3, 0)


@pytest.mark.parametrize("bad", [np.zeros((3, 2)), np.zeros((0, 3)), [[np.nan]], [1.0], [["a"]]])
def test_bad_input(bad):
    for routine in (orthonormal_normal_basis, null_space):
        with pytest.raises(InputError):
            routine(bad)
