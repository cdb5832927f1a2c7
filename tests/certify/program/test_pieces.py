"""Programs with kinks as families of analytic ones: at every point the program is one of its members."""

import itertools

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.program import evaluate, jacobian, trace
from certify.program.pieces import pieces_of

NETWORKS = {
    "relu": lambda p, x: jax.nn.relu(p[0] * x + p[1]) * p[2],
    "leaky": lambda p, x: jax.nn.leaky_relu(p[0] * x + p[1], 0.1) * p[2],
    "elu": lambda p, x: jax.nn.elu(p[0] * x + p[1]) * p[2],
    "absolute value": lambda p, x: jnp.abs(p[0] * x + p[1]) + p[2],
    "extremes": lambda p, x: jnp.minimum(p[0] * x, jnp.maximum(p[1], p[2])),
    "selection": lambda p, x: jnp.where((p[0] > 0) & (p[1] * x < 1), p[2] * x, jnp.tanh(p[0])),
}
REFUSED = {
    "the largest entry": lambda p, x: jnp.max(p * x) + jax.nn.relu(p[0]),
    "a root": lambda p, x: jnp.sqrt((p[0] * x) ** 2) * p[1],
    "a comparison beside a pole": lambda p, x: jnp.where(1 / p[0] > x, p[1], p[2]),
    "a jump": lambda p, x: jnp.floor(p[0] * x) + jax.nn.relu(p[1]),
    "the place of the largest": lambda p, x: p[jnp.argmax(p)] * x + jax.nn.relu(p[1]),
    "a comparison as a number": lambda p, x: (p[0] > x) * p[1] + jax.nn.relu(p[1]),
    "a logarithm on one side": lambda p, x: jnp.where(p[0] > 1, jnp.log(p[0]), 0.0) * x,
}


def traced(function):
    with jax.enable_x64(True):
        return trace(function, np.zeros(3), np.zeros(()))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_program_is_a_member_near_almost_every_point(name, rng):
    """Value and derivative at random points are those of one of the 2^k members, computed by JAX for the function."""
    program = traced(NETWORKS[name])
    pieces = pieces_of(program)
    assert pieces.are_entire([np.array([0.7, -1.3])])
    count = sum(int(np.prod(shape)) for shape in pieces.shapes)
    for _ in range(6):
        point, x = rng.normal(size=3), np.float64(rng.choice([0.7, -1.3]))
        with jax.enable_x64(True):
            value, slope = (np.asarray(a) for a in jax.value_and_grad(NETWORKS[name])(jnp.asarray(point), x))
        members = []
        for bits in itertools.product((0.0, 1.0), repeat=count):
            choices, left = [], list(bits)
            for shape in pieces.shapes:
                size = int(np.prod(shape))
                choices.append(np.array(left[:size]).reshape(shape))
                left = left[size:]
            found = evaluate(pieces.function, [point, x, *choices])[0], jacobian(pieces.function, [point, x, *choices])
            members.append(abs(found[0].mid - value) < 1e-12 and np.abs(found[1].mid[0] - slope).max() < 1e-12)
        assert any(members), (point, x)


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_family_of_entire_functions_is_refused(name):
    pieces = pieces_of(traced(REFUSED[name]))
    assert pieces is None or not pieces.are_entire([np.array([0.7, -1.3])])


def test_smooth_programs_have_no_choices():
    assert pieces_of(traced(lambda p, x: jnp.tanh(p[0] * x) + p[1])) is None
