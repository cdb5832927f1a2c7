"""Where a function replaces its derivative, and which of JAX's own functions do not."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

from certify.program.custom_rules import custom_derivatives


@jax.custom_jvp
def tripled(x):
    return x**2


tripled.defjvp(lambda p, t: (p[0] ** 2, 3 * t[0]))


@jax.custom_vjp
def doubled(x):
    return x


doubled.defvjp(lambda x: (x, None), lambda _, g: (2 * g,))

around_relu = jax.custom_jvp(jax.nn.relu)
around_relu.defjvps(lambda g, ans, x: 3 * g)


@pytest.mark.parametrize(
    "function",
    [
        jax.nn.relu, jax.nn.relu6, jax.nn.silu, jax.nn.gelu, jax.nn.softplus, jax.nn.log_softmax, jax.nn.softmax,
        jax.nn.logsumexp, jax.nn.elu, jnp.linalg.norm, optax.log_cosh, lambda x: jnp.logaddexp(x, 1.0),
        lambda x: optax.softmax_cross_entropy(x, x), lambda x: optax.sigmoid_binary_cross_entropy(x, x),
    ],
)  # fmt: skip
def test_functions_of_jax_keep_their_derivatives(function):
    assert custom_derivatives(lambda x: jnp.sum(function(x)), np.ones(3)) == ()


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (jax.lax.stop_gradient, "stop_gradient"),
        (tripled, "custom_jvp"),
        (doubled, "custom_vjp"),
        (around_relu, "custom_jvp"),
        (jax.jit(tripled), "custom_jvp"),
        (jax.vmap(tripled), "custom_jvp"),
        (lambda x: jax.lax.scan(lambda c, a: (c, tripled(a)), 0.0, x)[1], "custom_jvp"),
        (lambda x: jax.lax.cond(x[0] > 0, lambda: jax.lax.stop_gradient(x), lambda: x), "stop_gradient"),
        (lambda x: jax.nn.relu(doubled(x)), "custom_vjp"),
    ],
)
def test_replaced_derivatives_are_named(function, name):
    found = custom_derivatives(lambda x: jnp.sum(function(x)), np.ones(3))
    assert len(found) == 1
    assert found[0].startswith(name)
