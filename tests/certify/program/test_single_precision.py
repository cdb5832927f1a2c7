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
    "softmax": lambda x, y: jax.nn.softmax(x + y) * y,
    "masked softmax": lambda x, y: jax.nn.softmax(jnp.where(np.arange(9) != 4, x, -jnp.inf)) * y,
    "rows of softmax": lambda x, y: jax.nn.softmax((x[:, None] * y).at[0, 3].set(2.0), axis=0),
    "log softmax": lambda x, y: jax.nn.log_softmax(x * 3) + y,
    "log-sum-exp": lambda x, y: jax.nn.logsumexp(x - y) * y,
    "softmax far out": lambda x, y: jax.nn.softmax(x + 3000.0) + jax.nn.log_softmax(y * 1e3),
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
    program = traced(lambda x, y: jax.lax.lgamma(x) + y)
    assert "lgamma" in uncovered(program)
    with pytest.raises(InputError, match="lgamma"):
        rounded_outputs(program, [np.zeros(9), np.zeros(9)], [False, False])


def test_softmax_is_bounded_sharply():
    """Equal entries: every power is 1, so that the errors are those of the sum and the quotient alone; apart by R, the
    power's own R u shows."""
    (ball,) = rounded_outputs(traced(lambda x, y: jax.nn.softmax(x)), [np.zeros(9), np.zeros(9)], [False, False])
    assert (ball.rad <= 40 * UNIT_ROUNDOFF / 9).all()
    x = np.zeros(9)
    x[0] = -64.0 - 2.0**-17  # next to the middle of two float32 numbers once 1/3 is added to all
    (ball,) = rounded_outputs(traced(lambda x, y: jax.nn.softmax(x)), [x, np.zeros(9)], [False, False])
    assert ball.rad[0, 0] >= 64 * UNIT_ROUNDOFF * ball.mid[0, 0]
    assert ball.rad[0, 0] <= 110 * UNIT_ROUNDOFF * ball.mid[0, 0] + 2.0**-120


def test_log_sum_exp_is_rounded():
    """log 9 is no float32: of exact entries the function's own rounding is all there is."""
    (ball,) = rounded_outputs(traced(lambda x, y: jax.nn.logsumexp(x)), [np.zeros(9), np.zeros(9)], [False, False])
    nearest = float(np.float32(np.log(9.0)))
    assert abs(nearest - np.log(9.0)) > 1e-9
    assert ball.lower.item() <= nearest <= ball.upper.item()
    assert ball.upper.item() - ball.lower.item() < 120 * UNIT_ROUNDOFF


def test_entries_far_apart_have_no_share():
    """A mask of -1e9: the share is 0, and nothing is lost of the others."""
    x = np.array([0.0, -1e9, 0.5, -1e9, 1.0, 0.0, 0.0, 0.0, -200.0])
    (ball,) = rounded_outputs(traced(lambda x, y: jax.nn.softmax(x)), [x, np.zeros(9)], [False] * 2)
    found = np.asarray(jax.nn.softmax(jnp.asarray(x, jnp.float32)), float)
    assert (ball.lower[0] <= found).all()
    assert (found <= ball.upper[0]).all()
    assert (ball.upper[0, [1, 3, 8]] <= 2.0**-120).all()
    assert (ball.rad[0] <= 40 * UNIT_ROUNDOFF).all()


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


@pytest.mark.parametrize("shift", [3.0, 0.0])
def test_other_shifts_of_a_softmax_are_refused(network, shift):
    """A number that all entries share cancels in real numbers, and does not in float32; nor does exp(100) without."""

    def shifted(p, x):
        entries = p["in"] @ x
        powers = jnp.exp(entries - shift if shift else entries)
        return p["out"] @ (powers / powers.sum())

    h = network.inputs @ network.params["in"].T
    powers = np.exp(h - h.max(axis=1, keepdims=True))
    targets = (powers / powers.sum(axis=1, keepdims=True)) @ network.params["out"]
    problem = sp.Regression(shifted, network.params, network.inputs, targets)
    with pytest.raises(InputError, match=r"largest entry first \(at test_single_precision"):
        sp.certify_minimum(problem, sp.GradientDescent(0.01), precision="float32")
    assert not traced(lambda x, y: jax.nn.softmax(x) + jax.nn.log_softmax(y)).record.shifts
    assert not traced(lambda x, y: jax.nn.logsumexp(x) + jax.nn.logsumexp(y, keepdims=True)).record.shifts
    assert traced(lambda x, y: jnp.log(jnp.sum(jnp.exp(x))) + y).record.shifts


@pytest.mark.parametrize("precision", ["float16", 32, ""])
def test_other_precisions_are_refused(network, precision):
    with pytest.raises(InputError, match="float32"):
        sp.certify_minimum(network, sp.GradientDescent(0.01), precision=precision)


@pytest.mark.parametrize("name", ["sinh", "cosh", "erfc", "negative powers"])
def test_functions_that_compiled_code_misses_are_refused(name):
    """Compiled float32 was measured to be off by 8 to 30 units; x^-2 is computed as 1 / x^2, which may be flushed."""
    functions = {"sinh": jnp.sinh, "cosh": jnp.cosh, "erfc": jax.scipy.special.erfc, "negative powers": lambda x: x**-2}
    assert uncovered(traced(lambda x, y: functions[name](x) + y))


@pytest.mark.parametrize("divisor", [3.0, 7.0, 41.0, 49.0, 0.001])
def test_quotients_by_constants(divisor):
    """XLA multiplies by the reciprocal, which rounds twice: 1.7500778 / 7 misses one rounding's bound by 1.7."""
    x = np.append(1 + np.random.default_rng(3).random(4000), [1.7500778, 1.546113]).astype(np.float32)
    ball = rounded_outputs(trace(lambda x: x / divisor, x.astype(float)), [x.astype(float)[None]], [True])[0]
    with jax.enable_x64(False):
        computed = np.asarray(jnp.asarray(x) / divisor)
    assert computed.dtype == np.float32
    assert np.all(np.abs(computed.astype(float) - ball.mid[0]) <= ball.rad[0])
    assert np.all(ball.rad[0] <= 8 * 2.0**-24 * np.abs(ball.mid[0]))
