"""`from_flax` and `from_nnx`: agreement with formulas, constants, refusals."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from stabproof import InputError

pytest.importorskip("flax")

import flax.linen as nn
from flax import nnx

X = np.array([0.3, -1.0, 2.0])


class Linen(nn.Module):
    dtype: object = None

    @nn.compact
    def __call__(self, x, train=False):
        x = nn.BatchNorm(use_running_average=not train, name="norm")(nn.Dense(4, dtype=self.dtype, name="first")(x))
        return nn.Dense(2, name="last")(
            nn.Dropout(0.5, deterministic=not train)(jnp.tanh(nn.LayerNorm(name="layer")(x)))
        )


def by_hand(w, b, mean, var, layer_eps, v, c):
    h = (X @ w + b - mean) / np.sqrt(var + 1e-5)
    h = (h - h.mean()) / np.sqrt(h.var() + layer_eps)
    return np.tanh(h) @ v + c


def test_linen():
    variables = Linen().init(jax.random.key(0), X[None])
    variables["batch_stats"]["norm"] = {"mean": jnp.arange(4.0), "var": jnp.arange(1.0, 5.0)}
    model = sp.from_flax(Linen(), variables, X[None])
    p = {k: {n: np.asarray(a, np.float64) for n, a in v.items()} for k, v in variables["params"].items()}
    expected = by_hand(
        p["first"]["kernel"],
        p["first"]["bias"],
        np.arange(4.0),
        np.arange(1.0, 5.0),
        1e-6,
        p["last"]["kernel"],
        p["last"]["bias"],
    )
    np.testing.assert_allclose(np.asarray(model.predict(model.params, X)), expected, rtol=1e-9)
    assert len(model.constants) == 2
    assert "batch_stats: constant" in model.report()
    assert sp.Regression(*model, X[None], np.zeros((1, 2))).dimension == 42


def test_linen_refusals():
    variables = Linen().init(jax.random.key(0), X[None])
    with pytest.raises(InputError, match="norm"):
        sp.from_flax(Linen(), variables, X[None], train=True)
    with pytest.raises(InputError, match="float32"):
        sp.from_flax(Linen(dtype=jnp.float32), variables, X[None])
    with pytest.raises(InputError, match="from_nnx"):
        sp.from_flax(nnx.Linear(3, 2, rngs=nnx.Rngs(0)), variables, X[None])
    with pytest.raises(InputError, match="collection 'params'"):
        sp.from_flax(Linen(), variables["params"], X[None])


class Nnx(nnx.Module):
    def __init__(self, rngs):
        self.first, self.norm = nnx.Linear(3, 4, rngs=rngs), nnx.BatchNorm(4, rngs=rngs)
        self.layer, self.drop, self.last = (
            nnx.LayerNorm(4, rngs=rngs),
            nnx.Dropout(0.5, rngs=rngs),
            nnx.Linear(4, 2, rngs=rngs),
        )

    def __call__(self, x):
        return self.last(self.drop(jnp.tanh(self.layer(self.norm(self.first(x))))))


def test_nnx():
    module = Nnx(nnx.Rngs(0))
    module.norm.mean[...], module.norm.var[...] = jnp.arange(4.0), jnp.arange(1.0, 5.0)
    module.eval()
    model = sp.from_nnx(module, X[None])
    w, b, v, c = (
        np.asarray(a[...], np.float64)
        for a in (module.first.kernel, module.first.bias, module.last.kernel, module.last.bias)
    )
    expected = by_hand(w, b, np.arange(4.0), np.arange(1.0, 5.0), 1e-6, v, c)
    np.testing.assert_allclose(np.asarray(model.predict(model.params, X)), expected, rtol=1e-9)
    assert sp.Regression(*model, X[None], np.zeros((1, 2))).dimension == 42


def test_nnx_refusals():
    with pytest.raises(InputError, match=r"norm.*module\.eval"):
        sp.from_nnx(Nnx(nnx.Rngs(0)), X[None])
    with pytest.raises(InputError, match="from_flax"):
        sp.from_nnx(Linen(), X[None])


def test_recurrent_cells_are_their_own():
    """The hidden part of nnx's GRU cell has no bias."""
    cell = nnx.GRUCell(3, 2, rngs=nnx.Rngs(0))

    class Last(nnx.Module):
        def __init__(self):
            self.cell = cell

        def __call__(self, x):
            return self.cell(jnp.full((2,), 0.5, x.dtype), x)[0]

    model = sp.from_nnx(Last(), X, batch_axis=None)
    dense_i, dense_h = cell.dense_i, cell.dense_h
    wi, bi, wh = (np.asarray(a[...], np.float64) for a in (dense_i.kernel, dense_i.bias, dense_h.kernel))
    left, right, h = X @ wi + bi, np.full(2, 0.5) @ wh, np.full(2, 0.5)
    r, z = (1 / (1 + np.exp(-(left[k : k + 2] + right[k : k + 2]))) for k in (0, 2))
    n = np.tanh(left[4:] + r * right[4:])
    np.testing.assert_allclose(np.asarray(model.predict(model.params, X)), (1 - z) * n + z * h, rtol=1e-12)


def test_transposed_convolutions_are_not_flipped():
    """nnx multiplies the entry at i by kernel[k] and adds it at i + k, seen from the end: torch flips the kernel."""
    layer = nnx.ConvTranspose(1, 1, kernel_size=(3,), padding="VALID", use_bias=False, rngs=nnx.Rngs(0))
    kernel = np.asarray(layer.kernel[...], np.float64).reshape(3)
    x = np.array([0.5, -1.0, 2.0, 3.0])
    model = sp.from_nnx(layer, x[None, :, None])
    found = np.asarray(model.predict(model.params, x[:, None]))
    np.testing.assert_allclose(found, np.convolve(x, kernel[::-1]), rtol=1e-12)
    assert np.abs(found - np.convolve(x, kernel)).max() > 1e-3  # what torch's layer gives
