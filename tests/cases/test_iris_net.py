"""Training on Iris: agreement at several parameters, the data, the derivation, planted errors, bad input."""

from dataclasses import replace

import numpy as np
import pytest

from cases.common.iris import iris_network
from cases.iris_net import case as iris_net
from cases.iris_net.derivation import derive_null_directions
from certify.verdict import Verdict
from foundation import InputError
from numeric.trajectories import descend
from search.trajectories import certify_descent
from stabproof.comparison import crosscheck
from symbolic import Equal, Step, all_passed

SMALL = {
    "steps": 200,
    "high_steps": 300,
    "initial_conditions": 1,
    "perturbations": 2,
    "certified_steps": 20,
    "edge_steps": 20,
}


def verdicts(check):
    return [row.certified for row in check.rows if isinstance(row.certified, Verdict)]


def test_the_views_agree_and_every_figure_is_drawn():
    check = crosscheck("iris-net", **SMALL)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)
    assert verdicts(check) == [Verdict.PROVED, Verdict.REFUTED]
    assert sum("Figure" in plot.title for plot in check.numeric.plots) == 13


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"hidden": 3, "training": 40, "seed": 9, "edge_rate": 20}, [Verdict.PROVED, Verdict.REFUTED]),
        ({"hidden": 1, "training": 3, "split": 7, "low_rate": "1/1000", "edge_rate": "1/50"}, [Verdict.PROVED] * 2),
    ],
)
def test_other_parameters_agree(change, expected, monkeypatch):
    monkeypatch.setattr(iris_net, "figures", lambda iris, values: ())
    check = crosscheck("iris-net", **(SMALL | change))
    assert check.agrees, str(check)
    assert verdicts(check) == expected


def test_the_data_are_the_raw_flowers():
    """First flower of Fisher's table: 5.1, 3.5, 1.4, 0.2; 50 of each species; split 1 leaves 39, 40 and 41."""
    values = iris_net.CASE.values({"training": 150})
    whole = iris_network(values).network
    assert whole.inputs.shape == (150, 4)
    assert any((row == [5.1, 3.5, 1.4, 0.2]).all() for row in whole.inputs)
    assert np.bincount(whole.labels).tolist() == [50, 50, 50]
    assert whole.dimension == 83
    assert int(whole.is_weight.sum()) == 70
    part = iris_network(iris_net.CASE.values({}))
    assert np.bincount(part.network.labels).tolist() == [39, 40, 41]
    assert len(part.test_labels) == 30


def test_another_start_breaks_agreement():
    """Certificates at weights moved by 1e-6 do not hold the estimates at the given ones."""
    values = iris_net.CASE.values(SMALL)
    iris = iris_network(values)
    start = iris_net.start_of(iris, values)
    losses = descend(iris.network, np.stack([start, start + 1e-6]), 0.01, 20).losses[:, -1]
    proved = certify_descent(iris.exact, start, values["low_rate"], 20).number("last_loss")
    assert proved.lower - 1e-9 <= losses[0] <= proved.upper + 1e-9
    assert not proved.lower - 1e-9 <= losses[1] <= proved.upper + 1e-9


def test_a_wrong_null_direction_fails():
    derivation = derive_null_directions(4, 10, 3)
    step = derivation.steps[6]
    assert "sum to zero" in step.statement
    left = step.check.checks[1].left
    wrong = Step(step.statement, reason="planted", check=Equal(left, left + 1))
    assert not all_passed(replace(derivation, steps=(wrong,)).verify())


@pytest.mark.parametrize(
    "bad",
    [
        {"training": 151},
        {"training": 2},
        {"hidden": 0},
        {"low_rate": 0},
        {"edge_rate": "fast"},
        {"radius": 2},
        {"certified_steps": 0},
        {"seed": -1},
        {"colour": "blue"},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("iris-net", **bad)
