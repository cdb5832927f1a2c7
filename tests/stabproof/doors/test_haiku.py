"""`from_haiku`: agreement with formulas, states, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from stabproof import InputError

hk = pytest.importorskip("haiku")

X = np.array([0.3, -1.0, 2.0])


def test_a_transformed_function():
    function = hk.transform(lambda x: hk.nets.MLP([4, 2], activation=jnp.tanh)(x))
    params = function.init(jax.random.key(0), X[None])
    model = sp.from_haiku(function, params, X[None])
    (w, b), (v, c) = ([np.asarray(layer[n], np.float64) for n in "wb"] for layer in params.values())
    np.testing.assert_allclose(np.asarray(model.predict(model.params, X)), np.tanh(X @ w + b) @ v + c, rtol=1e-14)
    assert sp.Regression(*model, X[None], np.zeros((1, 2))).dimension == 26


def test_lstm_adds_one_to_the_forget_gate():
    function = hk.transform(lambda x: hk.LSTM(2)(x, hk.LSTMState(jnp.full((1, 2), 0.5), jnp.full((1, 2), 0.25)))[0])
    params = function.init(jax.random.key(0), X[None])
    model = sp.from_haiku(function, params, X[None])
    (layer,) = params.values()
    gates = np.concatenate([X, np.full(2, 0.5)]) @ np.asarray(layer["w"], np.float64) + np.asarray(
        layer["b"], np.float64
    )
    i, g, f, o = np.split(gates, 4)
    sigmoid = lambda t: 1 / (1 + np.exp(-t))  # noqa: E731
    cell = sigmoid(f + 1) * 0.25 + sigmoid(i) * np.tanh(g)
    np.testing.assert_allclose(np.asarray(model.predict(model.params, X)), sigmoid(o) * np.tanh(cell), rtol=1e-12)


def test_gru_resets_before_the_product():
    """Its z is 1 minus torch's: the new state is (1 - z) h + z n."""
    function = hk.transform(lambda x: hk.GRU(2)(x, jnp.full((1, 2), 0.5))[0])
    params = function.init(jax.random.key(0), X[None])
    model = sp.from_haiku(function, params, X[None])
    (layer,) = params.values()
    wi, wh, b = (np.asarray(layer[name], np.float64) for name in ("w_i", "w_h", "b"))
    h = np.full(2, 0.5)
    sums = X @ wi + b
    z, r = (1 / (1 + np.exp(-(sums[k : k + 2] + h @ wh[:, k : k + 2]))) for k in (0, 2))
    n = np.tanh(sums[4:] + (r * h) @ wh[:, 4:])
    np.testing.assert_allclose(np.asarray(model.predict(model.params, X)), (1 - z) * h + z * n, rtol=1e-12)


def test_a_state_must_stay():
    function = hk.transform_with_state(
        lambda x, is_training: hk.BatchNorm(True, True, 0.9)(hk.Linear(2)(x), is_training)
    )
    params, state = function.init(jax.random.key(0), X[None], True)
    model = sp.from_haiku(function, params, X[None], state=state, is_training=False)
    assert np.isfinite(np.asarray(model.predict(model.params, X))).all()
    with pytest.raises(InputError, match=r"mean_ema.*is_training=False"):
        sp.from_haiku(function, params, X[None], state=state, is_training=True)
    with pytest.raises(InputError, match=r"state="):
        sp.from_haiku(function, params, X[None], is_training=False)


def test_random_numbers_are_refused():
    function = hk.transform(lambda x: hk.dropout(hk.next_rng_key(), 0.5, hk.Linear(2)(x)))
    params = function.init(jax.random.key(0), X[None])
    with pytest.raises(InputError, match=r"PRNG|rng"):
        sp.from_haiku(function, params, X[None])
