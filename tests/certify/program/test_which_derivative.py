"""Where JAX's derivative is not that of the function: found however it is called, and never where it is the same."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.program import trace
from certify.program.custom_rules import continued_in, custom_derivatives

X = np.array([1.1, 0.9, 1.3])
stop = jax.lax.stop_gradient


@jax.custom_jvp
@functools.wraps(jax.nn.relu)
def surrogate(x):
    """A rectifier with twice its slope, which bears relu's name and documentation."""
    return jnp.maximum(x, 0.0)


surrogate.defjvp(lambda p, t: (jnp.maximum(p[0], 0.0), 2.0 * t[0]))


@jax.custom_jvp
def other(x):
    """Another function than the rectifier whose rule, value and slope, it has."""
    return 3.0 * x - 2.0


other.defjvp(lambda p, t: jax.jvp(jax.nn.relu, p, t))


def _matrix(x):
    return jnp.eye(3) + x[:, None] * x


REPLACED = {
    "stop_gradient": stop,
    "in jit": jax.jit(stop),
    "in vmap": jax.vmap(stop),
    "in vectorize": jnp.vectorize(stop),
    "in apply_along_axis": lambda x: jnp.apply_along_axis(stop, 0, x),
    "in apply_over_axes": lambda x: jnp.apply_over_axes(lambda a, axis: stop(a), x, [0]),
    "in piecewise": lambda x: jnp.piecewise(x, [x < 0], [stop, stop]),
    "in frompyfunc": lambda x: jnp.frompyfunc(stop, 1, 1)(x),
    "in map": lambda x: jax.lax.map(stop, x),
    "in scan": lambda x: jax.lax.scan(lambda c, _: (stop(c), None), x, None, length=2)[0],
    "in checkpoint": jax.checkpoint(stop),
    "under relu": lambda x: jax.nn.relu(stop(x)),
    "a rectifier's name": surrogate,
    "a rectifier's rule": other,
    "a rectifier's name in vmap": jax.vmap(surrogate),
    "a rectifier's name in vectorize": jnp.vectorize(surrogate),
    # differentiated as exact solutions, whatever the iteration returns
    "a linear solve": lambda x: jax.lax.custom_linear_solve(lambda v: x * v, x, lambda mv, b: 2 * b - mv(b)),
    "conjugate gradients": lambda x: jax.scipy.sparse.linalg.cg(lambda v: 2 * v + x * v, x, maxiter=1)[0],
    "a root": lambda x: jax.lax.custom_root(lambda y: y * y - x, x, lambda f, y: y, lambda g, y: y),
}
TRUE = {
    "relu": jax.nn.relu,
    "relu6": jax.nn.relu6,
    "relu in vmap": jax.vmap(jax.nn.relu),
    "relu in vectorize": jnp.vectorize(jax.nn.relu),
    "relu in checkpoint": jax.checkpoint(lambda x: jnp.sin(jax.nn.relu(x))),
    "relu in cond": jax.vmap(lambda y: jax.lax.cond(y > 1, jax.nn.relu, lambda z: z, y)),
    "softmax": jax.nn.softmax,
    "softmax in vmap": lambda x: jax.vmap(jax.nn.softmax)(x[:, None] * x),
    "softmax in scan": lambda x: jax.lax.scan(lambda c, _: (jax.nn.softmax(c), None), x, None, length=3)[0],
    "log_softmax": jax.nn.log_softmax,
    "logsumexp": jax.nn.logsumexp,
    "logaddexp": lambda x: jnp.logaddexp(x, 2 * x),
    "silu, gelu, elu": lambda x: jax.nn.silu(x) + jax.nn.gelu(x) + jax.nn.elu(x),
    "softplus": jax.nn.softplus,
    "sinc": jnp.sinc,
    "xlogy of one argument": lambda x: jax.scipy.special.xlogy(x, x),
    "expi": jax.scipy.special.expi,
    "logit": lambda x: jax.scipy.special.logit(x / 3),
    "solve": lambda x: jnp.linalg.solve(_matrix(x), x),
    "solve in vmap": lambda x: jax.vmap(lambda y: jnp.linalg.solve(_matrix(x), y))(jnp.eye(3)),
    "solve by Cholesky": lambda x: jax.scipy.linalg.solve(_matrix(x), x, assume_a="pos"),
    "det, inv, slogdet": lambda x: (
        jnp.linalg.det(_matrix(x)) + jnp.linalg.inv(_matrix(x)).sum() + jnp.linalg.slogdet(_matrix(x))[1]
    ),
}


@pytest.fixture(autouse=True)
def _double_precision():
    with jax.enable_x64(True):
        yield


@pytest.mark.parametrize("name", REPLACED)
def test_replaced_derivatives_are_found(name):
    assert custom_derivatives(REPLACED[name], X)


@pytest.mark.parametrize("name", TRUE)
def test_derivatives_of_jax_are_those_of_the_function(name):
    assert custom_derivatives(TRUE[name], X) == ()
    # independent of any list: the directional derivative is the difference quotient's limit
    function, u = TRUE[name], np.array([0.3, -0.2, 0.5])
    told = np.asarray(jax.jvp(function, (jnp.asarray(X),), (jnp.asarray(u),))[1])
    step = 1e-6
    ahead, behind = (np.asarray(function(jnp.asarray(X + sign * step * u))) for sign in (1, -1))
    found = (ahead - behind) / (2 * step)
    np.testing.assert_allclose(told, found, rtol=1e-6, atol=1e-8)


def test_primitives_of_the_user_with_rules_of_their_own():
    hijax = pytest.importorskip("jax.experimental.hijax", reason="this JAX has no primitives made of functions")
    if not hasattr(hijax, "VJPHiPrimitive"):
        pytest.skip("this JAX has no VJPHiPrimitive")

    class Surrogate(hijax.VJPHiPrimitive):
        def __init__(self, aval):
            self.in_avals, self.out_aval, self.params = (aval,), aval, {}
            super().__init__()

        def expand(self, u):
            return jnp.tanh(u)

        def jvp(self, primals, tangents):
            return self(*primals), 3.0 * (1 - jnp.tanh(primals[0]) ** 2) * tangents[0]

    assert custom_derivatives(lambda u: Surrogate(jax.typeof(u))(u), X)


def test_limits_that_a_guard_puts_in_are_not_what_jax_differentiates():
    """where(u == 0, 1, (e^u - 1)/u) has the slope 1/2 at 0; jax.grad takes that of the constant, 0."""

    def quotient(u):
        safe = jnp.where(u == 0, 1.0, u)
        return jnp.where(u == 0, 1.0, jnp.expm1(safe) / safe)

    assert float(jax.grad(quotient)(0.0)) == 0.0
    assert continued_in(trace(lambda t, x: quotient(t[0]) * x, np.zeros(1), np.zeros(())))
    assert not continued_in(trace(lambda t, x: quotient(x) * t[0], np.zeros(1), np.zeros(())))
    assert not continued_in(trace(lambda t, x: jnp.sinc(t[0]) * x, np.zeros(1), np.zeros(())))
