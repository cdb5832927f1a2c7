"""Delay equations against the method of steps by hand, the order of the scheme, kinks and bad input."""

import math

import numpy as np
import pytest

from foundation import InputError
from numeric.delay import Phase, delay_path


def steps_of_the_delay_equation(kappa, t):
    """h' = -kappa h(t - 1), h = 1 before 0: the sum of (-kappa)^j (t - j + 1)^j / j! over j <= floor(t) + 1."""
    return sum((-kappa * (t - j + 1)) ** j / math.factorial(j) if j else 1.0 for j in range(math.floor(t) + 2))


@pytest.mark.parametrize("kappa", [-0.7, 0.3, 1.6, 3.0])
@pytest.mark.parametrize("end", [0.4, 1.0, 2.0, 3.7])
def test_a_linear_equation(kappa, end):
    path = delay_path([Phase(end, lambda t, h, past: -kappa * past)], np.array([1.0]), 1.0, 40)
    for t, h in list(zip(path.times, path.states[:, 0], strict=True))[:: len(path.times) // 7 + 1]:
        assert h == pytest.approx(steps_of_the_delay_equation(kappa, t), abs=2e-8)
    assert path.times[-1] == end


def test_the_order_is_four():
    """h' = h h(t - 1), h = 1 before 0: e^t on [0, 1], then exp(e^(t-1)) e^(1 - 1)."""
    exact = math.exp(math.exp(1.0))
    errors = []
    for steps in (4, 8, 16):
        path = delay_path([Phase(2.0, lambda t, h, past: h * past)], np.array(1.0), 1.0, steps)
        errors.append(abs(float(path.states[-1]) - exact))
    slopes = np.log2(np.array(errors[:-1]) / np.array(errors[1:]))
    assert (slopes > 3.6).all(), slopes


def test_phases_change_the_field_at_their_end():
    """h' = h(t - 2) until 1, then h' = -h: 1 + t, then 2 e^(1 - t)."""
    phases = [Phase(1.0, lambda t, h, past: past), Phase(3.0, lambda t, h, past: -h)]
    path = delay_path(phases, np.array(1.0), 2.0, 80)
    assert path.states[np.searchsorted(path.times, 1.0)] == pytest.approx(2.0, abs=1e-13)
    assert path.states[-1] == pytest.approx(2 * math.exp(-2.0), abs=1e-8)


def test_a_kink_is_carried_by_the_delay():
    """Slope 1 until 0.3, slope 0 until 2.5 except h' = h(t - 1): the mesh holds 1.3, so polynomials stay exact."""
    phases = [
        Phase(0.3, lambda t, h, past: np.ones_like(h)),
        Phase(1.0, lambda t, h, past: 0 * h),
        Phase(2.0, lambda t, h, past: past),
    ]
    path = delay_path(phases, np.array(0.0), 1.0, 3)
    assert path.states[-1] == pytest.approx(0.3 + 0.045 + 0.7 * 0.3, abs=1e-13)


@pytest.mark.parametrize(
    ("ends", "delay", "steps"),
    [([1.0], 0.0, 5), ([1.0], math.nan, 5), ([2.0, 1.0], 1.0, 5), ([], 1.0, 5), ([1.0], 1.0, 0)],
)
def test_bad_input_is_refused(ends, delay, steps):
    with pytest.raises(InputError):
        delay_path([Phase(end, lambda t, h, past: h) for end in ends], np.array(1.0), delay, steps)
