"""Limit cycles of fields with closed forms."""

import jax.numpy as jnp
import numpy as np
import pytest

from foundation import InputError
from numeric.limit_cycle import fundamental_matrix, limit_cycle, solution


def circle(x):
    """r' = r (1 - r^2) / 4, angle' = 2: period pi, multiplier exp(-pi / 2)."""
    grown = (1 - x[0] ** 2 - x[1] ** 2) / 4
    return jnp.stack([x[0] * grown - 2 * x[1], x[1] * grown + 2 * x[0]])


def test_the_circle():
    found = limit_cycle(circle, [0.3, 0.0], 40.0)
    assert found.period == pytest.approx(np.pi, abs=1e-10)
    assert np.hypot(*found.point) == pytest.approx(1.0, abs=1e-10)
    assert found.multipliers[0].real == pytest.approx(np.exp(-np.pi / 2), abs=1e-9)


def test_the_fundamental_matrix_of_a_rotation():
    end, matrix = fundamental_matrix(lambda x: jnp.stack([-x[1], x[0]]), [1.0, 0.0], 1.25)
    c, s = np.cos(1.25), np.sin(1.25)
    assert end == pytest.approx([c, s], abs=1e-11)
    assert matrix == pytest.approx(np.array([[c, -s], [s, c]]), abs=1e-11)


def test_orbits_that_do_not_turn_are_refused():
    with pytest.raises(InputError, match="crosses zero"):
        limit_cycle(lambda x: -x, [1.0, 1.0], 5.0)


def test_states_at_the_times_asked_for():
    times = np.array([0.0, 0.5, 2.0])
    assert solution(lambda x: -x, [1.0], times)[:, 0] == pytest.approx(np.exp(-times), abs=1e-6)
