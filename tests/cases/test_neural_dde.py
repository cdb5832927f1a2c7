"""Neural delay equations: agreement, first zeros, injectivity at the zero itself, derivations, bad input."""

from fractions import Fraction

import pytest
import sympy

import cases.neural_dde as module
from cases.common import delay_derivation as delay
from cases.common.delay_derivation import derive_steps, derive_threshold
from cases.neural_dde import CASE
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import Outcome, all_passed

_ZERO = "K tau at the first zero of dh(T)/dx"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"horizon": 1, "feedback": "1"},
        {"horizon": "7/2", "feedback": "1,2;-1/3,1/7", "start": "1,-2", "delay": "1/3"},
        {"horizon": 25, "feedback": "0.37"},
        {"horizon": "1/100", "feedback": "1000", "delay": "1/10"},
        {"horizon": 2, "feedback": -3},
        {"horizon": 3, "feedback": 0, "start": "1/3"},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("neural-dde", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def test_three_steps_by_the_quartic():
    """P_3 = 1 - 3 k + 2 k^2 - k^3/6, whose first root Cardano's formula gives as about 0.46748."""
    k = sympy.Symbol("k")
    polynomial = sympy.Poly(1 - 3 * k + 2 * k**2 - k**3 / 6, k)
    proved = CASE.certified(CASE.values({"horizon": 3})).values[_ZERO]
    root = min(sympy.real_roots(polynomial))
    assert sympy.Rational(proved.lower) <= root <= sympy.Rational(proved.upper)
    assert proved.width < 1e-15


def test_at_the_first_zero_the_map_is_constant():
    """One step: K tau = 1 sends every input to 0; just beside it the map is injective."""
    for feedback, verdict in (("1", Verdict.REFUTED), ("0.999999999999", Verdict.PROVED)):
        values = CASE.values({"horizon": 1, "feedback": feedback})
        assert CASE.certified(values).values["x -> h(T) is injective"] is verdict
        assert CASE.symbolic(values).values["x -> h(T) is injective"] is verdict


def test_the_derivations_pass():
    assert all_passed(derive_threshold().verify())
    assert all_passed(derive_steps(Fraction(17, 4)).verify())


def test_a_wrong_piece_fails_its_step(monkeypatch):
    monkeypatch.setattr(delay, "step_sum", lambda time, kappa, count: 1 - kappa * time)
    assert any(result.outcome is Outcome.FAILED for result in derive_steps(Fraction(2)).verify())


def test_a_wrong_integrator_breaks_the_agreement(monkeypatch):
    honest = module.delay_path
    monkeypatch.setattr(
        module, "delay_path", lambda phases, start, lag, steps: honest(phases, 1.001 * start, lag, steps)
    )
    assert not crosscheck("neural-dde").agrees


@pytest.mark.parametrize(
    "bad",
    [
        {"feedback": "1,2"},
        {"feedback": "1e9"},
        {"delay": 0},
        {"delay": "nan"},
        {"horizon": 26},
        {"horizon": 0},
        {"start": "1,2"},
        {"start": "inf"},
        {"start": "1e300"},
        {"steps": 3},
        {"tau": 1},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("neural-dde", **bad)
