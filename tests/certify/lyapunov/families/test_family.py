"""The reading of families: exact numbers stay exact, and bad input is refused in one sentence."""

from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov.families.family import family_as_data, family_from_data, matrix_family
from foundation import InputError


def test_uniform_probabilities_are_exact() -> None:
    family = matrix_family(np.ones((3, 2, 2)))
    assert family.exact is not None
    assert family.exact_probabilities == (flint.fmpq(1, 3),) * 3
    mid, rad = family.probabilities.mid[0], family.probabilities.rad[0]
    assert Fraction(mid) != Fraction(1, 3)
    assert abs(Fraction(mid) - Fraction(1, 3)) <= Fraction(rad)


def test_float_weights_are_normalised_exactly() -> None:
    assert sum(map(Fraction, (0.1,) * 10)) != 1
    family = matrix_family(np.ones((10, 1, 1)), (0.1,) * 10)
    assert family.exact is not None
    assert family.exact_probabilities == (flint.fmpq(1, 10),) * 10


@pytest.mark.parametrize(
    "third", [Fraction(1, 3), flint.fmpq(1, 3), sympy.Rational(1, 3)], ids=["fraction", "fmpq", "sympy"]
)
def test_rationals_are_kept(third: object) -> None:
    family = matrix_family([[[third, 0], [0.5, 1]]])
    assert family.exact is not None
    assert family.exact[0] == flint.fmpq_mat([[flint.fmpq(1, 3), 0], [flint.fmpq(1, 2), 1]])
    ball = family.matrices
    assert abs(Fraction(ball.mid[0, 0, 0]) - Fraction(1, 3)) <= Fraction(ball.rad[0, 0, 0])
    assert ball.rad[0, 1, 0] == 0


def test_letters_of_probability_zero_are_dropped() -> None:
    family = matrix_family([[[2.0]], [[0.0]]], [1, 0])
    assert family.count == 1
    assert family.matrices.mid.item() == 2.0


def test_balls_have_no_exact_data() -> None:
    family = matrix_family(Ball(np.ones((2, 1, 1)), np.full((2, 1, 1), 0.1)))
    assert family.exact is None
    assert family.dimension == 1


@settings(deadline=None, max_examples=30)
@given(st.lists(st.fractions(min_value=-5, max_value=5, max_denominator=99), min_size=8, max_size=8))
def test_data_round_trip(entries: list[Fraction]) -> None:
    family = matrix_family([[entries[:2], entries[2:4]], [entries[4:6], entries[6:]]], [Fraction(1, 7), Fraction(6, 7)])
    again = family_from_data(family_as_data(family))
    assert again.exact is not None
    assert again.exact == family.exact
    assert again.exact_probabilities == family.exact_probabilities


def test_ball_data_round_trip() -> None:
    family = matrix_family(Ball(np.ones((2, 2, 2)) / 3, np.full((2, 2, 2), 0.1)))
    again = family_from_data(family_as_data(family))
    assert np.array_equal(again.matrices.mid, family.matrices.mid)
    assert np.array_equal(again.matrices.rad, family.matrices.rad)


@pytest.mark.parametrize(
    "matrices",
    [
        np.ones((2, 3)), np.ones((1, 2, 3)), [], np.ones((0, 2, 2)), np.ones((2, 0, 0)), [[[np.nan]]], [[[np.inf]]],
        "abc", [[[1, 2], [3]]], [[["a"]]], None, 3, [[[1j]]], [Ball.exact(np.eye(2)), Ball.exact(np.eye(3))],
        Ball(np.zeros((1, 1, 1)), np.full((1, 1, 1), np.inf)),
    ],
)  # fmt: skip
def test_bad_matrices(matrices: object) -> None:
    with pytest.raises(InputError):
        matrix_family(matrices)


@pytest.mark.parametrize(
    "probabilities",
    [
        [0.5, 0.4], [1.5, -0.5], [Fraction(1, 3)] * 2, [1], "ab", [np.nan, 1], [0, 0], [[0.5, 0.5]], [0.5, 0.5 + 1e-12],
        Ball(np.array([0.2, 0.2]), np.array([0.1, 0.1])), Ball(np.array([0.9, 0.9]), np.array([0.1, 0.1])),
    ],
)  # fmt: skip
def test_bad_probabilities(probabilities: object) -> None:
    with pytest.raises(InputError):
        matrix_family(np.ones((2, 1, 1)), probabilities)


def test_a_letter_that_may_be_impossible_does_not_decide_an_expectation() -> None:
    possible = matrix_family(np.ones((2, 1, 1)), Ball(np.array([0.05, 0.95]), np.array([0.05, 0.05])))
    assert possible.expectation_upper(np.array([-np.inf, 2.0])) >= 2.0
    assert possible.expectation_lower(np.array([-np.inf, 2.0])) == -np.inf
    certain = matrix_family(np.ones((2, 1, 1)), [Fraction(1, 4), Fraction(3, 4)])
    assert certain.expectation_upper(np.array([-np.inf, 2.0])) == -np.inf
    assert certain.expectation_upper(np.array([np.inf, 2.0])) == np.inf
    assert 1.75 <= certain.expectation_upper(np.array([1.0, 2.0])) < 1.75 + 1e-14


@pytest.mark.parametrize(
    "matrices",
    [
        [[[2**53 + 1]], [[0.5]]],
        [[[2**53 + 1]], [[np.int64(3)]]],
        np.array([[[2**53 + 1]], [[1]]]),
        [np.array([[2**53 + 1]]), np.array([[0.5]])],
        [[[np.longdouble(2**53 + 1)]], [[Fraction(1)]]],
    ],
)
def test_whole_numbers_that_floats_cannot_hold_are_not_rounded(matrices: object) -> None:
    family = matrix_family(matrices)
    assert family.exact is not None
    assert family.exact[0][0, 0] == 2**53 + 1
