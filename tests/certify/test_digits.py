"""The one rule of printing proved numbers: it contains, and it decides what the bounds decide."""

import math
import re
from fractions import Fraction

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from certify.certificate.format1_digits import format1_digits
from certify.certificate.summary import claim_digits
from certify.digits import at_least, at_most, digits_apart, proved_digits
from certify.enclosure import Enclosure

floats = st.floats(allow_nan=False)
moderate = st.floats(-4, 4).map(lambda x: x + 0.0)


def read(text):
    """The set that a printed enclosure stands for, read apart from the code that prints it."""
    if text in ("inf", "-inf"):
        return float(text), float(text)
    if text.endswith(" exactly"):
        return (Fraction(text.removesuffix(" exactly")),) * 2
    if match := re.fullmatch(r"[\[(](.+), (.+)[\])]", text):
        return tuple(float(end) if "inf" in end else Fraction(end) for end in match.groups())
    match = re.fullmatch(r"(-?[\d.]+)\((\d+)\)(e[+-]\d+)?", text)
    assert match, text
    scale = Fraction("1" + (match[3] or "e0"))
    middle, spread = Fraction(match[1]) * scale, int(match[2]) * scale / 10 ** len(match[1].partition(".")[2])
    return middle - spread, middle + spread


def sides(low, high, threshold):
    return low > threshold, high < threshold


@settings(deadline=None, max_examples=400)
@given(st.one_of(floats, moderate), st.one_of(floats, moderate), st.lists(st.floats(-1e9, 1e9), max_size=2))
@example(-0.3678, -0.0037, [])
@example(0.96, 0.9999, [])
@example(0.99999999, math.nextafter(1, 0), [])
@example(0.0, 0.5, [])
@example(-math.inf, -5e-324, [])
@example(0.596, 0.5961, [0.59611])
def test_every_decided_comparison_is_kept(a, b, thresholds):
    lower, upper = min(a, b), max(a, b)
    low, high = read(proved_digits(lower, upper, thresholds))
    assert low <= lower
    assert upper <= high
    for threshold in (-1, 0, 1, *thresholds):
        assert sides(low, high, threshold) == sides(lower, upper, threshold)
    assert low >= 0 or lower < 0
    assert high <= 0 or upper > 0


def test_digits_by_hand():
    assert proved_digits(-0.3678, -0.0037) == "[-0.3679, -0.0037]"  # 0.3678 as a float lies beyond the decimal
    assert proved_digits(1.25, 1.35) == "1.30(6)"
    assert proved_digits(0.0, 0.5) == "0.25(25)"
    assert proved_digits(1.0, 2.0) == "1.5(5)"
    # a margin of 0.0001 below a threshold of 0.5963 is kept only where it matters
    assert proved_digits(0.5950, 0.5962) == "0.5956(7)"
    assert read(proved_digits(0.5950, 0.5962, [Fraction(5963, 10000)]))[1] < Fraction(5963, 10000)


def test_format_1_keeps_the_rule_of_its_time():
    assert format1_digits(Enclosure(-0.3678, -0.0037)) == "-0.2(2)"
    assert format1_digits(Enclosure(-math.inf, -3.7e-9)) == "(-inf, -3.7E-9]"
    assert format1_digits(Enclosure(2.0, 2.0)) == "2 exactly"


@settings(deadline=None, max_examples=200)
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(1, 9))
def test_bounds_are_rounded_outward(value, digits):
    assert Fraction(at_most(value, digits)) >= Fraction(value) >= Fraction(at_least(value, digits))
    assert abs(Fraction(at_most(value, digits)) - Fraction(value)) <= abs(Fraction(value)) * Fraction(10) ** (
        1 - digits
    )


def test_two_numbers_of_a_sentence_differ_in_print():
    assert digits_apart(1.0, math.nextafter(1.0, 2)) == ("1", "1.0000000000000002")
    assert digits_apart(0.5, 0.25) == ("0.5", "0.25")


@settings(deadline=None, max_examples=200)
@given(floats, floats)
def test_different_numbers_are_told_apart(a, b):
    first, second = digits_apart(a, b)
    assert (first != second) == (a != b) or {a, b} == {0.0}


@pytest.fixture(scope="module")
def stable():
    import numpy as np

    import stabproof as sp

    problem = sp.Regression(lambda t, x: t[0] * t[1] * x, np.array([1.5, 2.0]), np.ones(1), np.full(1, 3.0))
    return sp.certify_minimum(problem, sp.GradientDescent(0.1))


def test_a_claim_keeps_the_comparison_with_the_learning_rate(stable):
    from dataclasses import replace

    rate = 0.1
    claim = next(c for c in stable.claims if c.name == "critical_learning_rate")
    close = replace(claim, enclosure=Enclosure(math.nextafter(rate, 1), 0.14))
    low, _ = read(claim_digits(stable, close))
    assert low > Fraction(rate)
    assert read(str(close.enclosure))[0] < Fraction(rate)
