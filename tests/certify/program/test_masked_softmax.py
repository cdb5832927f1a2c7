"""Softmax under masks of minus infinity: values, derivatives and what no mask may hide."""

import jax
import jax.numpy as jnp
import mpmath
import numpy as np
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.program import evaluate, jacobian, trace
from certify.program.arb import to_bounds

CAUSAL = np.tril(np.ones((4, 4), bool))
ADDED = np.where(CAUSAL, 0.0, -np.inf)
ROUNDS = {
    "selected": (CAUSAL, lambda x: jax.nn.softmax(jnp.where(CAUSAL, x, -jnp.inf), axis=-1), -1),
    "shut out": (CAUSAL, lambda x: jax.nn.softmax(jnp.where(~CAUSAL, -jnp.inf, x), axis=-1), -1),
    "added": (CAUSAL, lambda x: jax.nn.softmax(x + ADDED, axis=-1), -1),
    "computed": (
        CAUSAL,
        lambda x: jax.nn.softmax(x + jnp.where(jnp.tril(jnp.ones((4, 4), bool)), 0.0, -jnp.inf), axis=-1),
        -1,
    ),
    "other axis": (CAUSAL.T, lambda x: jax.nn.softmax(jnp.where(CAUSAL.T, x, -jnp.inf), axis=1), 1),
    "twice": (
        CAUSAL & (np.arange(4) != 1),
        lambda x: jax.nn.softmax(jnp.where(np.arange(4) == 1, -jnp.inf, jnp.where(CAUSAL, x, -jnp.inf)), axis=-1),
        -1,
    ),
}


def by_hand(x, kept, axis):
    """50 digits, entry by entry."""
    x, kept = np.moveaxis(x, axis, -1), np.moveaxis(np.broadcast_to(kept, x.shape), axis, -1)
    shares = np.zeros(x.shape)
    with mpmath.workdps(50):
        for place in np.ndindex(x.shape):
            row = place[:-1]
            if kept[place]:
                total = mpmath.fsum(mpmath.exp(v) for v, k in zip(x[row], kept[row], strict=True) if k)
                shares[place] = float(mpmath.exp(x[place]) / total)
    return np.moveaxis(shares, -1, axis)


def traced(function, shape=(2, 4, 4)):
    with jax.enable_x64(True):
        return trace(function, np.zeros(shape))


@pytest.mark.parametrize("name", ROUNDS)
def test_the_others_share_one(name, rng):
    kept, function, axis = ROUNDS[name]
    x = rng.normal(size=(2, 4, 4)) * 5
    (ball,) = evaluate(traced(function), [x])
    expected = by_hand(x, kept, axis)
    assert (np.abs(expected - ball.mid) <= ball.rad + 1e-16).all()
    assert (ball.rad <= 1e-14).all()
    assert (ball.rad[expected == 0] == 0).all()


def test_a_group_that_is_shut_out_whole_is_no_softmax():
    """JAX gives NaN there: nothing may be taken for its value."""
    program = traced(lambda x: jax.nn.softmax(jnp.where(np.arange(4) > 3, x, -jnp.inf)), (4,))
    with pytest.raises(sp.InputError, match="is taken in"):
        evaluate(program, [np.zeros(4)])


def test_an_added_mask_hides_numbers_alone():
    """log(x) + (-inf) is NaN for x < 0, so that the row is none either."""
    program = traced(lambda x: jax.nn.softmax(jnp.log(x) + np.array([0.0, -np.inf])), (2,))
    with pytest.raises(sp.InputError):
        evaluate(program, [np.array([1.0, -1.0])])


def test_finite_masks_are_numbers():
    program = traced(lambda x: jax.nn.softmax(x + np.array([0.0, -2.0])), (2,))
    (ball,) = evaluate(program, [np.zeros(2)])
    expected = 1 / (1 + np.exp(-2.0))
    assert np.abs(ball.mid[0] - expected) < 1e-15


def test_all_rows_of_a_causal_layer_have_a_derivative(rng):
    """A shut entry that were unknown would leave nothing known of the rows before the last."""
    w = rng.normal(size=(3, 3))
    x = rng.normal(size=(4, 3))

    def layer(w):
        return jax.nn.softmax(jnp.where(CAUSAL, x @ w @ x.T, -jnp.inf), axis=-1) @ x

    with jax.enable_x64(True):
        program = trace(layer, w)
        expected = np.asarray(jax.jacrev(layer)(w)).reshape(12, 9)
    for precision in (None, 128):
        found = jacobian(program, [w], precision=precision)
        ball = found if precision is None else Ball.from_bounds(*to_bounds(found))
        assert (ball.rad < 1e-13).all()
        np.testing.assert_allclose(ball.mid.reshape(12, 9), expected, rtol=1e-12, atol=1e-14)


def test_a_certificate_of_a_masked_network():
    """One weight times the mean of the two entries that a mask leaves: the sharpness is (mean)^2."""
    inputs, kept = np.array([[1.0, 3.0, 50.0]]), np.array([True, True, False])
    problem = sp.Regression(
        lambda t, x: t[0] * (jax.nn.softmax(jnp.where(kept, 0.0 * x + t[1], -jnp.inf)) @ x),
        np.array([2.0, 0.5]),
        inputs,
        np.array([4.0]),
    )
    certificate = sp.certify_minimum(problem, sp.GradientDescent(0.1))
    assert certificate.sharpness.lower <= 4.0 <= certificate.sharpness.upper
    assert certificate.sharpness.width < 1e-10
    assert sp.check(certificate).verdict is sp.Verdict.STABLE
