"""Input checks: exact conversion or one clear sentence."""

from fractions import Fraction

import numpy as np
import pytest

from foundation import InputError, finite_array, number_in, positive_integer, positive_number, square_matrix


def test_what_converts_exactly_passes() -> None:
    assert finite_array([[1, 2], [3, 4]], "a").dtype == np.float64
    assert finite_array(np.float32(0.1), "a") == np.float64(np.float32(0.1))
    assert finite_array(2**53, "a") == 2.0**53
    assert finite_array(-(2**53), "a") == -(2.0**53)
    assert finite_array(np.longdouble(0.5), "a") == 0.5
    assert finite_array([], "a").shape == (0,)
    assert finite_array(2**70, "a") == 2.0**70
    assert finite_array([Fraction(1, 2), 3], "a").tolist() == [0.5, 3.0]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1.0, np.nan], "nan at index \\(1,\\)"),
        (np.inf, "holds inf"),
        ([[1.0], [2.0, 3.0]], "rectangular"),
        (["a"], "real numbers"),
        ([1j], "real numbers, not complex128"),
        ([None], "real number, but is None"),
        (2**53 + 1, "beyond 2\\^53"),
        (-(2**53) - 1, "beyond 2\\^53"),
        (np.uint64(2**64 - 1), "beyond 2\\^53"),
        (2**70 + 1, "beyond 2\\^53"),
        ([Fraction(1, 3)], "not object"),
    ],
)
def test_what_does_not_is_refused(value: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        finite_array(value, "weights")


@pytest.mark.skipif(np.finfo(np.longdouble).nmant <= 52, reason="long double is float64 here")
def test_long_doubles_are_not_rounded_in_silence() -> None:
    with pytest.raises(InputError, match="cannot represent"):
        finite_array([np.longdouble(1) / 3], "weights")


@pytest.mark.parametrize("value", [np.ones(3), np.ones((2, 3)), np.ones((0, 0)), 1.0, np.ones((2, 2, 2))])
def test_square_matrices_are_square_and_not_empty(value: object) -> None:
    with pytest.raises(InputError, match="square matrix"):
        square_matrix(value, "A")


def test_numbers() -> None:
    assert positive_number(Fraction(1, 2), "rate") == 0.5
    assert number_in(0.0, "momentum", 0.0, 1.0) == 0.0
    assert positive_integer(np.int64(3), "count") == 3
    for value in (0, -1.0, np.nan, np.inf, "1", None, True, np.True_, 10**400, [1.0, 2.0]):
        with pytest.raises(InputError, match="rate"):
            positive_number(value, "rate")
    for value in (1.0, -0.1, np.nan, "x", False):
        with pytest.raises(InputError, match="momentum"):
            number_in(value, "momentum", 0.0, 1.0)
    for value in (0, -3, 2.0, True, "2", None):
        with pytest.raises(InputError, match="count"):
            positive_integer(value, "count")
