"""Every primitive: values against 200 bits and JAX, derivatives by our rules against JAX's reverse mode."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

_RNG = np.random.default_rng(5)
V = _RNG.normal(size=6)
W = _RNG.normal(size=6)
M = _RNG.normal(size=(3, 4))
P = np.abs(V) + 0.3

UNARY = {
    **{name: (getattr(jnp, name), V) for name in ("sin", "cos", "tan", "arctan", "sinh", "cosh", "tanh", "exp")},
    "expm1": (jnp.expm1, V),
    **{name: (getattr(jnp, name), V) for name in ("arcsinh", "square", "abs", "sinc", "cbrt", "negative")},
    **{name: (getattr(jnp, name), P) for name in ("log", "log1p", "sqrt", "reciprocal", "log2", "log10", "exp2")},
    "erf": (jax.scipy.special.erf, V),
    "erfc": (jax.scipy.special.erfc, V),
    "rsqrt": (lax.rsqrt, P),
    "logistic": (lax.logistic, V),
    "arccosh": (jnp.arccosh, P + 1),
    "arcsin": (jnp.arcsin, V / 5),
    "arccos": (jnp.arccos, V / 5),
    "arctanh": (jnp.arctanh, V / 5),
    "cube_and_inverse_cube": (lambda x: x**5 + x**-3, V),
    "power": (lambda x: x**2.5, P),
}

ACTIVATIONS = (
    *("relu", "gelu", "silu", "sigmoid", "elu", "leaky_relu", "softplus", "selu", "celu", "relu6", "log_sigmoid"),
    *("mish", "squareplus", "softmax", "log_softmax", "logsumexp", "soft_sign", "hard_tanh"),
)

SEVERAL = {
    "gelu_erf": (lambda x: jax.nn.gelu(x, approximate=False), V),
    "pow": (lambda x, y: x**y, P, V),
    "atan2": (jnp.arctan2, V, W),
    "logaddexp": (jnp.logaddexp, V, W),
    "hypot": (jnp.hypot, V, W),
    "division": (lambda x, y: x / y, V, P),
    "clip": (lambda x: jnp.clip(x, -0.5, 0.5), V),
    "where": (lambda x: jnp.where(x > 0, x, 2 * x), V),
    "maximum": (lambda x, y: jnp.maximum(x, y) - jnp.minimum(x, 2 * y), V, W),
    "rank_one_broadcast": (lambda x, y: x * y[:, :1] + y, M, M + 1),
    "pairwise_differences": (lambda x: jnp.sin(x[None, :] - x[:, None]).sum(1), V),
    "max": (jnp.max, V),
    "min_of_rows": (lambda x: x.min(axis=1), M),
    "sort": (jnp.sort, V),
    "median": (jnp.median, V),
    "top_k": (lambda x: lax.top_k(x, 3)[0], V),
    "cumsum": (lambda x: jnp.cumsum(x, axis=1), M),
    "cumsum_reversed": (lambda x: lax.cumsum(x, reverse=True), V),
    "cumprod": (jnp.cumprod, V),
    "cummax": (lax.cummax, V),
    "cumlogsumexp": (lax.cumlogsumexp, V),
    "prod": (lambda x: x.prod(axis=0), M),
    "variance": (jnp.var, V),
    "deviation": (jnp.std, V),
    "norm": (jnp.linalg.norm, V),
    "mean": (lambda x: x.mean(0), M),
    "softmax_of_columns": (lambda x: jax.nn.softmax(x, axis=0), M),
    "logsumexp_of_rows": (lambda x: jax.nn.logsumexp(x, axis=1, keepdims=True), M),
    "index": (lambda x, i: x[i], V, 2),
    "index_array": (lambda x: x[jnp.array([0, -1, 2])], M.T),
    "index_dynamic": (lambda x, i: x[i], M, np.array([1, -1])),
    "slices": (lambda x: (x[1:5:2], x[::-1]), V),
    "overlapping_slices": (lambda x: jnp.sin(x[:4]) * jnp.cos(x[2:]) + x[1:5], V),
    "disjoint_slices": (lambda x: jnp.sin(x[:2]) * jnp.cos(x[4:]), V),
    "set": (lambda x, i: x.at[i].set(x[0] * 3), V, 2),
    "add_twice": (lambda x: x.at[jnp.array([1, 1, 2])].add(x[:3]), V),
    "write_maximum": (lambda x: x.at[jnp.array([1, 2])].max(x[:2]), V),
    "dynamic_slice": (lambda x, i: lax.dynamic_slice(x, (i,), (3,)), V, 2),
    "dynamic_update": (lambda x, i: lax.dynamic_update_slice(x, x[:2] ** 2, (i,)), V, 9),
    "take_along": (lambda x, i: jnp.take_along_axis(x, i, 1), M, np.array([[0], [3], [1]])),
    "roll_tile_stack": (lambda x: jnp.stack([jnp.roll(x, 2), x**2], 1) + jnp.tile(x[:2], 1), V),
    "pad": (lambda x: jnp.pad(x, (1, 2), constant_values=3.0), V),
    "pad_reflect": (lambda x: jnp.pad(x, 2, mode="reflect"), V),
    "pad_negative": (lambda x: lax.pad(x, 0.0, [(-1, 2, 1)]), V),
    "einsum": (lambda x, y: jnp.einsum("ij,kj->ki", x, y), M, M[:2] * 2),
    "outer": (jnp.outer, V, W),
    "stacked_product": (lambda x: jnp.stack([x, 2 * x]) @ x.T, M),
    "full_contraction": (lambda x: jnp.tensordot(x, x, axes=([0, 1], [0, 1])), M),
    "whole_numbers_times_reals": (lambda x: jnp.array([[0, 2], [3, 1]]) @ x[:2] + x[1:3] @ np.eye(2, dtype=int), V),
    "trace_of_gram": (lambda x: jnp.trace(x @ x.T), M),
    "diagonal": (lambda x: jnp.diag(x) @ jnp.diagonal(jnp.outer(x, x)), V),
    "determinant": (lambda x: jnp.cross(x[:3], x[3:]), V),
    "convolve": (lambda x: jnp.convolve(x, x[:3]), V),
    "remainder": (lambda x: jnp.mod(x, 1.3), V),
    "interpolate": (lambda x: jnp.interp(x, jnp.array([-1.0, 0, 1]), jnp.array([0.0, 1, 4])), V),
    "float32_constant": (lambda x: x * jnp.asarray(np.float32(0.1)), V),
}


@pytest.mark.parametrize("name", UNARY)
def test_unary_functions(name, check_values, check_jacobian):
    check_values(*UNARY[name])
    check_jacobian(*UNARY[name])


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_activations(name, check_values, check_jacobian):
    function = getattr(jax.nn, name)
    check_values(function, V)
    check_jacobian(function, V)


@pytest.mark.parametrize("name", SEVERAL)
def test_other_functions(name, check_values, check_jacobian):
    check_values(*SEVERAL[name])
    check_jacobian(*SEVERAL[name])


@pytest.mark.parametrize(
    ("function", "argument"),
    [
        (lambda i: (i % 3, i // 2, -i, i << 1, i & 1, jnp.abs(i), i > 0, ~(i > 0)), np.arange(-3, 4)),
        (lambda i: jax.nn.one_hot(i, 4), np.array([1, 2])),
        (jnp.argmax, V),
        (lambda x: jnp.argmin(x, axis=0), M),
        (jnp.argsort, V),
        (lambda x: jnp.searchsorted(jnp.array([-1.0, 0.0, 1.0]), x), V),
        (lambda x: (jnp.any(x > 0, axis=0), jnp.all(x > -1, axis=1)), M),
        (lambda x: (jnp.floor(x), jnp.ceil(x), jnp.round(x), jnp.sign(x)), V),
        (lambda x: jnp.isfinite(x) & ~jnp.isnan(x), V),
        (lambda x: x.astype(int), 3 * V),
    ],
)
def test_integers_booleans_and_jumps(function, argument, check_values):
    check_values(function, argument)


def _loss(x):
    return jnp.sum(jnp.tanh(x) ** 3 * jax.nn.softplus(x[::-1]))


TRANSFORMED = {
    "grad": jax.grad(_loss),
    "hessian": jax.hessian(_loss),
    "jacfwd": jax.jacfwd(lambda x: jnp.sin(x) * x[0]),
    "jacrev": jax.jacrev(lambda x: jnp.sin(x) * x[0]),
    "jvp": lambda x: jax.jvp(_loss, (x,), (x,)),
    "vmap": jax.vmap(lambda x: x**3 + jnp.cos(x)),
    "vmap_of_grad": lambda x: jax.vmap(jax.grad(lambda r: jnp.sum(r**3) / r[0]))(x.reshape(3, 2)),
    "checkpoint": jax.checkpoint(_loss),
    "jit": jax.jit(_loss),
    "scan": lambda x: lax.scan(lambda c, a: (jnp.tanh(c + a), c * a), 0.5, x),
    "scan_reversed": lambda x: lax.scan(lambda c, a: (jnp.tanh(c + a), c * a), 0.5, x, reverse=True),
    "grad_of_scan": jax.grad(lambda x: lax.scan(lambda c, a: (jnp.tanh(c + a), None), 0.5, x)[0]),
    "fori_loop": lambda x: lax.fori_loop(0, 4, lambda i, c: c * jnp.sin(c) + i * x, x),
    "map": lambda x: lax.map(jnp.sin, x),
    "associative_scan": lambda x: lax.associative_scan(jnp.multiply, x),
    "cond": lambda x: lax.cond(x[0] > 0, jnp.sin, jnp.cos, x),
    "switch": lambda x: lax.switch(1, [jnp.sin, jnp.cos, jnp.exp], x),
    "grad_of_softmax": jax.grad(lambda x: jax.nn.softmax(x)[0]),
    "grad_of_sort": jax.grad(lambda x: jnp.sum(jnp.sort(x) * jnp.arange(6.0))),
    "grad_of_norm": jax.grad(jnp.linalg.norm),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_transformations(name, check_values, check_jacobian):
    check_values(TRANSFORMED[name], V)
    check_jacobian(TRANSFORMED[name], V)


def test_a_while_loop_of_known_length_is_written_out(check_values):
    check_values(lambda x: lax.while_loop(lambda s: s[0] < 3, lambda s: (s[0] + 1, s[1] * x), (0, x))[1], V)
