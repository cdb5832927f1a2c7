"""Finite network exponents: agreement, resumption, errata, planted errors, bad input."""

from dataclasses import replace

import numpy as np
import pytest

from cases.common.iris import iris_network
from cases.network_lyapunov import case as network_lyapunov
from cases.network_lyapunov.derivation import derive_estimator_erratum, derive_transient_erratum
from cases.network_lyapunov.estimates import expansion_rate
from foundation import InputError
from numeric.trajectories import divergence, window_slope
from stabproof.comparison import crosscheck
from symbolic import Equal, Step, all_passed

SMALL = {
    "initial_conditions": 3,
    "radius_conditions": 3,
    "radii": "1e-6",
    "steps": 60,
    "orbit_steps": 31,
    "perturbations": 2,
}


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"learning_rate": 4, "seed": 1, "split": 3, "radius": "1e-4", "orbit_steps": 12},
    ],
)
def test_the_views_agree(change):
    check = crosscheck("network-lyapunov", **(SMALL | change))
    assert check.agrees, str(check)
    proved = [row.certified for row in check.rows if row.certified is not None]
    assert len(proved) >= 1
    assert all(enclosure.width < 1e-11 for enclosure in proved)
    assert len(check.numeric.plots) == 4


def test_the_distribution_is_that_of_figure_8():
    """25 initial conditions: mean 0.27 to 0.30 at 1e-8 within two standard errors; (3) is 1.4 to 1.8 times smaller."""
    network = iris_network(network_lyapunov.CASE.values({})).network
    found = divergence(network, 1.0, 1e-8, 200, initial_conditions=25, seed=4)
    fit = window_slope(found.log_mean)
    kept = fit.kept()
    slopes = fit.slope[kept]
    error = 2 * slopes.std() / np.sqrt(kept.sum())
    assert 0.27 - error < slopes.mean() < 0.30 + error
    assert 0.7 <= kept.mean() <= 1.0
    rate = expansion_rate(found.distances[kept], fit.last[kept]).rate
    assert 1.4 < slopes.mean() / rate.mean() < 1.8


def test_finished_parts_are_kept_and_told(tmp_path, capsys):
    given = SMALL | {"folder": str(tmp_path)}
    values = network_lyapunov.CASE.values(given)
    first = network_lyapunov.CASE.numeric(values)
    assert "initial conditions" in capsys.readouterr().err
    stored = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")}
    assert len(stored) == 2
    second = network_lyapunov.CASE.numeric(values)
    assert second.values == first.values
    assert {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npz")} == stored


def test_the_errata_are_proved():
    for erratum in network_lyapunov.CASE.errata:
        assert all_passed(erratum.proof({}).verify())
    assert len(derive_estimator_erratum().steps) == 6
    assert len(derive_transient_erratum().steps) == 3


def test_a_wrong_weight_fails():
    """The weights of the increments sum to one; doubled ones must not pass."""
    derivation = derive_estimator_erratum()
    step = derivation.steps[1]
    wrong = Step(step.statement, reason="planted", check=Equal(2 * step.check.left, step.check.right))
    assert not all_passed(replace(derivation, steps=(wrong,)).verify())


def test_a_wrong_tangent_direction_breaks_agreement(monkeypatch):
    original = network_lyapunov.first_orbit
    values = network_lyapunov.CASE.values({**SMALL, "orbit_steps": 12})
    right = network_lyapunov.CASE.numeric(values).values["exponent of one orbit over 12 steps"]

    def turned(iris, given):
        start, direction = original(iris, given)
        return start, direction[::-1].copy()

    monkeypatch.setattr(network_lyapunov, "first_orbit", turned)
    check = crosscheck("network-lyapunov", **{**SMALL, "orbit_steps": 12})
    row = next(row for row in check.rows if row.quantity == "exponent of one orbit over 12 steps")
    assert not row.certified.lower - right.error <= right.value <= row.certified.upper + right.error


@pytest.mark.parametrize(
    "bad",
    [
        {"radius": 0},
        {"radius": "1e-17"},
        {"radii": "2"},
        {"steps": 20},
        {"initial_conditions": 1},
        {"learning_rate": -1},
        {"orbit_steps": 0},
        {"folder": 3},
        {"folder": "/dev/null/runs"},
        {"perturbations": 0},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("network-lyapunov", **(SMALL | bad))
