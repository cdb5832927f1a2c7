"""Recurrent networks: agreement, the triangle, equilibria with input, bad input."""

from fractions import Fraction

import numpy as np
import pytest

from cases.rnn.case import CASE
from cases.rnn.derivation import derive_recurrent_triangle
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"a": "1/2,1/3;-1/4,1/5", "b": "1/10,0;1/7,-1/3"},
        {"a": "1/2,1/3;-1/4,1/5", "b": "1/10,0;1/7,-1/3", "input": "1,-1/2"},
        {"a": "-3", "b": "100", "input": "1/3"},
        {"a": "0,0;0,0", "b": "0,1;0,0", "input": "0"},
        {"a": "1/2", "b": "1/2"},
        {"a": "1", "b": "0", "input": "1"},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("rnn", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


@pytest.mark.parametrize("a", ["-3/2", "-1/2", "0", "3/4", "7/4"])
@pytest.mark.parametrize("b", ["-5/4", "-9/10", "0", "1/3", "6/5"])
def test_the_verdict_is_the_triangle(a, b):
    inside = abs(Fraction(a)) < 1 - Fraction(b) and Fraction(b) > -1
    assert CASE.certified(CASE.values({"a": a, "b": b})).values["verdict"] is (
        Verdict.STABLE if inside else Verdict.UNSTABLE
    )


def test_the_edge_of_the_triangle_stays_undecided():
    assert CASE.certified(CASE.values({"a": "2/3", "b": "1/3"})).values["verdict"] is Verdict.UNDECIDED
    assert CASE.symbolic(CASE.values({"a": "2/3", "b": "1/3"})).values["spectral radius"] == 1


def test_the_equilibrium_solves_its_equation():
    """a = 0, b = 1, u = 1/2: x = tanh x + 1/2, bracketed by the sign of the residual."""
    proved = CASE.certified(CASE.values({"a": 0, "b": 1, "input": "1/2"})).values["equilibrium x1"]
    assert proved.width < 1e-13
    for x, side in ((proved.lower - 1e-9, -1), (proved.upper + 1e-9, 1)):
        assert np.sign(x - np.tanh(x) - 0.5) == side


def test_the_derivation_passes():
    assert all_passed(derive_recurrent_triangle().verify())


@pytest.mark.parametrize(
    "bad",
    [
        {"a": "1,2"},
        {"a": "1,0;0,1"},
        {"input": "1,2"},
        {"b": "x"},
        {"a": "inf"},
        {"steps": -1},
        {"b": "1e400"},
        {"input": "1e300"},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("rnn", **bad)
