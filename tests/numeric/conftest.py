"""Shapes and dtypes of `numeric` are checked at run time in these tests."""

import sys

import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import install_import_hook

CHECKED = [
    "numeric.damped_step",
    "numeric.curvature",
    "numeric.lyapunov",
    "numeric.models",
    "numeric.ntk",
    "numeric.orbits",
    "numeric.parameters",
    "numeric.training",
]
# Plain numbers are left to the package's own checks, which answer bad ones with InputError.
ARRAYS_ONLY = """beartype.beartype(conf=beartype.BeartypeConf(
    hint_overrides=beartype.FrozenDict({int: object, float: object, str: object})
))"""
if not any(name in sys.modules for name in CHECKED):
    install_import_hook(CHECKED, ARRAYS_ONLY)


def _mlp(params, x):
    *hidden, (weight, bias) = params
    for w, b in hidden:
        x = jnp.tanh(w @ x + b)
    return weight @ x + bias


@pytest.fixture
def mlp():
    """A tanh network on a list of (W, b), written out independently of the package."""
    return _mlp


@pytest.fixture
def mlp_params(rng):
    """Draws a list of (W, b) for the given widths."""

    def draw(*widths):
        pairs = zip(widths[1:], widths[:-1], strict=True)
        return [(rng.normal(size=(m, n)) / np.sqrt(n), 0.1 * rng.normal(size=m)) for m, n in pairs]

    return draw
