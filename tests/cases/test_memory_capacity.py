"""Memory capacity: agreement, the verdicts on both sides of each threshold, consistency of yes and no, erratum."""

from fractions import Fraction

import flint
import numpy as np
import pytest

from cases.memory_capacity.case import CASE
from cases.memory_capacity.network import network_values, target
from certify.delay import best_decay_phase, decay_phase, first_zero, reach
from certify.verdict import Verdict
from foundation import InputError
from numeric.delay import Phase, delay_path
from stabproof.comparison import crosscheck
from symbolic import all_passed

_OURS, _PRINTED = "Psi is represented", "verdict of Theorem 2.10"


def verdicts(**parameters):
    values = CASE.certified(CASE.values(parameters)).values
    return values[_PRINTED], values[_OURS]


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"lipschitz": "1.3"},
        {"lipschitz": "1/2", "horizon": 16},
        {"lipschitz": "1/3", "horizon": 40},
        {"target": "bump", "amplitude": 3, "w": "1/2", "lipschitz": "7/10", "horizon": "17/3"},
        {"dimension": 2, "lipschitz": "1/3"},
        {"lipschitz": 100, "delay": "1/10", "horizon": 3, "target": "tanh", "frequency": 7},
        {"lipschitz": "1/1000", "delay": "1/1000", "horizon": "1/100", "target": "sin", "amplitude": 1000},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("memory-capacity", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def test_the_bounds_of_the_theorem():
    """cos, w = w~ = 1: no below 1/e, yes from 4, and nothing in between."""
    assert verdicts(lipschitz="0.3678")[0] is Verdict.REFUTED
    assert verdicts(lipschitz="0.3679")[0] is Verdict.UNDECIDED
    assert verdicts(lipschitz="3.9999999999")[0] is Verdict.UNDECIDED
    assert verdicts(lipschitz="4")[0] is Verdict.PROVED


def test_the_sharpened_bounds():
    """T = tau: no below 1, yes from 1 + l = 2. T = 2 tau: no below 2 - sqrt 2. Gronwall: no below log(2)/T for cos."""
    assert verdicts(horizon=1, lipschitz="0.9999999999")[1] is Verdict.REFUTED
    assert verdicts(horizon=1, lipschitz="1.5")[1] is Verdict.UNDECIDED
    assert verdicts(horizon=1, lipschitz="1.9999999999")[1] is Verdict.UNDECIDED
    assert verdicts(horizon=1, lipschitz="2")[1] is Verdict.PROVED
    assert verdicts(lipschitz="0.5857864376269")[1] is Verdict.REFUTED
    assert verdicts(lipschitz="0.5857864376270")[1] is Verdict.UNDECIDED
    assert verdicts(dimension=3, lipschitz="0.3465735902")[1] is Verdict.REFUTED
    assert verdicts(dimension=3, lipschitz="0.3465735903")[1] is Verdict.UNDECIDED


def test_any_memory_above_one_over_e_is_enough_for_a_long_horizon():
    assert verdicts(lipschitz="0.42", horizon=35)[1] is Verdict.PROVED
    assert verdicts(lipschitz="0.3678", horizon=40)[1] is Verdict.REFUTED


def test_yes_and_no_exclude_each_other():
    """A construction with positive reach needs more than the first zero, and stays within Gronwall's bound."""
    rng = np.random.default_rng(0)
    for _ in range(25):
        memory, horizon = Fraction(int(rng.integers(1, 400)), 100), Fraction(int(rng.integers(8, 80)), 8)
        times = [Fraction(k, 8) for k in range(1, min(48, int(8 * horizon)) + 1)]
        way = best_decay_phase(memory, horizon, times)
        if way is None:
            continue
        assert flint.arb(flint.fmpq(*memory.as_integer_ratio())) > first_zero(horizon)
        exponent = memory * horizon
        assert reach(memory, horizon, way) < flint.arb(flint.fmpq(*exponent.as_integer_ratio())).exp() - 1


def test_the_printed_kernel_represents_the_cosine():
    """The triangle of height 2/tau on [0, tau], K tau = 4, then nothing: an equation of its own for this test."""
    x = np.linspace(-7, 7, 29)
    phases = [
        Phase(1.0, lambda t, h, past: 2 * (1 - t) * (np.cos(past) - past)),
        Phase(2.0, lambda t, h, past: 0 * h),
    ]
    assert np.abs(delay_path(phases, x, 1.0, 50).states[-1] - np.cos(x)).max() < 1e-12


@pytest.mark.parametrize(("memory", "horizon", "ell"), [(1.5, 2.0, 1.0), (0.8, 4.0, 0.5), (0.5, 16.0, 2.0)])
def test_the_construction_is_lipschitz_and_exact(memory, horizon, ell):
    way = best_decay_phase(
        Fraction(memory), Fraction(horizon), [Fraction(k, 8) for k in range(1, 33) if k <= 8 * horizon]
    )
    values = CASE.values({"lipschitz": memory, "horizon": horizon, "amplitude": ell})
    found, remarks = network_values(values, memory, horizon, ell, way)
    assert found["K_Psi / (w w~) in reach of the construction"][0] > ell
    assert float(remarks[0].rsplit(" ", 1)[1].rstrip(".")) < 1e-6
    assert target(values, np.array([0.0]))[0] == ell


def test_a_drain_ends_at_zero():
    way = decay_phase(Fraction(5, 2))
    kappa = float(way.kappa)
    path = delay_path([Phase(2.5, lambda t, h, past: -kappa * past)], np.array(1.0), 1.0, 80)
    assert abs(path.states[-1]) < 1e-9
    assert path.states[np.searchsorted(path.times, 1.5)] == pytest.approx(float(way.rest), abs=1e-8)


def test_the_erratum_is_proved():
    (erratum,) = CASE.errata
    assert all_passed(erratum.proof(CASE.values({})).verify())


def test_a_wrong_reach_breaks_the_agreement(monkeypatch):
    import cases.memory_capacity.case as module

    monkeypatch.setattr(module, "reach", lambda memory, horizon, way: 2 * reach(memory, horizon, way))
    assert not crosscheck("memory-capacity").agrees


@pytest.mark.parametrize(
    "bad",
    [
        {"delay": 3},
        {"delay": "1/100"},
        {"lipschitz": 0},
        {"lipschitz": 1000},
        {"target": "x^2"},
        {"dimension": 0},
        {"w": -1},
        {"amplitude": "nan"},
        {"horizon": "inf"},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("memory-capacity", **bad)
