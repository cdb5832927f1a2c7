"""Constants that are NaN or infinite: in branches that are not taken they do no harm, taken they are refused."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import UndecidedBranch, evaluate, trace
from foundation import InputError

CASES = {
    "a row that a mask shuts out": lambda x: jax.nn.softmax(jnp.where(np.array([[True], [False]]), x, -jnp.inf))[1],
    "plus infinity": lambda x: jax.nn.softmax(jnp.where(np.array([True, False]), x, jnp.inf)),
    "the sine of infinity": lambda x: jnp.sin(jnp.where(np.array([True, False]), x, jnp.inf)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_nan_in_jax_everywhere_has_no_value(name):
    point = np.array([0.25, -0.5])
    with pytest.raises(InputError, match="is taken in"):
        evaluate(trace(CASES[name], point), [point])


def test_a_quotient_with_a_limit_is_nan_at_a_single_point():
    assert trace(lambda x: jnp.sin(x) / x, np.zeros(2)).record.points == 2


X = np.array([0.5, -0.25, 0.75])
# with x[0] > 0 no number is lost; with x[0] < 0 a selection takes one, and JAX has NaN
TAKEN = {
    "sine": lambda x: jnp.sin(jnp.where(x[0] > 0, x, jnp.inf)),
    "softmax": lambda x: jax.nn.softmax(jnp.where(x[0] > 0, x, -jnp.inf)),
    "shift": lambda x: jnp.tanh(x - jnp.where(x[0] > 0, 0.0, -jnp.inf)),
    "nested": lambda x: jnp.arctan(jnp.where(x[1] > 0, x, jnp.where(x[0] > 0, x, jnp.nan))),
    "product": lambda x: jax.nn.sigmoid(x * jnp.where(x[0] > 0, 1.0, jnp.nan)),
    "concatenated": lambda x: jnp.sin(jnp.concatenate([x, jnp.where(x[0] > 0, x, -jnp.inf)])[1:5]),
}


@pytest.mark.parametrize("precision", [None, 100])
@pytest.mark.parametrize("name", TAKEN)
def test_no_number_is_taken_silently(name, precision):
    """Bounded functions of the whole line would look like numbers."""
    program = trace(TAKEN[name], X)
    assert evaluate(program, [X], precision=precision)
    with jax.enable_x64(True):
        assert np.isnan(np.asarray(TAKEN[name](jnp.asarray([-0.5, -0.25, 0.75])))).any() or name == "shift"
    with pytest.raises(InputError, match="is taken in"):
        evaluate(program, [np.array([-0.5, -0.25, 0.75])], precision=precision)
    around = Ball(X, np.array([1.0, 0.0, 0.0]))
    if precision is None:
        with pytest.raises(InputError, match="is taken in"):
            evaluate(program, [around], undecided="split")
        with pytest.raises(UndecidedBranch):
            evaluate(program, [around])


# minus infinity beside numbers: left out of maxima and sums of exponentials
LEFT_OUT = {
    "softmax": lambda x: jax.nn.softmax(jnp.where(x > 0, x, -jnp.inf)),
    "log-sum-exp": lambda x: jax.nn.logsumexp(jnp.where(x > 0, x, -jnp.inf)),
    "largest": lambda x: jnp.max(jnp.where(x > 0, x, -jnp.inf)),
    "by hand": lambda x: jnp.exp(jnp.where(x > 0, x, -jnp.inf) - 1.0),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_minus_infinity_beside_numbers(name):
    (found,) = evaluate(trace(LEFT_OUT[name], X), [X])
    with jax.enable_x64(True):
        expected = np.asarray(LEFT_OUT[name](jnp.asarray(X)))
    assert np.all((found.lower <= expected + 1e-12) & (expected - 1e-12 <= found.upper))
