"""One validated step of low order, where remainders are large: bounds must still hold."""

import flint
import jax.numpy as jnp
import numpy as np
import pytest

from certify.flow.series import working
from certify.flow.validated_step import a_priori, row_sum_norm, validated_step
from certify.flow.vector_field import VectorField, checked_field
from certify.program import trace

PRECISION = 120


def field_of(function, n):
    return VectorField(checked_field(trace(function, np.zeros(n))), PRECISION)


@pytest.mark.parametrize("order", [1, 2, 4])
@pytest.mark.parametrize("step", [0.125, 0.5])
def test_the_exponential(order, step):
    with working(PRECISION, order + 3):
        field = field_of(lambda x: x, 1)
        found = validated_step(field, [flint.arb(1, 0.25)], [flint.arb(1)], flint.arb(step), order)
        growth = flint.arb(step).exp()
        assert found.value.entries()[0].contains(growth)
        assert found.derivative.entries()[0].contains(growth)
        assert found.tube[0].contains(flint.arb(1.25) * growth)
        assert found.tube[0].contains(flint.arb(0.75))


@pytest.mark.parametrize("order", [1, 3, 8])
def test_derivatives_over_a_box_hold_those_at_its_ends(order):
    """x' = -x^3: Phi_h' = (1 + 2 h x^2)^(-3/2)."""
    with working(PRECISION, order + 3):
        field = field_of(lambda x: -(x**3), 1)
        found = validated_step(field, [flint.arb(1, 0.25)], [flint.arb(1)], flint.arb(0.0625), order)
        for x in (0.75, 1.0, 1.25):
            below = 1 + flint.arb(x) ** 2 / 8
            assert found.derivative.entries()[0].contains(1 / (below * below.sqrt()))
        assert found.value.entries()[0].contains(1 / flint.arb(1.125).sqrt())


def test_no_box_is_claimed_where_the_solution_blows_up():
    with working(PRECISION, 5):
        field = field_of(lambda x: x**2, 1)
        assert a_priori(field, [flint.arb(1)], flint.arb(1)) is None
        assert a_priori(field, [flint.arb(1)], flint.arb(1.5)) is None
        assert a_priori(field, [flint.arb(1)], flint.arb(0.125)) is not None


def test_the_tube_holds_the_whole_arc():
    """The rotation: cos and sin over the step, and coupled components converge."""
    with working(PRECISION, 5):
        field = field_of(lambda x: jnp.stack([x[1], -x[0], 0.1 * (x[0] ** 2 + x[1] ** 2 - 1) - x[2]]), 3)
        tube = a_priori(field, [flint.arb(1), flint.arb(0), flint.arb(0)], flint.arb(0.25))
        for t in np.linspace(0, 0.25, 11):
            assert tube[0].contains(flint.arb(float(t)).cos())
            assert tube[1].contains(-flint.arb(float(t)).sin())


def test_the_row_sum_norm_is_an_upper_bound():
    matrix = flint.arb_mat([[flint.arb(1, 0.5), -2], [0.25, flint.arb(-0.5, 0.5)]])
    assert row_sum_norm(matrix) >= 3.5
    assert float(row_sum_norm(matrix)) < 3.5 + 1e-6
