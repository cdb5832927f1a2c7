"""Two orders of differentiation: three views, other parameters, bad input, a planted error."""

from fractions import Fraction

import pytest
import sympy

from cases import backprop
from foundation import InputError
from stabproof import comparison
from symbolic import Outcome


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"steps": 1},
        {"steps": 12, "parameter": "3.9", "start": "0.3"},
        {"steps": 200, "parameter": 4, "start": "1/3"},
        {"steps": 40, "parameter": 2, "start": "1/3"},
        {"parameter": 0},
        {"start": 1},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("backprop", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}


def test_against_the_composed_polynomial():
    p, x = sympy.symbols("p x")
    composed = x
    for _ in range(5):
        composed = p * composed * (1 - composed)
    place = {p: sympy.Rational(7, 2), x: sympy.Rational(2, 5)}
    exact = backprop.CASE.symbolic(backprop.CASE.values({"parameter": "7/2", "start": "2/5", "steps": 5})).values
    assert exact["dx_n/dp, reverse (adjoint equation)"] == sympy.diff(composed, p).subs(place)
    assert exact["dx_n/dx_0, forward"] == sympy.diff(composed, x).subs(place)


def test_the_conjugate_tent_map():
    """At p = 4, x_n = sin^2(2^n t): dx_n/dx_0 = +-2^n sqrt(x_n (1 - x_n) / (x_0 (1 - x_0)))."""
    found = backprop.CASE.certified(backprop.CASE.values({"parameter": 4, "start": "1/3", "steps": 100})).values
    end, slope = found["x_n"], found["dx_n/dx_0, reverse"]
    expected = 2.0**100 * (end.midpoint * (1 - end.midpoint) / (2 / 9)) ** 0.5
    assert abs(slope.midpoint) == pytest.approx(expected, rel=1e-12)


def test_the_enclosures_are_tight():
    found = backprop.CASE.certified(backprop.CASE.values({"parameter": "3.9", "start": "0.3", "steps": 150})).values
    for enclosure in found.values():
        assert enclosure.width <= 1e-15 * max(abs(enclosure.lower), 1e-300)


@pytest.mark.parametrize(
    "parameters", [{"parameter": 5}, {"parameter": -1}, {"start": "3/2"}, {"steps": 0}, {"steps": 1.5}, {"p": 1}]
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("backprop", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    right = backprop._reverse

    def wrong(p, x, steps):
        total, adjoint = right(p, x, steps)
        return total + Fraction(1, 10**12), adjoint

    monkeypatch.setattr(backprop, "_reverse", wrong)
    assert not comparison.crosscheck("backprop").agrees
