"""Flocking: three views, thresholds and distances against closed forms and independent quadrature, bad input."""

import dataclasses
import math
from fractions import Fraction

import mpmath
import pytest
import sympy

from cases.cucker_smale.case import CASE
from cases.cucker_smale.proofs import whole_area
from cases.cucker_smale.system import area
from certify.integral import arb_enclosure
from certify.verdict import Verdict
from foundation import InputError
from stabproof import comparison
from symbolic import Outcome


@pytest.mark.parametrize(
    "parameters",
    [
        {"agents": 10},
        {"velocity": 2, "agents": 10},
        {"alpha": "1/2", "position": -1, "velocity": 3, "agents": 10},
        {"alpha": "3/2", "coupling": 2, "position": 1, "velocity": -1, "agents": 10},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("cucker-smale", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}


@pytest.mark.parametrize("alpha", [Fraction(2), Fraction(3, 2), Fraction(21, 20), Fraction(7, 3), Fraction(20)])
def test_the_whole_area_has_its_closed_form(alpha):
    found = arb_enclosure(whole_area(alpha))
    with mpmath.workdps(40):
        angle = mpmath.pi * alpha.denominator / alpha.numerator
        assert found.lower <= angle / mpmath.sin(angle) <= found.upper
    assert found.width < 1e-13


@pytest.mark.parametrize(("alpha", "r"), [("1/2", "9"), ("3/2", "-2"), ("7/3", "1/10"), ("1", "5")])
def test_areas_against_independent_quadrature(alpha, r):
    alpha, r = Fraction(alpha), Fraction(r)
    found = arb_enclosure(area(r, alpha))
    with mpmath.workdps(30):
        power, end = mpmath.mpf(alpha.numerator) / alpha.denominator, mpmath.mpf(abs(r).numerator) / r.denominator
        value = mpmath.quad(lambda s: 1 / (1 + s**power), [0, mpmath.mpf("1e-3"), mpmath.mpf("0.1"), end])
        # the integrand has a branch point at 0, where the quadrature loses digits
        assert abs(math.copysign(float(value), r) - found.midpoint) < 1e-9


def test_alpha_one_half_in_closed_form():
    """The integral of 1/(1 + sqrt s) from 0 to 9 is 2 (3 - log 4)."""
    found = arb_enclosure(area(Fraction(9), Fraction(1, 2)))
    exact = 2 * (3 - sympy.log(4)).evalf(40)
    assert sympy.Rational(*found.lower.as_integer_ratio()) <= exact <= sympy.Rational(*found.upper.as_integer_ratio())
    assert found.width < 1e-14


@pytest.mark.parametrize(
    ("velocity", "verdict"), [("1.570796326794896", Verdict.PROVED), ("1.570796326794897", Verdict.REFUTED)]
)
def test_the_threshold_is_sharp(velocity, verdict):
    values = CASE.values({"velocity": velocity})
    assert CASE.certified(values).values["the agents flock"] is verdict
    assert CASE.symbolic(values).values["the agents flock"] is verdict


def test_mirror_images_agree():
    views = [
        CASE.certified(CASE.values({"position": r, "velocity": w, "alpha": "5/2"})).values
        for r, w in (("1/3", "-1/2"), ("-1/3", "1/2"))
    ]
    assert views[0] == views[1]


@pytest.mark.parametrize(
    "parameters",
    [
        {"alpha": 0},
        {"alpha": "0.123456"},
        {"alpha": 21},
        {"coupling": 0},
        {"velocity": "inf"},
        {"position": 1e9},
        {"agents": 1},
    ],
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("cucker-smale", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    def wrong(values):
        view = CASE.symbolic(values)
        return dataclasses.replace(view, values={**view.values, "final distance": sympy.tan(sympy.Rational(101, 100))})

    planted = dataclasses.replace(CASE, symbolic=wrong)
    monkeypatch.setattr(comparison, "case", lambda name: planted)
    assert not comparison.crosscheck("cucker-smale", agents=2).agrees
