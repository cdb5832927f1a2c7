"""Settings that no optimiser has cannot be smuggled in through a certificate file."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.certificate import from_bytes, issue, to_bytes
from certify.certificate.model import Certificate
from certify.minimum.settings import check_settings, setting
from foundation import CertificateError

Make = Callable[[Any], Certificate]


@pytest.fixture(scope="module")
def certified() -> Make:
    x = np.array([1.0, 2.0])
    problem = sp.Regression(lambda theta, x: theta[0] * x + theta[1] * x**2, np.ones(2), x, x + x**2)
    return cache(lambda optimizer: sp.certify_minimum(problem, optimizer, budget=20.0))


def forged(certificate: Certificate, **settings: Any) -> Certificate:
    """A file with other settings, whatever the prover concludes about them, digest and all."""
    optimizer = {**certificate.problem["optimizer"], **settings}
    made = issue(certificate.kind, {**certificate.problem, "optimizer": optimizer}, certificate.witness)
    return sp.check(from_bytes(to_bytes(made)))


# with these the characteristic roots leave the unit disc although eta h < 2 (1 + b): the product of the roots is b
@pytest.mark.parametrize("momentum", [1.0, 1.01, 1.5, 5.0, -0.5, -1.0, -2.0, None, "0.5", True])
@pytest.mark.parametrize("optimizer", [sp.HeavyBall(0.04, 0.5), sp.Nesterov(0.04, 0.5), sp.SGD(0.04, 2, 0.5)])
def test_momentum_outside_its_range(certified: Make, optimizer: Any, momentum: Any) -> None:
    certificate = certified(optimizer)
    with pytest.raises(CertificateError, match="momentum"):
        forged(certificate, momentum=momentum)


@pytest.mark.parametrize("changes", [{"b1": 1.5, "eps": -1.0}, {"b1": 1.0}, {"eps": -1e-8}, {"eps": 0.0}, {"b2": 1.0}])
def test_adam_outside_its_range(certified: Make, changes: dict[str, float]) -> None:
    certificate = certified(sp.Adam(1e-9))
    with pytest.raises(CertificateError, match="setting"):
        forged(certificate, **changes)


@pytest.mark.parametrize("rate", [-0.04, 0.0, "0.04", None, Ball(np.array(0.04), np.array(0.2)), Ball.exact([0.04])])
@pytest.mark.parametrize("optimizer", [sp.GradientDescent(0.04), sp.SGD(0.04, 2), sp.SGD(0.04)])
def test_learning_rates_that_are_none(certified: Make, optimizer: Any, rate: Any) -> None:
    certificate = certified(optimizer)
    with pytest.raises(CertificateError, match="learning_rate"):
        forged(certificate, learning_rate=rate)


@pytest.mark.parametrize("batch", [0, -1, 3, 1.5, 2.0, True, "1", None])
def test_batches_that_are_none(certified: Make, batch: Any) -> None:
    certificate = certified(sp.SGD(0.04, sampling="iid"))
    with pytest.raises(CertificateError, match="batch size"):
        forged(certificate, batch_size=batch)


def test_ranges_of_learning_rates_are_without_momentum(certified: Make) -> None:
    certificate = certified(sp.SGD(0.04, sampling="iid"))
    problem = {**certificate.problem, "optimizer": {**certificate.problem["optimizer"], "momentum": 0.5}}
    with pytest.raises(CertificateError, match="without momentum"):
        issue("learning-rates", problem, {**certificate.witness, "segments": []})


def test_settings_of_every_optimiser_pass() -> None:
    check_settings({"name": "adam", "learning_rate": 1e-3, "b1": 0.0, "b2": 0.999, "eps": 1e-8}, 2)
    check_settings({"name": "sgd", "learning_rate": 0.1, "batch_size": 2, "momentum": 0.0}, 2)
    assert float(setting({"learning_rate": 0.1}, "learning_rate").mid) == 0.1
