"""Certified integrals against closed forms, poles, branch cuts and bad ends."""

import math
from fractions import Fraction

import flint
import pytest
import sympy

from certify.integral import arb_enclosure, exact_arb, integral, integral_arb
from foundation import InputError


def contains(enclosure, exact):
    low, high = (sympy.Rational(*x.as_integer_ratio()) for x in (enclosure.lower, enclosure.upper))
    return bool(low <= exact.evalf(60) <= high)


@pytest.mark.parametrize(
    ("integrand", "ends", "exact"),
    [
        (lambda z, _: z * z, (0, 3), sympy.Integer(9)),
        (lambda z, _: 1 / (1 + z * z), (0, 1), sympy.pi / 4),
        (lambda z, _: (-z).exp(), (Fraction(1, 3), 2), sympy.exp(-sympy.Rational(1, 3)) - sympy.exp(-2)),
        (lambda z, a: z.sqrt(analytic=a), (0, 4), sympy.Rational(16, 3)),
        (lambda z, _: z.sin(), (2, -1), sympy.cos(2) - sympy.cos(1)),
    ],
)
def test_closed_forms_are_enclosed_tightly(integrand, ends, exact):
    found = integral(integrand, *ends)
    assert contains(found, exact)
    assert found.width <= 1e-14 * max(1, abs(float(exact)))


def test_the_ends_are_exact_rationals():
    found = integral_arb(lambda z, _: 1 + 0 * z, 0, Fraction(1, 3), precision=300)
    with flint.ctx.workprec(300):
        assert (3 * found).contains(1)
    assert found.rad() < flint.arb(2) ** -280


def test_a_tail_widens_to_both_sides():
    found = integral(lambda z, _: z, 0, 1, tail=Fraction(1, 4))
    assert found.lower <= 0.25
    assert found.upper >= 0.75
    assert found.width < 0.5000001


def test_a_gaussian_over_the_half_line():
    # beyond R the integrand is at most exp(-R x) for x >= R
    found = integral(lambda z, _: (-z * z).exp(), 0, 8, tail=Fraction(math.exp(-64) * 1.01))
    assert contains(found, sympy.sqrt(sympy.pi) / 2)


def test_a_pole_on_the_segment_gives_no_number():
    found = integral(lambda z, _: 1 / z, -1, 1, precision=53)
    assert math.isinf(found.width)


def test_arb_enclosures_round_outward():
    third = arb_enclosure(flint.arb(1) / 3)
    assert Fraction(third.lower) < Fraction(1, 3) < Fraction(third.upper)


@pytest.mark.parametrize("number", [0, 1, -0.75, 5e-324, 1.7976931348623157e308])
def test_floats_stay_exact(number):
    found = arb_enclosure(flint.arb(number))
    assert found.lower == found.upper == number


def test_more_bits_than_a_float_holds_are_rounded_outward():
    with flint.ctx.workprec(200):
        number = 1 + flint.arb(2) ** -100
        found = arb_enclosure(number)
    assert found.lower <= 1 < found.upper < 1 + 1e-15
    assert math.isinf(arb_enclosure(flint.arb("inf")).upper)


@pytest.mark.parametrize("end", [math.nan, math.inf, "x", None, flint.arb("nan")])
def test_bad_ends_are_refused(end):
    with pytest.raises(InputError, match="upper"):
        integral(lambda z, _: z, 0, end)


@pytest.mark.parametrize("precision", [0, 5, 2.5, True])
def test_bad_precisions_are_refused(precision):
    with pytest.raises(InputError, match="precision"):
        integral(lambda z, _: z, 0, 1, precision=precision)


def test_exact_arb_refuses_what_is_no_number():
    with pytest.raises(InputError, match="number"):
        exact_arb([1])
