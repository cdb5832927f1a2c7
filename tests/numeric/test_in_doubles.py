"""Functions without their own single precision, against the same functions written in doubles."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from foundation import InputError
from numeric.in_doubles import in_doubles


@pytest.fixture(autouse=True)
def doubles():
    with jax.enable_x64(True):
        yield


def test_single_precision_is_taken_out():
    third = 1.0 / 3.0
    rounds = lambda x: jax.jit(lambda y: jnp.asarray(y, jnp.float32) ** 3)(x) + jnp.float32(0.1)  # noqa: E731
    assert float(rounds(third)) != third**3 + float(np.float32(0.1))
    assert float(in_doubles(rounds)(third)) == pytest.approx(third**3 + float(np.float32(0.1)), rel=1e-15)
    tree = in_doubles(lambda x: {"a": x["b"].astype(jnp.float32), "n": jnp.int32(3)})({"b": jnp.float64(third)})
    assert float(tree["a"]) == third
    assert tree["n"].dtype == jnp.int32


def test_real_numbers_are_finite():
    guarded = in_doubles(lambda x: jnp.nan_to_num(x / (x + 1.0), nan=7.0, posinf=jnp.inf))
    program = str(jax.make_jaxpr(guarded)(2.0))
    assert "inf" not in program
    assert float(guarded(2.0)) == 2.0 / 3.0
    assert np.asarray(in_doubles(lambda x: jnp.where(x != jnp.inf, x, 5.0))(2.0)) == 2.0
    assert np.asarray(in_doubles(lambda x: jnp.where(x == -jnp.inf, 5.0, x))(2.0)) == 2.0


def test_what_needs_neither_is_left_alone():
    plain = in_doubles(lambda x: jax.lax.cond(x > 0, jnp.sin, jnp.cos, x))
    assert float(plain(0.5)) == float(jnp.sin(0.5))


def test_loops_in_single_precision_are_refused():
    def loop(x):
        return jax.lax.fori_loop(0, 3, lambda _, c: c * jnp.float32(0.5), jnp.asarray(x, jnp.float32))

    with pytest.raises(InputError, match="float32"):
        in_doubles(loop)(1.0)
