"""The stiff linear decay: three views, other parameters, bad input, a planted error."""

import dataclasses
from fractions import Fraction

import pytest
import sympy

from cases import multiscale
from foundation import InputError
from stabproof import comparison
from stabproof.tasks import run_task
from symbolic import Outcome


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"epsilon": 1},
        {"epsilon": "1/1000000", "time": 1000000},
        {"epsilon": 50, "learning_rate": "1/25", "start": "3,-2"},
        {"learning_rate": 7, "steps": 2000},
        {"learning_rate": 2, "steps": 3},
        {"learning_rate": 1, "start": "0,0"},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("multiscale", **parameters)
    assert found.agrees, str(found)
    outcomes = {result.outcome for checked in found.derivations for result in checked.results}
    assert outcomes == {Outcome.PASSED}


def test_ten_steps_by_hand():
    values = multiscale.CASE.values({"learning_rate": "1/2", "epsilon": "1/2", "steps": 10, "start": "3,4"})
    exact = multiscale.CASE.symbolic(values).values
    assert exact["p1 after n steps of gradient descent"].doit() == sympy.Rational(3, 1024)
    assert exact["p2 after n steps of gradient descent"].doit() == sympy.Rational(4 * 3**10, 4**10)
    (task,) = multiscale.CASE.certified(values).tasks
    proved = run_task(task).number(task.quantities["p2 after n steps of gradient descent"])
    assert proved.contains(Fraction(4 * 3**10, 4**10))


@pytest.mark.parametrize(
    ("rate", "verdict"), [("1", "STABLE"), ("1.9999", "STABLE"), ("2", "UNSTABLE"), ("2.0001", "UNSTABLE")]
)
def test_at_the_critical_rate_nothing_converges(rate, verdict):
    """At eta = 2 the fast component goes from p1 to -p1 and back."""
    found = comparison.crosscheck("multiscale", learning_rate=rate)
    row = next(row for row in found.rows if row.quantity.startswith("verdict"))
    assert row.certified.name == row.symbolic.name == verdict


@pytest.mark.parametrize(
    "parameters",
    [{"epsilon": 0}, {"epsilon": -1}, {"epsilon": "nan"}, {"steps": 0}, {"start": "1"}, {"time": 1e9}, {"rate": 1}],
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("multiscale", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    def wrong(values):
        view = multiscale.CASE.symbolic(values)
        name = "half-life of the slow component"
        return dataclasses.replace(view, values={**view.values, name: view.values[name] + sympy.Rational(1, 10**9)})

    planted = dataclasses.replace(multiscale.CASE, symbolic=wrong)
    monkeypatch.setattr(comparison, "case", lambda name: planted)
    assert not comparison.crosscheck("multiscale").agrees
