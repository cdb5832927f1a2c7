"""Mean-field limits: three views, the equality case, Lipschitz constants, bad input, a planted error."""

import dataclasses
import math
from fractions import Fraction

import numpy as np
import pytest
import scipy.integrate
import sympy

from cases.mean_field.case import CASE
from cases.mean_field.derivation import _distance
from cases.mean_field.estimates import mean_field_path
from cases.mean_field.proofs import lipschitz_on_box
from cases.mean_field.system import coupling_name
from foundation import InputError
from stabproof import comparison
from symbolic import Outcome

_GROWTH, _BOUND = "growth of W1", "Dobrushin's factor exp(2 L T)"


@pytest.mark.parametrize(
    "parameters",
    [
        {"particles": 2000},
        {"coupling": "sine", "a": "-2/3", "particles": 2000},
        {"coupling": "cubic", "a": 2, "b": "1/3", "particles": 2000},
        {"width": "1/3", "shift": 0, "a": "-1/3", "b": 2, "time": 3, "particles": 2000},
        {"shift": 0, "particles": 2000},
        {"width": 0, "shift": "1/4", "a": 3, "b": 3, "time": 5, "particles": 2000},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("mean-field", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}


@pytest.mark.parametrize("time", ["1/2", "3"])
def test_the_estimate_is_an_equality_for_a_shift(time):
    values = CASE.values({"time": time})
    exact = CASE.symbolic(values).values
    assert exact[_GROWTH] == exact[_BOUND] == sympy.exp(2 * sympy.Rational(time))


@pytest.mark.parametrize(
    "parameters", [{"width": "1/3", "a": "-1/3", "b": 2}, {"a": 3, "b": -3, "width": "2", "shift": "-1/2"}]
)
def test_the_estimate_is_an_upper_bound(parameters):
    proved = CASE.certified(CASE.values(parameters)).values
    assert proved[_GROWTH].upper <= proved[_BOUND].lower


def test_the_distance_of_two_uniform_laws_by_quadrature():
    for slope, middle in ((2.0, 0.3), (2.0, 1.5), (-1.0, 0.1), (0.0, -0.7)):
        value, _ = scipy.integrate.quad(lambda q, s=slope, m=middle: abs(s * (q - 0.5) + m), 0, 1, limit=200)
        exact = _distance(sympy.Rational(str(slope)), sympy.Rational(str(middle)))
        assert float(exact) == pytest.approx(value, abs=1e-7)


@pytest.mark.parametrize(
    ("coupling", "a", "b", "radius", "constant"),
    [("linear", -2, 1, 1, 2.0), ("sine", 3, 0, "1/2", 3.0), ("cubic", 1, "1/2", 1, 2.0), ("cubic", 3, 1, "1/10", 3.0)],
)
def test_lipschitz_constants(coupling, a, b, radius, constant):
    values = CASE.values({"coupling": coupling, "a": a, "b": b, "radius": radius})
    found = lipschitz_on_box(coupling_name(values), values["radius"])
    assert found.lower <= constant <= found.upper
    assert found.width < 0.15


def test_the_bound_is_not_claimed_where_the_box_is_left():
    values = CASE.values({"coupling": "cubic", "a": 3, "b": 3, "radius": 1})
    assert _BOUND not in CASE.certified(values).values
    assert _BOUND not in CASE.symbolic(values).values


def test_the_particles_follow_the_characteristics():
    start = np.array([0.0, 1.0, 5.0])
    times, states = mean_field_path(lambda x: -x + 0.5 * x.mean(), start, 2.0, 50, 2)
    exact = math.exp(-2) * (start - 2) + 2 * math.exp(-1)
    assert times == pytest.approx([0, 1, 2])
    assert states[-1] == pytest.approx(exact, abs=1e-8)


@pytest.mark.parametrize(
    "parameters",
    [{"coupling": "x"}, {"a": 4}, {"time": 0}, {"radius": 0}, {"particles": 3}, {"width": -1}, {"b": "nan"}],
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("mean-field", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    def wrong(values):
        view = CASE.symbolic(values)
        return dataclasses.replace(view, values={**view.values, _GROWTH: sympy.exp(2) + Fraction(1, 10**9)})

    planted = dataclasses.replace(CASE, symbolic=wrong)
    monkeypatch.setattr(comparison, "case", lambda name: planted)
    assert not comparison.crosscheck("mean-field", particles=10).agrees
