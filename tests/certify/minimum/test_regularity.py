"""Theorem B and minima that are not regular: a positive exponent alone makes no verdict."""

import math
from typing import Any

import numpy as np
import pytest

import stabproof as sp
from certify.certificate.model import Status
from certify.verdict import Verdict


def quadratic(points: list[float]) -> sp.Regression:
    """theta1 x + theta2 x^2 at (1, 1) with the targets that it meets."""
    x = np.array(points)
    return sp.Regression(lambda theta, x: theta[0] * x + theta[1] * x**2, np.ones(2), x, x + x**2)


# K = [[2, 6], [6, 20]]: eta K_11 = 2; K = diag(20, 5/16): the graph is not connected, and lambda = (1/2) log 2
@pytest.mark.parametrize(("points", "rate", "broken"), [([1.0, 2.0], 1.0, "= 2"), ([2.0, -0.5], 0.15, "connected")])
def test_minima_that_may_be_irregular_are_undecided(points: list[float], rate: float, broken: str) -> None:
    certificate = sp.certify_minimum(quadratic(points), sp.SGD(rate, sampling="iid"), budget=1.0)
    assert certificate.verdict is Verdict.UNDECIDED
    assert "regular" in certificate.reason
    assert broken in certificate.reason
    assert certificate.lyapunov_exponent is not None
    assert certificate.lyapunov_exponent.lower > 0
    regular = next(h for h in certificate.hypotheses if h.name == "regular")
    assert regular.status is Status.UNDECIDED
    if broken == "connected":
        enclosure = certificate.lyapunov_exponent
        assert enclosure.lower <= math.log(2) / 2 <= enclosure.upper


def test_a_budget_that_is_none_is_refused_in_a_sentence() -> None:
    values: list[Any] = ["x", 0, float("nan")]
    for budget in values:
        with pytest.raises(sp.InputError, match="budget"):
            sp.certify_minimum(quadratic([1.0, 2.0]), sp.SGD(0.04, sampling="iid"), budget=budget)
