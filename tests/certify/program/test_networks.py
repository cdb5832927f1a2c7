"""Networks of equinox: values, Jacobians, batches and tightness."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.program import analytic_everywhere, evaluate, jacobian, piecewise_obstacle, trace

_KEY = jax.random.PRNGKey(1)
_RNG = np.random.default_rng(2)


class Convolutional(eqx.Module):
    """Two convolutions, pooling, a linear layer."""

    first: eqx.nn.Conv2d
    second: eqx.nn.Conv2d
    pool: eqx.nn.MaxPool2d
    last: eqx.nn.Linear

    def __init__(self, key):
        keys = jax.random.split(key, 3)
        self.first = eqx.nn.Conv2d(1, 4, 3, key=keys[0])
        self.second = eqx.nn.Conv2d(4, 4, 3, key=keys[1])
        self.pool = eqx.nn.MaxPool2d(2, 2)
        self.last = eqx.nn.Linear(16, 5, key=keys[2])

    def __call__(self, x):
        hidden = self.pool(jnp.tanh(self.first(x)))
        return self.last(jnp.ravel(jnp.tanh(self.second(hidden))))


class SelfAttention(eqx.Module):
    """Softmax attention of a sequence with itself."""

    layer: eqx.nn.MultiheadAttention
    causal: bool = eqx.field(static=True, default=False)

    def __call__(self, x):
        mask = jnp.tril(jnp.ones((len(x), len(x)), bool)) if self.causal else None
        return self.layer(x, x, x, mask=mask)


def _attention(size):
    return eqx.nn.MultiheadAttention(2, size, key=_KEY)


def _mlp(width, activation):
    return eqx.nn.MLP(6, 3, width, 2, activation=activation, key=_KEY)


NETWORKS = {
    "tanh": (_mlp(8, jnp.tanh), (6,)),
    "relu": (_mlp(8, jax.nn.relu), (6,)),
    "softplus": (_mlp(8, jax.nn.softplus), (6,)),
    "gelu": (_mlp(8, jax.nn.gelu), (6,)),
    "convolutional": (Convolutional(_KEY), (1, 10, 10)),
    "strided_groups": (eqx.nn.Conv2d(2, 4, 3, stride=2, dilation=2, padding=2, groups=2, key=_KEY), (2, 8, 8)),
    "transposed": (eqx.nn.ConvTranspose2d(1, 2, 3, stride=2, padding=1, output_padding=1, key=_KEY), (1, 4, 4)),
    "large_kernel": (eqx.nn.Conv2d(1, 1, 9, padding=3, key=_KEY), (1, 8, 8)),
    "padded_pool": (eqx.nn.MaxPool2d(3, 2, padding=1), (1, 6, 6)),
    "average_pool": (eqx.nn.AvgPool2d(2, 2), (1, 6, 6)),
    "layer_norm": (eqx.nn.LayerNorm(6), (6,)),
    "group_norm": (eqx.nn.GroupNorm(2, 4), (4, 3)),
    "rms_norm": (eqx.nn.RMSNorm(6), (6,)),
    "attention": (SelfAttention(_attention(8)), (5, 8)),
    "causal_attention": (SelfAttention(_attention(8), causal=True), (5, 8)),
}


def _split(model):
    parameters, static = eqx.partition(model, eqx.is_array)
    return parameters, lambda p, x: eqx.combine(p, static)(x)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks(name, check_values, check_jacobian):
    model, shape = NETWORKS[name]
    parameters, apply = _split(model)
    x = _RNG.normal(size=shape)
    check_values(apply, parameters, x)
    check_jacobian(apply, parameters, x)


@pytest.mark.parametrize("name", ["gelu", "convolutional", "layer_norm", "causal_attention", "padded_pool"])
def test_a_batch_agrees_with_single_examples(name, encloses):
    model, shape = NETWORKS[name]
    parameters, apply = _split(model)
    inputs = _RNG.normal(size=(3, *shape))
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(parameters)]
    program = trace(apply, parameters, inputs[0])
    batch = [False] * len(leaves) + [True]
    (together,) = evaluate(program, [*leaves, inputs], batch=batch)
    wrt = len(leaves)
    slopes = jacobian(program, [*leaves, inputs], wrt, batch=batch)
    for i, x in enumerate(inputs):
        (exact,) = evaluate(program, [*leaves, x], precision=150)
        assert encloses(together[i], exact)
        assert encloses(slopes[i], jacobian(program, [*leaves, x], wrt, precision=150))


def test_gradients_inside_the_function(check_values):
    parameters, apply = _split(Convolutional(_KEY))

    def gradient(p, x):
        return jax.tree.leaves(jax.grad(lambda p: jnp.sum(apply(p, x) ** 2))(p))

    check_values(gradient, parameters, _RNG.normal(size=(1, 10, 10)))
    parameters, apply = _split(SelfAttention(_attention(8)))
    check_values(gradient, parameters, _RNG.normal(size=(4, 8)))


def test_tangent_and_gradient_of_pooling(check_values):
    pool = eqx.nn.MaxPool2d(2, 2)
    x = _RNG.normal(size=(1, 4, 4))
    check_values(jax.grad(lambda x: jnp.sum(pool(x) ** 2)), x)
    check_values(lambda x: jax.jvp(pool, (x,), (2 * x,)), x)


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (eqx.nn.MLP(64, 10, 256, 2, activation=jnp.tanh, key=_KEY), (64,)),
        (Convolutional(_KEY), (1, 10, 10)),
        (SelfAttention(eqx.nn.MultiheadAttention(4, 32, key=_KEY)), (12, 32)),
        (eqx.nn.LayerNorm(32), (32,)),
    ],
    ids=["mlp", "convolutional", "attention", "layer_norm"],
)
def test_radii_at_points_are_below_a_hundred_float_errors(model, shape):
    parameters, apply = _split(model)
    leaves = [np.asarray(leaf) for leaf in jax.tree.leaves(parameters)]
    inputs = _RNG.normal(size=(4, *shape))
    program = trace(apply, parameters, inputs[0])
    batch = [False] * len(leaves) + [True]
    (ball,) = evaluate(program, [*leaves, inputs], batch=batch)
    (exact,) = evaluate(program, [*leaves, inputs], batch=batch, precision=200)
    with jax.enable_x64(True):
        widened = jax.tree.map(lambda a: jnp.asarray(np.asarray(a, np.float64)), parameters)
        estimate = np.asarray(jax.vmap(apply, (None, 0))(widened, jnp.asarray(inputs)))
    error = max(abs(float(value - number)) for value, number in zip(exact.flat, estimate.flat, strict=True))
    assert ball.rad.max() <= 100 * error


@pytest.mark.parametrize("name", ["tanh", "softplus", "gelu", "layer_norm", "attention"])
def test_smooth_networks_are_real_analytic(name):
    model, shape = NETWORKS[name]
    program = trace(*_split(model)[::-1], np.zeros(shape))
    assert analytic_everywhere(program).everywhere
    assert piecewise_obstacle(program) == ""


@pytest.mark.parametrize(("name", "culprit"), [("relu", "max"), ("padded_pool", "reduce_m")])
def test_kinks_are_named(name, culprit):
    model, shape = NETWORKS[name]
    program = trace(*_split(model)[::-1], np.zeros(shape))
    found = analytic_everywhere(program)
    assert not found.everywhere
    for reason in (found.obstacle, piecewise_obstacle(program)):
        assert reason.startswith(f"`{culprit}")
