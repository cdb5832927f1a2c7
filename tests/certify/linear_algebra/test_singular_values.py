"""Singular values and the spectral norm against exact roots of the characteristic polynomial of A^T A."""

import math
import sys

import numpy as np
import pytest
from flint import arb, ctx
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from certify.arithmetic import Ball
from certify.linear_algebra import singular_values, spectral_norm
from foundation import InputError

entries = st.floats(-4, 4, width=32, allow_subnormal=False)
matrices = st.tuples(st.integers(1, 5), st.integers(1, 5)).flatmap(lambda s: arrays(np.float64, s, elements=entries))


def _truth(matrix, exact, roots_of) -> list[arb]:
    """All singular values, descending."""
    tall = matrix if matrix.shape[0] >= matrix.shape[1] else matrix.T
    rational = exact(tall)
    with ctx.workprec(300):
        return [abs(root).sqrt() for root in roots_of(rational.transpose() * rational)][::-1]


@settings(deadline=None, max_examples=60)
@given(matrices)
def test_all_values_are_enclosed(exact, roots_of, inside, matrix):
    truth = _truth(matrix, exact, roots_of)
    result = singular_values(matrix)
    norm = spectral_norm(matrix)
    assert len(result) == min(matrix.shape)
    assert all(inside(*bounds) for bounds in zip(result.lower, truth, result.upper, strict=True))
    assert inside(norm.lower, truth[0], norm.upper)
    assert (result.upper - result.lower).max() <= 1e-13 * np.abs(matrix).sum() + 1e-290
    assert norm.width <= 1e-13 * np.abs(matrix).sum() + 1e-290


@settings(deadline=None, max_examples=40)
@given(matrices, st.sampled_from([1e-6, 0.1, 3.0]), st.integers(0, 2**32 - 1))
def test_members_of_a_ball_matrix_are_enclosed(exact, roots_of, inside, mid, size, seed):
    rng = np.random.default_rng(seed)
    rad = size * rng.random(mid.shape)
    member = mid + rng.choice([-0.999, 0.999], mid.shape) * rad
    member = np.where(np.abs(member - mid) <= rad, member, mid)
    truth = _truth(member, exact, roots_of)
    result, norm = singular_values(Ball(mid, rad)), spectral_norm(Ball(mid, rad))
    assert all(inside(*bounds) for bounds in zip(result.lower, truth, result.upper, strict=True))
    assert inside(norm.lower, truth[0], norm.upper)


def test_adversarial_matrices(adversarial, exact, roots_of, inside):
    for name, matrix in adversarial.items():
        matrix = matrix[:, : max(1, len(matrix) - 1)]
        truth = _truth(matrix, exact, roots_of)
        result, norm = singular_values(matrix), spectral_norm(matrix)
        assert all(inside(*bounds) for bounds in zip(result.lower, truth, result.upper, strict=True)), name
        assert inside(norm.lower, truth[0], norm.upper), name
        assert norm.width <= 1e-12 * np.abs(matrix).sum() + 1e-300, name


def test_rank_one_and_orthogonal_matrices():
    left, right = np.arange(1.0, 9.0), np.arange(1.0, 6.0)
    # |a b^T| = |a| |b|: squares 204 and 55
    outer = np.outer(left, right)
    result = singular_values(outer)
    assert result[0].contains(math.sqrt(204 * 55)) or abs(result[0].midpoint - math.sqrt(204 * 55)) < 1e-13
    assert (result.lower[1:] == 0).all()
    assert result.upper[1:].max() < 1e-12
    assert spectral_norm(np.eye(30)[:, ::-1]).contains(1.0)


@pytest.mark.parametrize("shape", [(320, 320), (500, 60), (60, 500)])
def test_widths_of_random_matrices(shape):
    matrix = np.random.default_rng(1).standard_normal(shape)
    values = np.linalg.svd(matrix)[1]
    norm, result = spectral_norm(matrix), singular_values(matrix)
    assert norm.lower <= values[0] * (1 + 1e-13)
    assert values[0] * (1 - 1e-13) <= norm.upper
    assert norm.width <= 2e-11 * values[0]
    assert (result.lower <= values + 1e-12).all()
    assert (values - 1e-12 <= result.upper).all()
    assert (result.upper - result.lower).max() <= 1e-12 * values[0]


def test_unbounded_radii_and_bad_input():
    unbounded = Ball(np.zeros((2, 3)), np.full((2, 3), np.inf))
    assert spectral_norm(unbounded).upper == math.inf
    assert (singular_values(unbounded).upper == math.inf).all()
    for function in (spectral_norm, singular_values):
        with pytest.raises(InputError, match="shape"):
            function(np.zeros((0, 2)))
        with pytest.raises(InputError, match="inf"):
            function([[np.inf]])


def test_the_error_of_the_gram_matrix_is_charged(monkeypatch):
    module = sys.modules["certify.linear_algebra.spectral_norm"]
    matrix = np.random.default_rng(0).standard_normal((40, 40))
    gram, error = module._gram(matrix)
    assert error >= 40 * 2.0**-53 * np.linalg.norm(np.abs(matrix), 2) ** 2
    honest = spectral_norm(matrix).upper
    monkeypatch.setattr(module, "_gram", lambda a: (gram, 10.0))
    assert spectral_norm(matrix).upper >= math.sqrt(honest**2 + 9.9)
