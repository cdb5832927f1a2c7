"""Values and Jacobians over wide balls contain those at random points of the balls, computed with 150 bits."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from certify.arithmetic import Ball
from certify.program import UndecidedBranch, evaluate, jacobian, trace

FUNCTIONS = {
    "softplus": jax.nn.softplus,
    "gelu": jax.nn.gelu,
    "softmax": jax.nn.softmax,
    "log_softmax": jax.nn.log_softmax,
    "logsumexp": jax.nn.logsumexp,
    "maximum": jnp.max,
    "cumulative": lambda x: jnp.cumsum(x) * jnp.prod(x),
    "norm": lambda x: jnp.sqrt(1 + jnp.sum(x**2)),
    "kinks": lambda x: jnp.abs(x) - jnp.minimum(x, x[::-1]) + jax.nn.leaky_relu(x),
    "clip": lambda x: jnp.clip(x, -0.3, 0.3) ** 3,
    "jumps": lambda x: jnp.floor(x) + jnp.round(x) + jnp.ceil(x) + jnp.sign(x) * x,
    "remainder": lambda x: lax.rem(x, 0.7),
    "inverse_functions": lambda x: jnp.arctan2(x, 2 + x**2) + jnp.arcsinh(x) + jnp.arctanh(jnp.tanh(x) / 2),
    "logaddexp": lambda x: jnp.logaddexp(x, x[::-1] * 2),
    "pooling": lambda x: lax.reduce_window(x, -jnp.inf, lax.max, (2,), (1,), "SAME"),
    "convolution": lambda x: jnp.convolve(x, x),
    "sort": lambda x: jnp.sort(x) * jnp.arange(5.0),
}


def _inside(ball, exact):
    """No point value is proved to lie outside its ball; values that are themselves unbounded say nothing."""
    triples = zip(ball.lower.ravel(), ball.upper.ravel(), np.ravel(exact), strict=True)
    return not any(value < low or value > high for low, high, value in triples)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_wide_balls_contain_their_points(name):
    rng = np.random.default_rng(sorted(FUNCTIONS).index(name))
    program = trace(FUNCTIONS[name], np.ones(5))
    decided = 0
    for _ in range(12):
        mid = rng.normal(size=5) * 10.0 ** rng.integers(-3, 3)
        box = Ball(mid, np.abs(mid) * 10.0 ** rng.integers(-12, 1, size=5))
        try:
            (value,), slope = evaluate(program, [box]), jacobian(program, [box])
        except UndecidedBranch:
            continue
        decided += 1
        for _ in range(3):
            x = np.nextafter(mid + box.rad * rng.uniform(-1, 1, 5), mid)
            (exact,) = evaluate(program, [x], precision=150)
            assert _inside(value, exact)
            assert _inside(slope, jacobian(program, [x], precision=150))
    assert decided >= 2
