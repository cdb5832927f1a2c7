"""Radial units and 3-spin functions: losses, the printed sign, proved equilibria, errata, a planted error."""

import math
from fractions import Fraction

import jax
import numpy as np
import pytest

from cases.common import three_spin_derivation as three_spin
from cases.common.radial_loss_bound import enclosed_radial_loss, exact_half_mean_square
from cases.rbf_three_spin import case as rbf_three_spin
from cases.rbf_three_spin.equilibria import radial_equilibrium
from cases.rbf_three_spin.estimates import RadialSettings, radial_flow
from certify.verdict import Verdict
from foundation import InputError
from numeric.particles import (
    half_mean_square,
    permutation_sum,
    radial_loss,
    sphere_points,
    sphere_rule,
    three_spin_coefficients,
    three_spin_gradient,
    three_spin_value,
)
from stabproof import comparison
from symbolic import Outcome, all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {"particles": "4,8", "steps": 2000, "small": "2", "targets": 3, "seed": 5},
        {"particles": "6", "dimension": 3, "rate": "3/2", "steps": 2000, "small": "1", "temperature": "1/1000"},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("rbf-3spin", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}
    verdicts = {row.quantity: row.certified for row in found.rows if row.quantity.startswith("verdict")}
    assert verdicts[f"verdict of the equilibrium with n = {parameters['small']}"] is Verdict.STABLE
    assert verdicts["verdict of the saddle with n = 1"] is Verdict.UNSTABLE


@pytest.mark.parametrize(("n", "loss"), [(16, 0.24), (32, 0.022), (64, 0.0012)])
def test_the_losses_are_reproduced_within_thirty_percent(n, loss):
    """Reference losses of an independent computation with other targets."""
    found = [
        radial_flow(RadialSettings(5, n, 1.0, 1e-3, k, k + 1), 100_000).losses[-1] for k in range(2 if n < 64 else 1)
    ]
    assert np.mean(found) == pytest.approx(loss, rel=0.3)


def test_the_printed_sign_blows_up():
    run = radial_flow(RadialSettings(5, 16, 1.0, 1e-3, 0, 1, sign=-1), 3000)
    assert run.losses[1] > 1e6
    assert run.losses[-1] > 1e15
    assert radial_flow(RadialSettings(5, 16, 1.0, 1e-3, 0, 1), 3000).losses[-1] < run.losses[0]


def test_the_loss_is_the_integral():
    """Closed form, Arb and quadrature of the square by its definition."""
    total = permutation_sum(three_spin_coefficients(4, 2))
    y, c = sphere_points(5, 4, 3), np.array([0.5, -0.25, 0.125, 1.0, -0.75])
    x, weights = sphere_rule(4, 30)
    target = np.einsum("pqr,mp,mq,mr->m", total, x, x, x) / 24
    direct = weights @ (target - np.exp(0.75 * x @ y.T) @ c / 5) ** 2 / 2
    assert radial_loss(total, y, c, 0.75) == pytest.approx(direct, rel=1e-11)
    proved = enclosed_radial_loss(total, y, c, Fraction(3, 4))
    assert proved.lower - 1e-11 <= direct <= proved.upper + 1e-11
    assert proved.width < 1e-13
    assert half_mean_square(total) == pytest.approx(weights @ target**2 / 2, rel=1e-12)
    assert three_spin.exact_half_mean_square(three_spin_coefficients(4, 2)) == exact_half_mean_square(total)


def test_the_gradient_is_a_derivative():
    total = permutation_sum(three_spin_coefficients(6, 1))
    x, step = sphere_points(2, 6, 2), 1e-6
    with jax.enable_x64(True):
        gradient = np.asarray(three_spin_gradient(total, x))
        for k in range(6):
            shift = step * np.eye(6)[k]
            slope = (three_spin_value(total, x + shift) - three_spin_value(total, x - shift)) / (2 * step)
            assert gradient[:, k] == pytest.approx(np.asarray(slope), rel=1e-6)


def test_one_particle_rests_at_a_critical_point_of_the_target():
    """c = f(y) e^(-alpha d), grad f parallel to y: the exact statement for n = 1."""
    total = permutation_sum(three_spin_coefficients(5, 7))
    point, spectrum = radial_equilibrium(total, 1, 1.0, 7)
    y, c = point[:5], point[5]
    slope = np.einsum("pqr,q,r->p", total, y, y) / 10
    assert c == pytest.approx(slope @ y / 3 * math.exp(-5), rel=1e-12)
    assert slope - (slope @ y) / 5 * y == pytest.approx(np.zeros(5), abs=1e-10)
    assert y @ y == pytest.approx(5, rel=1e-13)
    assert spectrum[-1] == pytest.approx(-math.exp(5), rel=1e-9)


def test_the_errata_are_proved():
    for erratum in rbf_three_spin.CASE.errata:
        assert all_passed(erratum.proof({}).verify())


@pytest.mark.parametrize(
    "parameters",
    [
        {"particles": "1/2"},
        {"particles": "100000"},
        {"particles": ""},
        {"dimension": 2},
        {"rate": 0},
        {"rate": 100},
        {"steps": 0},
        {"time_step": "nan"},
        {"small": "7"},
        {"targets": 0},
        {"checkpoints": "/dev/null/runs"},
        {"alpha": 1},
    ],
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("rbf-3spin", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    """A trace term that is too small in the proved loss."""
    monkeypatch.setattr(rbf_three_spin, "exact_half_mean_square", lambda total: exact_half_mean_square(total) * 9 / 10)
    values = rbf_three_spin.CASE.values({"particles": "4", "steps": 1000})
    exact = rbf_three_spin.CASE.symbolic(values).values["C_f of the first target"]
    values["small"] = ()
    monkeypatch.setattr(rbf_three_spin, "_equilibrium", lambda *_: None)
    proved = rbf_three_spin.CASE.certified(values).values["C_f of the first target"]
    assert not proved.lower <= exact <= proved.upper
