"""What is NaN in JAX near a point, too, is no function of real numbers; a single point may be a quotient's limit."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.program import trace
from foundation import InputError

CASES = {
    "a row that a mask shuts out": lambda x: jax.nn.softmax(jnp.where(np.array([[True], [False]]), x, -jnp.inf))[1],
    "plus infinity": lambda x: jax.nn.softmax(jnp.where(np.array([True, False]), x, jnp.inf)),
    "the sine of infinity": lambda x: jnp.sin(jnp.where(np.array([True, False]), x, jnp.inf)),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_nan_in_jax_is_no_function(name):
    with pytest.raises(InputError, match="JAX's own value is NaN"):
        trace(CASES[name], np.array([0.25, -0.5]))


def test_a_quotient_with_a_limit_is_nan_at_a_single_point():
    assert trace(lambda x: jnp.sin(x) / x, np.zeros(2)).record.points == 2
