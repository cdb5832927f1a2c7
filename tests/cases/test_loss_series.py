"""The loss as a time series: agreement, null models, the logistic exponent, planted errors, bad input."""

import math

import pytest

from cases.loss_series import case as loss_series
from cases.loss_series.derivation import derive_autoregression, derive_logistic_exponent
from cases.loss_series.known_series import logistic_exponent
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed

SMALL = {"steps": 1500, "realisations": 100, "calibration": 2000, "proved_steps": 12}


def test_the_views_agree_and_the_null_models_are_told_apart():
    check = crosscheck("loss-series", **SMALL)
    assert check.agrees, str(check)
    values = check.numeric.values
    loss, mixed = values["Kantz exponent of the loss"], values["Kantz exponent, shuffled"]
    assert abs(mixed.value) < max(4 * mixed.error, 0.01)
    assert loss.value > mixed.value + 3 * (loss.error + mixed.error)
    assert values["share that grows, shuffled"].value < 0.08
    assert values["share of reference points that grow"].value > 0.1
    assert len(check.numeric.plots) == 6


def test_other_parameters_agree():
    change = {"seed": 2, "learning_rate": "9/2", "training": 150, "dimension": 2, "neighbourhood": "1/20", "lags": 20}
    check = crosscheck("loss-series", **(SMALL | change))
    assert check.agrees, str(check)


def test_the_logistic_exponent_is_enclosed():
    found = logistic_exponent()
    assert found.lower < math.log(2) < found.upper
    assert found.width < 1e-13


def test_the_derivations_pass():
    assert all_passed(derive_logistic_exponent().verify())
    assert all_passed(derive_autoregression().verify())


def test_a_wrong_learning_rate_breaks_the_proved_losses(monkeypatch):
    values = loss_series.CASE.values(SMALL)
    proved = loss_series.CASE.certified(values).values
    wrong = loss_series.CASE.certified({**values, "learning_rate": values["learning_rate"] * 1000001 / 1000000}).values
    name = "mean loss over the first 12 steps"
    estimate = loss_series._first_losses(loss_series.iris_network(values), values)[name]
    assert proved[name].lower - estimate.error <= estimate.value <= proved[name].upper + estimate.error
    assert not wrong[name].lower - estimate.error <= estimate.value <= wrong[name].upper + estimate.error


def test_a_quiet_loss_is_refused_with_the_way_out():
    with pytest.raises(InputError, match="irregular"):
        crosscheck("loss-series", **SMALL, learning_rate="1/100")


@pytest.mark.parametrize(
    "bad", [{"steps": 100}, {"neighbourhood": 0}, {"dimension": 0}, {"lags": 1000}, {"proved_steps": 2}, {"hidden": 99}]
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("loss-series", **(SMALL | bad))
