"""Proved values of JAX functions through the front door."""

from fractions import Fraction

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import sympy

from certify.arithmetic import Ball
from certify.enclose import ArbEnclosure, enclose
from foundation import InputError


def test_a_point_is_enclosed_to_an_ulp():
    value = enclose(lambda x: jnp.exp(x) - 1 - x, 1e-8)
    exact = Fraction(1e-8) ** 2 / 2 + Fraction(1e-8) ** 3 / 6  # the next term is below 5e-34
    assert Fraction(value.lower.item()) <= exact + Fraction(5e-34)
    assert Fraction(value.upper.item()) >= exact
    assert value.rad <= 1e-31


def test_networks_at_points_are_enclosed_to_an_ulp():
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=(32, 16)) / 4, rng.normal(size=(32, 32)) / 5, rng.normal(size=(3, 32)) / 5]

    def network(weights, x):
        for w in weights:
            x = jax.nn.gelu(w @ x)
        return jax.nn.softmax(x)

    x = rng.normal(size=16)
    value, precise = enclose(network, weights, x), enclose(network, weights, x, precision=300)
    assert all(
        low <= number <= high for low, high, number in zip(value.lower, value.upper, precise.values, strict=True)
    )
    assert np.all(value.rad <= 2.0**-52 * np.abs(value.mid))


def test_pytrees_go_in_and_come_out():
    result = enclose(lambda p, k: {"sum": p["w"] + p["b"][0], "k": k + 1}, {"w": np.ones(2), "b": [0.25]}, 3)
    assert np.array_equal(result["sum"].mid, [1.25, 1.25])
    assert result["k"] == 4


def test_balls_in_pytrees():
    box = Ball(np.array([0.5, -0.25]), np.array([0.125, 0.0]))
    value = enclose(lambda p: p["x"] * p["y"], {"x": box, "y": 2.0})
    assert value.lower[0] <= 0.75 <= 1.25 <= value.upper[0]
    assert value.contains(np.array([1.0, -0.5])).all()


@pytest.mark.parametrize("third", [Fraction(1, 3), sympy.Rational(1, 3), flint.fmpq(1, 3)])
def test_exact_rationals(third):
    precise = enclose(lambda x: 3 * x, third, precision=200)
    assert isinstance(precise, ArbEnclosure)
    assert precise.values.item().contains(1)
    assert float(precise.values.item().rad()) < 1e-55
    assert precise.lower <= 1 <= precise.upper
    tight = enclose(lambda x: 3 * x, third)
    assert tight.lower <= 1 <= tight.upper
    assert tight.rad < 1e-15


def test_float32_arguments_and_global_settings_are_left_alone():
    before = jax.config.jax_enable_x64
    value = enclose(lambda x: x, np.float32(0.1))
    assert value.mid == float(np.float32(0.1))
    assert value.rad == 0
    assert jax.config.jax_enable_x64 == before
    assert jnp.sin(1.0).dtype == (jnp.float64 if before else jnp.float32)


def test_the_real_function_is_enclosed_and_not_its_rounding():
    value = enclose(lambda x: (x + 1e20) - 1e20, 1.0)
    assert value.contains(1.0)
    assert value.rad < 1e-10


def test_large_programs_stay_in_float64():
    weights = np.random.default_rng(0).normal(size=(1200, 1000))
    value = enclose(lambda w, x: w @ x, weights, np.ones(1000))
    exact = [sum(map(Fraction, row)) for row in weights[:5]]
    lower, upper = value.lower, value.upper
    assert all(Fraction(lower[i]) <= exact[i] <= Fraction(upper[i]) for i in range(5))
    assert value.rad.max() < 1e-13


@pytest.mark.parametrize("bad", [np.nan, np.array([1.0, np.inf]), "text", np.array([object()]), 1j])
def test_bad_arguments(bad):
    with pytest.raises(InputError):
        enclose(lambda x: x + 1, bad)


def test_bad_precision():
    with pytest.raises(InputError, match="precision"):
        enclose(jnp.sin, 1.0, precision=-5)
