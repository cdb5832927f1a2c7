"""Layers that solve for an equilibrium: loops that stop by a tolerance, implicit derivatives, `custom_root`."""

import jax
import jax.numpy as jnp
import mpmath as mp
import numpy as np
import pytest
from jax import lax

from certify.arithmetic import Ball
from certify.program import UndecidedBranch, evaluate, trace
from certify.program.custom_rules import custom_derivatives
from stabproof import enclose

W = np.array([[0.25, -0.125], [0.125, 0.25]])
X = np.array([0.5, -0.375])
_TOLERANCE = 1e-9


def _layer(w, z):
    return jnp.tanh(w @ z + X)


def _iterated(step, start):
    def going_on(pair):
        return jnp.max(jnp.abs(pair[1] - pair[0])) > _TOLERANCE

    return lax.while_loop(going_on, lambda pair: (pair[1], step(pair[1])), (start, step(start)))[1]


@jax.custom_vjp
def _equilibrium(w):
    return _iterated(lambda z: _layer(w, z), jnp.zeros(2))


def _forward(w):
    z = _equilibrium(w)
    return z, (w, z)


def _backward(saved, cotangent):
    w, z = saved
    _, pull = jax.vjp(_layer, w, z)
    return (pull(_iterated(lambda u: cotangent + pull(u)[1], cotangent))[0],)


_equilibrium.defvjp(_forward, _backward)


def _root(w):
    """The same by `custom_root`; adding the defect to z loses a digit of the balls a step."""
    return lax.custom_root(
        lambda z: _layer(w, z) - z,
        jnp.zeros(2),
        lambda f, z: lax.while_loop(lambda z: jnp.max(jnp.abs(f(z))) > _TOLERANCE, lambda z: z + f(z), z),
        lambda linear, y: jnp.linalg.solve(jax.jacobian(linear)(y), y),
    )


def _loss(layer):
    return lambda w: jnp.sum(layer(w) ** 2)


def _exact_gradient():
    """z = tanh(W z + x); dL/dW_ij = u_i z_j with u = D (I - W^T D)^-1 2z, D = diag(1 - z^2)."""
    with mp.workdps(40):
        w, x = mp.matrix(W.tolist()), mp.matrix(X.tolist())
        z = mp.zeros(2, 1)
        for _ in range(200):
            z = (w * z + x).apply(mp.tanh)
        d = mp.diag([1 - v**2 for v in z])
        u = d * mp.lu_solve(mp.eye(2) - w.T * d, 2 * z)
        return np.array([[float(u[i] * z[j]) for j in range(2)] for i in range(2)])


@pytest.fixture(scope="module", name="gradient")
def _gradient():
    return trace(jax.grad(_loss(_equilibrium)), W)


def test_the_gradient_of_an_implicit_layer_is_enclosed_where_the_balls_decide_its_stop(gradient):
    assert gradient.record.points == 3
    (found,) = evaluate(gradient, [W])
    # the program stops when it has converged to the tolerance
    assert np.abs(found.mid - _exact_gradient()).max() < 20 * _TOLERANCE
    assert found.rad.max() < 1e-13
    (wide,) = evaluate(gradient, [Ball(W, np.full((2, 2), 1e-12))])
    assert np.all((wide.lower <= found.lower) & (found.upper <= wide.upper))
    assert wide.rad.max() < 1e-10
    with pytest.raises(UndecidedBranch, match="until it has converged"):
        evaluate(gradient, [Ball(W, np.full((2, 2), 1e-6))])


def test_a_root_is_enclosed_at_points_and_called_by_its_name():
    gradient = jax.grad(_loss(_root))
    assert trace(gradient, W).record.points == 3  # in higher precision than float64
    assert np.abs(enclose(gradient, W).mid - _exact_gradient()).max() < 20 * _TOLERANCE
    for function in (_loss(_root), gradient):
        found = custom_derivatives(function, W)
        assert found
        assert all(place.startswith("custom_root at test_implicit_layers.py:") for place in found)
