"""The largest root modulus of z^2 - t z + d encloses the true one at every size of t and d."""

import mpmath
import numpy as np
import pytest

import stabproof as sp
from certify.arithmetic import ball
from certify.minimum.companion import root_modulus

_PAIRS = [(0.5, 0.0), (1.5, 0.75), (-3.0, 0.5), (2.0, 1.0), (-1e150, 1e299)]
# t^2 exceeds every float; in the last ones d moves the root by much more than a rounding
_HUGE = [(-1e199, 0.0), (1e155, 0.5), (2e155, 1e307), (1e155, -1e308), (-1e308, 1e308)]


def true_modulus(trace: float, determinant: float) -> mpmath.mpf:
    with mpmath.workdps(700):
        t, d = mpmath.mpf(trace), mpmath.mpf(determinant)
        root = mpmath.sqrt(mpmath.mpc(t * t - 4 * d))
        return max(abs(t + root), abs(t - root)) / 2


@pytest.mark.parametrize(("trace", "determinant"), _PAIRS + _HUGE)
def test_the_true_modulus_is_enclosed(trace: float, determinant: float) -> None:
    found, true = root_modulus(ball(trace), ball(determinant)), true_modulus(trace, determinant)
    assert float(found.lower) <= true <= float(found.upper)
    factor = 2.3 if (trace, determinant) in _HUGE else 1.0000001
    assert float(found.upper) <= factor * float(found.lower)


@pytest.mark.parametrize("optimizer", [sp.GradientDescent(0.1), sp.HeavyBall(0.1, 0.5), sp.SGD(0.1, batch_size=1)])
def test_parameters_whose_curvature_has_no_square(optimizer: sp.GradientDescent) -> None:
    # a b x at the data point (1, 3): the curvature is a^2 + b^2 = 1e200
    problem = sp.Regression(lambda p, x: p[0] * p[1] * x, np.array([1e100, 3e-100]), np.ones(1), np.full(1, 3.0))
    found = sp.certify_minimum(problem, optimizer)
    assert found.verdict is sp.Verdict.UNSTABLE
    assert found.sharpness.lower <= 1e200 <= found.sharpness.upper
    far = problem.with_params(np.array([1e200, 3e-200]))
    assert "their squares overflow" in sp.certify_minimum(far, optimizer).reason
