"""`from_equinox`: weights apart from the rest, refusals."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from stabproof import InputError

X = np.array([0.3, -1.0, 2.0])


def test_a_module_is_partitioned():
    module = eqx.nn.MLP(3, 2, 4, 1, activation=jnp.tanh, key=jax.random.key(0))
    model = sp.from_equinox(module, X)
    leaves = jax.tree.leaves(model.params)
    assert [leaf.dtype for leaf in leaves] == [np.float64] * 4
    first, second = (layer for layer in module.layers)
    w, b, v, c = (np.asarray(a, np.float64) for a in (first.weight, first.bias, second.weight, second.bias))
    np.testing.assert_allclose(np.asarray(model.predict(model.params, X)), v @ np.tanh(w @ X + b) + c, rtol=1e-14)
    problem = sp.Regression(*model, X[None], np.zeros((1, 2)))
    assert problem.dimension == 26


def test_random_layers_are_refused():
    module = eqx.nn.Sequential([eqx.nn.Linear(3, 2, key=jax.random.key(0)), eqx.nn.Dropout(0.5)])
    with pytest.raises(InputError, match="Dropout requires a key"):
        sp.from_equinox(module, X)
    model = sp.from_equinox(eqx.nn.inference_mode(module), X)
    assert np.asarray(model.predict(model.params, X)).shape == (2,)


class Rounded(eqx.Module):
    weight: jax.Array

    def __call__(self, x):
        return (self.weight * x).astype(jnp.float32).astype(jnp.float64)


def test_single_precision_inside_is_refused():
    with pytest.raises(InputError, match="float32"):
        sp.from_equinox(Rounded(jnp.ones(3)), X)


def test_wrong_arguments():
    with pytest.raises(InputError, match=r"equinox\.Module"):
        sp.from_equinox(jnp.tanh, X)
    with pytest.raises(InputError, match="batch of one"):
        sp.from_equinox(eqx.nn.Linear(3, 2, key=jax.random.key(0)), X, batch_axis=0)


def test_shared_arrays_are_reported():
    layer = eqx.nn.Linear(3, 3, key=jax.random.key(0))
    model = sp.from_equinox(eqx.nn.Sequential([layer, layer]), X)
    assert "trained apart" in model.report()


def test_gru_has_torchs_gates_with_summed_biases():
    """The reset gate multiplies the hidden product with its own bias; the other two biases of torch are one."""
    cell = eqx.nn.GRUCell(3, 2, key=jax.random.key(0))

    class Last(eqx.Module):
        cell: eqx.nn.GRUCell

        def __call__(self, x):
            return self.cell(x, jnp.full(2, 0.5, x.dtype))

    model = sp.from_equinox(Last(cell), X)
    wi, wh, b, bn = (np.asarray(a, np.float64) for a in (cell.weight_ih, cell.weight_hh, cell.bias, cell.bias_n))
    h = np.full(2, 0.5)
    left, right = wi @ X + b, wh @ h
    r, z = (1 / (1 + np.exp(-(left[k : k + 2] + right[k : k + 2]))) for k in (0, 2))
    n = np.tanh(left[4:] + r * (right[4:] + bn))
    np.testing.assert_allclose(np.asarray(model.predict(model.params, X)), (1 - z) * n + z * h, rtol=1e-12)
