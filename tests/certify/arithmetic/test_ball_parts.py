"""A ball is checked when it is made."""

import copy
import pickle
from fractions import Fraction

import numpy as np
import pytest

from certify.arithmetic import Ball, ball
from certify.arithmetic.rational import rational_ball
from foundation import InputError


@pytest.mark.parametrize(
    ("mid", "rad", "words"),
    [
        (1.0, -1.0, "at least 0"),
        (1.0, np.nan, "at least 0"),
        ([1.0, 2.0], [0.1, -5e-324], "at least 0"),
        (np.nan, 0.0, "finite"),
        (np.inf, np.inf, "finite"),
        ([1.0, 2.0], [0.0, 0.0, 0.0], "one radius"),
        ([1.0, 2.0], [[0.0], [0.0]], "one radius"),
        ("1", 0.0, "real numbers"),
        (1.0, "1", "real numbers"),
        (1j, 0.0, "real numbers"),
        (2**53 + 1, 0.0, "beyond 2"),
        (1.0, Fraction(1, 3), "float64"),
        (1.0, -1, "at least 0"),
        (1.0, np.int8(-1), "at least 0"),
        (1.0, -np.longdouble("inf"), "finite"),
        (np.ma.array([1.0], mask=[True]), 0.0, "masked"),
        (1.0, np.ma.array(1.0, mask=True), "masked"),
        (1.0, None, "radius"),
        ([[1.0], [1.0, 2.0]], 0.0, "rectangular"),
    ],
)
def test_what_is_no_ball_is_refused(mid: object, rad: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        Ball(mid, rad)  # type: ignore[arg-type]


def test_lists_integers_and_one_radius_for_all() -> None:
    made = Ball([[1, 2], [3, 4]], 0.5)  # type: ignore[arg-type]
    assert made.mid.dtype == made.rad.dtype == np.float64
    assert made.rad.tolist() == [[0.5, 0.5], [0.5, 0.5]]
    wide = Ball(np.array([1.0, 2.0]), np.array([np.inf, 0.25], np.float32))
    assert wide.lower.tolist() == [-np.inf, 1.75]
    assert Ball(np.float64(1.0), 0).shape == ()  # type: ignore[arg-type]


def test_small_integers_do_not_wrap_around() -> None:
    small = Ball(np.array([100, -128], np.int8), np.array([100, 0], np.int8))
    total = small + small
    assert (total.lower <= [0, -256]).all()
    assert (total.upper >= [400, -256]).all()
    assert np.allclose([total.lower, total.upper], [[0, -256], [400, -256]], rtol=0, atol=1e-10)
    assert np.allclose((small * small).upper, [40000, 16384], rtol=1e-14)
    assert Ball(np.array([2**62]), 0).square().contains(2.0**124).all()  # type: ignore[arg-type]


def test_balls_survive_copies_and_pickles() -> None:
    made = Ball(np.array([1.0, 2.0]), np.array([0.5, np.inf]))
    for again in (pickle.loads(pickle.dumps(made)), copy.deepcopy(made)):
        assert again.mid.tolist() == [1.0, 2.0]
        assert again.rad.tolist() == [0.5, np.inf]


@pytest.mark.parametrize(
    "truth", [Fraction(1, 3), Fraction(-(2**80) - 1, 3), Fraction(1, 10**330), Fraction(2**53 + 1), Fraction(7, 4)]
)
def test_rational_numbers_lie_in_their_balls(truth: Fraction) -> None:
    for made in (rational_ball(truth), ball(truth)):
        mid, rad = Fraction(made.mid.item()), Fraction(made.rad.item())
        assert mid - rad <= truth <= mid + rad
        assert rad <= abs(truth) / 2**52 + Fraction(1, 2**1074)
        assert (rad == 0) == (mid == truth)


def test_numbers_beyond_the_floats_are_refused() -> None:
    for value in (10**400, Fraction(-(10**400), 3)):
        with pytest.raises(InputError, match="range of float64"):
            ball(value)
