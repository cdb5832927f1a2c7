"""Graphons: three views, cell averages by integration, the two-sided bound, errata, bad input, a planted error."""

import dataclasses
import math
from fractions import Fraction

import pytest
import scipy.integrate

from cases.graphon.case import CASE
from cases.graphon.system import GRAPHONS, cell_averages
from foundation import InputError
from stabproof import comparison
from symbolic import Outcome, all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"graphon": "max", "weight": "3/7", "nodes": 1},
        {"graphon": "bridge", "nodes": 60},
        {"graphon": "constant", "nodes": 3},
        {"nodes": 2, "nystrom": 10},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("graphon", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}


@pytest.mark.parametrize(
    ("name", "kernel"),
    [("min", min), ("max", lambda x, y: 1 - max(x, y)), ("bridge", lambda x, y: min(x, y) - x * y)],
)
def test_cell_averages_are_integrals(name, kernel):
    matrix = cell_averages(CASE.values({"graphon": name, "nodes": 3}))
    for i, j in ((0, 0), (1, 2), (2, 1), (2, 2)):
        value, _ = scipy.integrate.dblquad(kernel, i / 3, (i + 1) / 3, j / 3, (j + 1) / 3, epsabs=1e-8)
        assert 9 * value == pytest.approx(float(matrix[i, j]), abs=1e-6)


def test_the_kernel_eigenvalue_is_enclosed_ever_more_tightly():
    widths = []
    for nodes in (5, 20, 80):
        view = CASE.certified(CASE.values({"nodes": nodes}))
        found = view.values["top eigenvalue of the graphon"]
        assert found.lower <= 4 / math.pi**2 <= found.upper
        widths.append(found.width)
    assert widths[0] > 8 * widths[1] > 64 * widths[2]


def test_the_errata_are_proved():
    for erratum in CASE.errata:
        assert all_passed(erratum.proof({}).verify())


@pytest.mark.parametrize(
    "parameters", [{"graphon": "x"}, {"weight": 0}, {"weight": -1}, {"nodes": 0}, {"nystrom": 5}, {"kernel": 1}]
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("graphon", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    """A squared norm that is too small makes the upper bound fall below the eigenvalue."""
    wrong = dataclasses.replace(GRAPHONS["min"], norm=Fraction(1, 6) - Fraction(1, 1000))
    monkeypatch.setitem(GRAPHONS, "min", wrong)
    assert not comparison.crosscheck("graphon").agrees
