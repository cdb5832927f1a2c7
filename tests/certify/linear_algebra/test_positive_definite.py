"""Positive definiteness against Sylvester's criterion in rational arithmetic."""

import numpy as np
import pytest
from flint import fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from certify.arithmetic import Ball
from certify.linear_algebra import is_positive_definite
from certify.verdict import Verdict
from foundation import InputError

entries = st.floats(-2, 2, width=32, allow_subnormal=False)
squares = st.integers(1, 5).flatmap(lambda n: arrays(np.float64, (n, n), elements=entries))


def _mirror(matrix):
    return np.triu(matrix) + np.triu(matrix, 1).T


def _is_definite(matrix: fmpq_mat) -> bool:
    rows = matrix.tolist()
    return all(fmpq_mat([row[:k] for row in rows[:k]]).det() > 0 for k in range(1, len(rows) + 1))


@settings(deadline=None, max_examples=150)
@given(squares, st.sampled_from([0.0, 1.0, 2.0, 5.0]))
def test_small_exact_matrices_are_always_decided(exact, square, shift):
    matrix = _mirror(square) + shift * np.eye(len(square))
    expected = Verdict.PROVED if _is_definite(exact(matrix)) else Verdict.REFUTED
    assert is_positive_definite(matrix) is expected


@settings(deadline=None, max_examples=80)
@given(squares, st.sampled_from([1e-6, 0.1, 1.0]), st.integers(0, 2**32 - 1))
def test_the_verdict_on_a_ball_holds_for_its_members(exact, square, size, seed):
    rng = np.random.default_rng(seed)
    mid = _mirror(square) + 2 * np.eye(len(square))
    rad = _mirror(size * rng.random(mid.shape))
    verdict = is_positive_definite(Ball(mid, rad))
    for share in (
        np.where(_mirror(rng.random(mid.shape)) < 0.5, -0.999, 0.999),
        _mirror(rng.uniform(-1, 1, mid.shape)),
    ):
        member = exact(np.where(np.abs(mid + share * rad - mid) <= rad, mid + share * rad, mid))
        assert verdict is not Verdict.PROVED or _is_definite(member)
        assert verdict is not Verdict.REFUTED or not _is_definite(member)


def test_adversarial_matrices(adversarial, exact):
    for name, matrix in adversarial.items():
        expected = Verdict.PROVED if _is_definite(exact(matrix)) else Verdict.REFUTED
        assert is_positive_definite(matrix) is expected, name


def test_the_margin_decides_on_the_right_side_of_the_radius():
    # eigenvalues 1 and 3; radius r everywhere moves the smallest by at most 2r, and (1, -1) attains it
    mid = np.array([[2.0, 1.0], [1.0, 2.0]])
    assert is_positive_definite(Ball(mid, np.full((2, 2), 0.499))) is Verdict.PROVED
    assert is_positive_definite(Ball(mid, np.full((2, 2), 0.501))) is Verdict.UNDECIDED
    assert is_positive_definite(Ball(-mid, np.full((2, 2), 0.499))) is Verdict.REFUTED


@pytest.mark.parametrize("size", [130, 300])
def test_margins_of_random_matrices(size):
    rng = np.random.default_rng(size)
    factor = rng.standard_normal((size, size))
    gram = factor @ factor.T
    gram = _mirror(gram)
    smallest = np.linalg.eigvalsh(gram)[0]
    for margin, expected in ((1e-8, Verdict.PROVED), (-1e-8, Verdict.REFUTED)):
        shifted = gram - (smallest - margin) * np.eye(size)
        assert is_positive_definite(shifted) is expected


def test_singular_and_graded_matrices():
    assert is_positive_definite(np.ones((300, 300))) is Verdict.REFUTED
    grades = 10.0 ** np.linspace(-140, 140, 60)
    graded = (np.eye(60) + 0.01) * grades[:, None] * grades[None, :]
    assert is_positive_definite(_mirror(graded)) is Verdict.PROVED


def test_open_questions_stay_open():
    near = np.ones((60, 60)) + 2.0**-50 * np.eye(60)
    assert is_positive_definite(near) is Verdict.PROVED  # exact arithmetic settles it
    assert is_positive_definite(Ball(near, np.full((60, 60), 2.0**-60))) is Verdict.UNDECIDED
    assert is_positive_definite(np.ones((400, 400)) + 2.0**-50 * np.eye(400)) is Verdict.UNDECIDED
    unbounded = Ball(np.eye(2), np.array([[0.0, np.inf], [np.inf, 0.0]]))
    assert (
        is_positive_definite(Ball(np.where(np.isinf(unbounded.rad), 0, unbounded.mid), unbounded.rad))
        is Verdict.UNDECIDED
    )


@pytest.mark.parametrize(
    ("matrix", "words"),
    [([[1.0, 3.0], [2.0, 1.0]], "differ by 1"), ([[np.nan]], "nan"), (np.zeros((0, 0)), "shape"), (5.0, "shape")],
)
def test_bad_input_is_refused(matrix, words):
    with pytest.raises(InputError, match=words):
        is_positive_definite(matrix)
