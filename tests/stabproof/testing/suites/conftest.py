"""How the suites against public packages run: few examples, no shrinking, JAX in double precision where they ask."""

import jax
import pytest


@pytest.fixture(autouse=True)
def double_precision():
    """Double precision for one test, whatever the process had."""
    with jax.enable_x64(True):
        yield
