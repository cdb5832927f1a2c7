"""Fluctuations of random networks: exact variances at the start and later, ensembles, erratum, a planted error."""

import dataclasses

import numpy as np
import pytest

from cases.fluctuations import case as fluctuations
from cases.fluctuations.estimates import InitialLaw, charge_flow_ensemble, full_flow_ensemble
from foundation import InputError
from stabproof import comparison
from symbolic import Outcome, all_passed

_QUICK = {"particles": "8,16", "replicas": 16, "duration": 1}


@pytest.mark.parametrize(
    "parameters",
    [
        _QUICK,
        {**_QUICK, "mean": 0, "time": 0, "kappa": 3},
        {**_QUICK, "mean": "-3/2", "charge_variance": "1/4", "x": -2, "target": 1, "time": 5, "variance": 2},
        {**_QUICK, "particles": 4, "seed": 9},
        {**_QUICK, "kappa": 20, "x": 5, "variance": "1/2"},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("fluctuations", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}


def test_exact_paths_solve_the_flow():
    """One point, positions at rest: Euler steps of the charges of one small network reach the closed form."""
    law = InitialLaw(1.0, 1.0, 1.0, 1.0)
    y, c = law.draw((1, 5), np.random.default_rng(3))
    phi = np.exp(-0.5 * (0.5 - y[0]) ** 2)
    charges = c[0].copy()
    for _ in range(20_000):
        charges = charges + 1e-4 * phi * (2.0 - np.mean(charges * phi))
    path = charge_flow_ensemble(law, 0.5, 2.0, [2.0], 5, 1, 3)
    assert path[0, 0] == pytest.approx(np.mean(charges * phi), rel=1e-4)


def test_the_full_flow_falls_and_keeps_the_order():
    """n times the variance is the same for two n within its error, and decays."""
    law = InitialLaw(1.0, 1.0, 1.0, 1.0)
    points = np.linspace(-2, 2, 8)
    spreads = []
    for n in (32, 128):
        times, paths = full_flow_ensemble(law, points, np.sin(2 * points), 4.0, 10, 4, n, 200, 1)
        assert paths.shape == (5, 200, 8)
        assert times[-1] == 4.0
        spreads.append(n * paths.var(axis=1, ddof=1).mean(axis=1))
    assert spreads[0] == pytest.approx(spreads[1], rel=0.35)
    assert spreads[1][-1] < 0.5 * spreads[1][0]


def test_a_finer_step_changes_the_full_flow_little():
    law = InitialLaw(1.0, 1.0, 1.0, 1.0)
    points = np.linspace(-2, 2, 8)
    coarse, fine = (
        full_flow_ensemble(law, points, np.sin(2 * points), 2.0, steps, 2, 10, 4, 1)[1][-1] for steps in (10, 20)
    )
    assert 1e-9 < np.abs(coarse - fine).max() < 5e-3


def test_the_erratum_is_proved():
    assert all_passed(fluctuations.CASE.errata[0].proof({}).verify())


@pytest.mark.parametrize(
    "parameters",
    [
        {"kappa": 0},
        {"variance": -1},
        {"charge_variance": 0},
        {"time": -1},
        {"time": 1000},
        {"particles": "1"},
        {"replicas": 1},
        {"x": "nan"},
        {"sigma": 1},
    ],
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("fluctuations", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    """A delta method without its mixed term."""
    right = fluctuations.exact_laws.later_variance

    def wrong(moments, target, t):
        unit = {**moments.unit, 3: moments.unit[3] * 2}
        return right(dataclasses.replace(moments, unit=unit), target, t)

    monkeypatch.setattr(fluctuations.exact_laws, "later_variance", wrong)
    assert not comparison.crosscheck("fluctuations", **_QUICK).agrees
