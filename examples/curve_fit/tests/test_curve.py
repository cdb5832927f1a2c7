"""A fitted curve: its minimum is proved to exist, and to be stable; the certificates are kept between runs."""

import numpy as np
import pytest
from curve_fit import fit, predict, safe_learning_rate, safe_stochastic_rate

import stabproof as sp
from stabproof.testing import assert_certified_stable


@pytest.fixture(scope="module")
def curve():
    """Three points on a parabola and a network of four units through them."""
    inputs = np.array([-1.0, 0.25, 1.0])
    targets = inputs**2
    return sp.Regression(predict, fit(inputs, targets, width=4), inputs, targets)


def test_an_exact_minimum_is_next_to_the_fitted_parameters(curve, certified_minimum):
    rate = safe_learning_rate(curve)
    certificate = certified_minimum(curve, sp.GradientDescent(rate))
    assert certificate.existence_radius < 1e-10
    assert certificate.sharpness.width < 1e-8
    # 1 / rate is trace(K) / N; the largest of K's three positive eigenvalues is below the trace and above a third of it
    assert certificate.sharpness.is_below(1 / rate)
    assert certificate.sharpness.is_above(1 / rate / 3)


@pytest.mark.stabproof(budget=1)
def test_stochastic_steps_stay_at_the_curve(curve):
    assert_certified_stable(curve, sp.SGD(safe_stochastic_rate(curve), batch_size=1, sampling="iid"))
