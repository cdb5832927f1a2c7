"""Dense residual networks: agreement, Fibonacci and its square, blocks, history, bad input."""

from fractions import Fraction

import pytest
import sympy

import cases.denseresnet.case as module
from cases.denseresnet.case import CASE, exact_layers
from cases.denseresnet.derivation import dense_companion, derive_fibonacci
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed

_GROWTH = "growth per layer"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"tail_weight": 1, "coefficients": 0, "layers": 20},
        {"coefficients": "-1/2,0,1/4,0,0,0,1/100", "history": "constant", "layers": 300},
        {
            "coefficients": "-1/2,1/3,0,1/5;0,-1,1/7,0",
            "start": "1,-2",
            "tail_weight": "1/10",
            "tail_ratio": "1/2",
        },
        {"coefficients": "-1", "layers": 5},
        {"coefficients": "-2,-1", "layers": 100},
        {"coefficients": "0,-1/4", "layers": 60},
        {"coefficients": ",".join(["1/24"] * 24), "layers": 2000},
        {"coefficients": "1/10,-3/10,7/10", "layers": 2000},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("denseresnet", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def test_fibonacci_and_its_square():
    """h_l = F_{l+1}; with all layers the values are every second Fibonacci number."""
    fibonacci = [1, 1]
    while len(fibonacci) < 40:
        fibonacci.append(fibonacci[-1] + fibonacci[-2])
    assert [layer[0] for layer in exact_layers(CASE.values({"layers": 30}))] == fibonacci[:31]
    full = exact_layers(CASE.values({"coefficients": 0, "tail_weight": 1, "layers": 15}))
    assert [layer[0] for layer in full] == fibonacci[:31:2]
    golden = (1 + sympy.sqrt(5)) / 2
    proved = CASE.certified(CASE.values({"coefficients": 0, "tail_weight": 1})).values[_GROWTH]
    assert sympy.Rational(proved.lower) <= golden**2 <= sympy.Rational(proved.upper)
    assert proved.width < 1e-12


def test_a_delay_equation_by_euler():
    """h' = -h(t - 1) with step 1/2 and constant history: h_{l+1} = h_l - h_{l-2}/2, by hand."""
    layers = exact_layers(CASE.values({"coefficients": "0,0,-1/2", "history": "constant", "layers": 4}))
    assert [layer[0] for layer in layers] == [1, Fraction(1, 2), 0, Fraction(-1, 2), Fraction(-3, 4)]


@pytest.mark.parametrize(
    ("coefficients", "verdict"),
    [("-1/2", Verdict.STABLE), ("-2", Verdict.UNDECIDED), ("0,-1", Verdict.UNDECIDED), ("0,-1/4", Verdict.STABLE)],
)
def test_the_verdict(coefficients, verdict):
    """z^2 - z + 1 has the roots of unity of order six; z^2 - z + 1/4 the double root 1/2."""
    assert CASE.certified(CASE.values({"coefficients": coefficients})).values["stability of the origin"] is verdict


def test_the_derivation_passes():
    assert all_passed(derive_fibonacci().verify())


def test_a_wrong_companion_breaks_the_agreement(monkeypatch):
    def planted(blocks, weight, ratio):
        matrix = sympy.Matrix(dense_companion(blocks, weight, ratio))
        matrix[0, 0] += sympy.Rational(1, 1000)
        return matrix.as_immutable()

    monkeypatch.setattr(module, "dense_companion", planted)
    assert not crosscheck("denseresnet").agrees


@pytest.mark.parametrize(
    "bad",
    [
        {"coefficients": "1,2;3,4;5,6"},
        {"coefficients": "1001"},
        {"coefficients": "nan"},
        {"start": "1,2"},
        {"start": "1e9"},
        {"history": "zero"},
        {"layers": 0},
        {"coefficients": "900", "layers": 2000},
        {"tail_ratio": 3},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("denseresnet", **bad)
