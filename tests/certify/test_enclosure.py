"""Enclosures: comparisons that are proved or not, and a printed form that contains the enclosure."""

import math
import re
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certify.enclosure import Enclosure
from certify.verdict import Verdict
from foundation import InputError

floats = st.floats(allow_nan=False)  # infinities too


@settings(deadline=None, max_examples=500)
@given(floats, floats)
@example(0.1, 0.1)
@example(-0.0, 0.0)
@example(0.1, math.nextafter(0.1, 1))
@example(-1.7976931348623157e308, 1.7976931348623157e308)
@example(0.0, 5e-324)
@example(9.9999999, 10.0)
def test_the_printed_interval_contains_the_enclosure(a: float, b: float) -> None:
    enclosure = Enclosure(min(a, b), max(a, b))
    low, high = _read(str(enclosure))
    assert low <= enclosure.lower
    assert enclosure.upper <= high


@settings(deadline=None, max_examples=300)
@given(st.floats(-1e300, 1e300), st.floats(1e-300, 1e300))
def test_the_printed_interval_is_at_most_a_digit_wider(mid: float, rad: float) -> None:
    enclosure = Enclosure(mid - rad, mid + rad)
    if enclosure.lower == enclosure.upper:
        return
    low, high = _read(str(enclosure))
    width = Fraction(enclosure.upper) - Fraction(enclosure.lower)
    assert Fraction(high) - Fraction(low) <= 5 * width


def _read(text: str) -> tuple[Fraction | float, Fraction | float]:
    """The interval that a printed enclosure stands for."""
    if text in ("inf", "-inf"):
        return float(text), float(text)
    if text.endswith(" exactly"):
        value = _number(text.removesuffix(" exactly"))
        return value, value
    if match := re.fullmatch(r"[\[(](.+), (.+)[\])]", text):
        return _number(match[1]), _number(match[2])
    match = re.fullmatch(r"(-?[\d.]+)\((\d+)\)(e[+-]\d+)?", text)
    assert match, text
    decimals = len(match[1].partition(".")[2])
    scale = Fraction("1" + (match[3] or "e0"))
    middle, spread = Fraction(match[1]) * scale, int(match[2]) * scale / 10**decimals
    return middle - spread, middle + spread


def _number(text: str) -> Fraction | float:
    return float(text) if "inf" in text else Fraction(text)


def test_known_prints() -> None:
    assert str(Enclosure(0.5, 0.5)) == "0.5 exactly"
    assert str(Enclosure(-math.inf, 2.0)) == "(-inf, 2]"
    assert str(Enclosure(1.0, math.inf)) == "[1, inf)"
    assert str(Enclosure(10.0, math.inf)) == "[10, inf)"
    assert str(Enclosure(-math.inf, -400.0)) == "(-inf, -400]"
    assert str(Enclosure(1.25, 1.35)) == "1.30(6)"


def test_comparisons_say_only_what_is_proved() -> None:
    x = Enclosure(1.0, 2.0)
    assert x.is_below(2.5)
    assert not x.is_below(2.0)
    assert x.is_above(0.5)
    assert not x.is_above(1.0)
    assert x.contains(Fraction(3, 2))
    assert x.contains(1)
    assert not x.contains(Fraction(2) + Fraction(1, 10**40))
    assert not x.contains(math.inf)
    assert Enclosure(0.0, math.inf).contains(math.inf)
    assert x.encloses(Enclosure(1.5, 2.0))
    assert not x.encloses(Enclosure(0.5, 2.0))
    assert x.intersect(Enclosure(1.5, 3.0)) == Enclosure(1.5, 2.0)
    with pytest.raises(ArithmeticError, match="contradict"):
        x.intersect(Enclosure(3.0, 4.0))
    for verdict in Verdict:
        with pytest.raises(TypeError, match="no truth value"):
            bool(verdict)


@settings(deadline=None)
@given(floats, floats)
def test_width_and_midpoint(a: float, b: float) -> None:
    enclosure = Enclosure(min(a, b), max(a, b))
    assert enclosure.lower <= enclosure.midpoint <= enclosure.upper
    if math.isfinite(a) and math.isfinite(b):
        assert enclosure.width >= Fraction(enclosure.upper) - Fraction(enclosure.lower)


@pytest.mark.parametrize(("lower", "upper"), [(2.0, 1.0), (math.nan, 1.0), (0.0, math.nan), (np.nan, np.nan)])
def test_what_is_no_enclosure_is_refused(lower: float, upper: float) -> None:
    with pytest.raises(InputError, match="lower <= upper"):
        Enclosure(lower, upper)


@pytest.mark.parametrize(
    "bounds", [("1", 2.0), (np.nan, 1.0), (0.0, 2**53 + 1), (1j, 2.0), (2.0, 1), (None, 1.0), (0, True)]
)
def test_bounds_are_floats_exactly(bounds: tuple) -> None:
    with pytest.raises(InputError):
        Enclosure(*bounds)


def test_bounds_of_other_types_become_floats() -> None:
    made = Enclosure(np.float32(0.5), Fraction(3, 4))
    assert (made.lower, made.upper) == (0.5, 0.75)
    assert type(made.lower) is type(made.upper) is float
    assert Enclosure(-np.inf, np.float64("inf")).lower == -math.inf


def test_comparisons_are_certain_or_refused() -> None:
    value = Enclosure(5.0, 6.0)
    assert value < 7
    assert value <= 6
    assert not value < 5
    assert not value <= 4.5
    assert value > 4
    assert value >= 5
    assert not value > 6
    assert not value >= Fraction(13, 2)
    assert value > 4
    assert value <= 7
    assert value < Enclosure(6.5, 7.0)
    assert not value < Enclosure(4.0, 5.0)
    assert value <= Enclosure(6.0, 7.0)
    for undecided in (
        lambda: value < 6,
        lambda: value < 5.5,
        lambda: value <= 5,
        lambda: value > 5,
        lambda: value >= 6,
        lambda: value < Enclosure(6.0, 7.0),
    ):
        with pytest.raises(InputError, match="undecided"):
            undecided()
    for wrong in (lambda: value < np.nan, lambda: value < "6", lambda: value > None):
        with pytest.raises(InputError):
            wrong()


def test_membership_is_that_of_the_exact_number() -> None:
    tenth = Enclosure(0.1, 0.1)
    assert 0.1 in tenth
    assert Fraction(1, 10) not in tenth
    assert 6 in Enclosure(5.0, 6.0)
    assert math.inf not in Enclosure(5.0, 6.0)
    with pytest.raises(InputError):
        _ = "5" in tenth
    with pytest.raises(InputError, match="not a single float"):
        float(Enclosure(5.0, 6.0))


@pytest.mark.parametrize("bounds", [(0.0, 0.0), (5.0, 6.0), (-1.0, 1.0)])
def test_an_enclosure_has_no_truth_value(bounds: tuple[float, float]) -> None:
    with pytest.raises(InputError, match=r"no truth value.*compare it with a number"):
        bool(Enclosure(*bounds))
