"""Balls that hold what float32 computes: against NumPy's and JAX's float32, and sharp for one operation."""

from fractions import Fraction

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from certify.program import trace
from certify.program.single_precision import UNIT_ROUNDOFF, rounded_outputs, uncovered
from foundation import InputError

FUNCTIONS = {
    "sum": lambda x, y: jnp.sum(x * y),
    "matrix product": lambda x, y: jnp.outer(x, y) @ x,
    "quotient": lambda x, y: x / (y * y + 0.1),
    "tanh layer": lambda x, y: jnp.tanh(x * 0.3 + y) * x,
    "relu": lambda x, y: jax.nn.relu(x - y) * 0.7,
    "powers": lambda x, y: x**5 - y**3,
    "logistic": lambda x, y: jax.nn.sigmoid(x) + jnp.exp(-(y**2)),
    "roots": lambda x, y: jnp.sqrt(x * x + 1) - jnp.sin(y),
    "gelu": lambda x, y: jax.nn.gelu(x + y),
    "cancellation": lambda x, y: (x + 1e4) - 1e4 + y * 0,
    "running sums": lambda x, y: jnp.cumsum(x * y),
    "largest": lambda x, y: jnp.max(x * y) - jnp.min(y),
}


def traced(function, size=9):
    with jax.enable_x64(True):
        return trace(function, np.zeros(size), np.zeros(size))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_float32_stays_in_the_balls(name, rng):
    """JAX compiled in float32, and equation by equation, at numbers that are no float32."""
    function = FUNCTIONS[name]
    program = traced(function)
    for scale in (1.0, 30.0, 1e-3):
        x, y = rng.normal(size=(2, 9)) * scale
        (ball,) = rounded_outputs(program, [x, y], [False, False])
        assert np.isfinite(ball.rad).all()
        single = [jnp.asarray(a, jnp.float32) for a in (x, y)]
        for compute in (function, jax.jit(function)):
            found = np.asarray(compute(*single), float)
            assert (ball.lower[0] <= found).all()
            assert (found <= ball.upper[0]).all()


def test_sums_in_any_order(rng):
    program = traced(lambda x, y: jnp.sum(x), size=40)
    x = (rng.normal(size=40) * np.ldexp(1.0, rng.integers(-20, 20, size=40))).astype(np.float32)
    (ball,) = rounded_outputs(program, [x.astype(float), np.zeros(40)], [False, False])
    for _ in range(200):
        total = np.float32(0)
        for entry in rng.permutation(x):
            total = np.float32(total + entry)
        assert ball.lower[0] <= float(total) <= ball.upper[0]


def test_one_operation_is_bounded_sharply(rng):
    """The exact product of two float32 is known; the farthest rounding is half a unit, and the ball is no wider."""
    program = traced(lambda x, y: x * y, size=500)
    x, y = rng.normal(size=(2, 500)).astype(np.float32)
    (ball,) = rounded_outputs(program, [x.astype(float), y.astype(float)], [False, False])
    exact = [Fraction(float(a)) * Fraction(float(b)) for a, b in zip(x, y, strict=True)]
    far = 0.0
    for value, computed, low, high in zip(exact, x * y, ball.lower[0], ball.upper[0], strict=True):
        assert Fraction(float(low)) <= value - abs(value) * Fraction(1, 2**24)
        assert Fraction(float(high)) >= value + abs(value) * Fraction(1, 2**24)
        assert float(high) - float(low) <= 2.02 * UNIT_ROUNDOFF * abs(float(value)) + 1e-37
        far = max(far, abs(float(Fraction(float(computed)) - value)) / abs(float(value)))
    assert far > 0.9 * UNIT_ROUNDOFF


def test_numbers_that_are_no_float32_are_rounded():
    (ball,) = rounded_outputs(traced(lambda x, y: x * 1.0, size=1), [np.array([0.1]), np.zeros(1)], [False, False])
    assert ball.lower[0, 0] <= float(np.float32(0.1)) <= ball.upper[0, 0]
    (ball,) = rounded_outputs(traced(lambda x, y: x * 0.1, size=1), [np.ones(1), np.zeros(1)], [False, False])
    assert ball.lower[0, 0] <= float(np.float32(0.1)) <= ball.upper[0, 0]


def test_small_numbers_may_be_read_as_zero():
    (ball,) = rounded_outputs(
        traced(lambda x, y: x * y, size=1), [np.array([2.0**-130]), np.array([2.0**60])], [False] * 2
    )
    assert ball.lower[0, 0] <= 0 < 2.0**-70 <= ball.upper[0, 0]


def test_small_results_may_be_flushed_to_zero():
    (ball,) = rounded_outputs(traced(lambda x, y: x * y, size=1), [np.array([2.0**-70])] * 2, [False, False])
    assert ball.lower[0, 0] <= 0 <= ball.upper[0, 0]


def test_overflow_and_what_is_not_covered_are_refused():
    with pytest.raises(InputError, match="overflow"):
        rounded_outputs(traced(lambda x, y: x * x, size=1), [np.array([1e20]), np.zeros(1)], [False, False])
    program = traced(lambda x, y: jax.nn.softmax(x) + y)
    assert "softmax" in uncovered(program)
    with pytest.raises(InputError, match="softmax"):
        rounded_outputs(program, [np.zeros(9), np.zeros(9)], [False, False])


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(2)
    params = {"in": rng.normal(size=(4, 2)), "out": rng.normal(size=4)}
    inputs = rng.normal(size=(3, 2))

    def predict(p, x):
        return p["out"] @ jnp.tanh(p["in"] @ x)

    with jax.enable_x64(True):
        targets = np.array([predict(jax.tree.map(jnp.asarray, params), x) for x in inputs], float)
    return sp.Regression(predict, params, inputs, targets)


def test_a_certificate_bounds_the_error_over_the_data(network):
    certificate = sp.certify_minimum(network, sp.GradientDescent(0.01), precision="float32")
    assert sp.check(certificate).float32_error == certificate.float32_error
    single = jax.tree.map(lambda a: jnp.asarray(a, jnp.float32), network.params)
    found = [float(network.predict(single, jnp.asarray(x, jnp.float32))) for x in network.inputs]
    gap = np.abs(np.array(found) - network.targets.reshape(-1)).max()
    assert gap <= certificate.float32_error < 1e-5
    assert sp.certify_minimum(network, sp.GradientDescent(0.01)).float32_error is None


def test_a_smaller_bound_is_refused(network):
    from dataclasses import replace

    certificate = sp.certify_minimum(network, sp.GradientDescent(0.01), precision="float32")
    claims = tuple(
        replace(c, enclosure=sp.Enclosure(0.0, c.enclosure.upper / 2)) if c.name == "float32_error" else c
        for c in certificate.claims
    )
    with pytest.raises(sp.CertificateError):
        sp.check(replace(certificate, outcome=replace(certificate.outcome, claims=claims)))


@pytest.mark.parametrize("precision", ["float16", 32, ""])
def test_other_precisions_are_refused(network, precision):
    with pytest.raises(InputError, match="float32"):
        sp.certify_minimum(network, sp.GradientDescent(0.01), precision=precision)


@pytest.mark.parametrize("name", ["sinh", "cosh", "erfc", "negative powers"])
def test_functions_that_compiled_code_misses_are_refused(name):
    """Compiled float32 was measured to be off by 8 to 30 units; x^-2 is computed as 1 / x^2, which may be flushed."""
    functions = {"sinh": jnp.sinh, "cosh": jnp.cosh, "erfc": jax.scipy.special.erfc, "negative powers": lambda x: x**-2}
    assert uncovered(traced(lambda x, y: functions[name](x) + y))
