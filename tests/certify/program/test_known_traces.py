"""A program is compared with JAX once for all that it depends on, and never taken for another one."""

import threading
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from certify.program import evaluate, jax_values, trace, tracing
from foundation import InputError

POINT = np.array([0.3, -0.7])


@pytest.fixture
def comparisons(monkeypatch):
    """How often a program was compared with JAX, as a list that grows."""
    seen: list[int] = []
    compared = tracing.compared

    def counted(*arguments):
        seen.append(1)
        return compared(*arguments)

    monkeypatch.setattr(tracing, "compared", counted)
    return seen


def test_the_same_function_at_the_same_point_is_one_program(comparisons):
    def function(x):
        return jnp.tanh(17.25 * x)

    first, again = (trace(function, POINT) for _ in range(2))
    assert first is again
    assert len(comparisons) == 1
    assert first.record.points == 3


def test_another_point_is_compared_anew(comparisons):
    def function(x):
        return jnp.tanh(18.25 * x)

    for near in (POINT, 2 * POINT, np.nextafter(POINT, 1.0)):
        trace(function, POINT, near=[near])
    assert len(comparisons) == 3


@pytest.mark.parametrize("constant", [np.array(2.0), np.array([2.0, 3.0]), np.arange(2000.0)])
def test_constants_are_told_apart_to_the_last_bit(constant):
    def with_constant(c):
        return trace(lambda x: jnp.sum(x) * c, POINT)

    other = constant.copy()
    other[(-1,) * other.ndim] = np.nextafter(other[(-1,) * other.ndim], np.inf)
    values = [evaluate(with_constant(c), [POINT])[0] for c in (constant, other)]
    expected = POINT.sum() * other
    assert values[0].mid.reshape(-1)[-1] != values[1].mid.reshape(-1)[-1]
    assert np.all(np.abs(values[1].mid - expected) <= 2 * values[1].rad + 1e-15 * np.abs(expected))


def test_what_a_function_reads_may_change_between_calls(comparisons):
    settings = {"scale": 2.5}

    def function(x):
        return settings["scale"] * x

    first = evaluate(trace(function, POINT), [POINT])[0]
    settings["scale"] = -2.5
    second = evaluate(trace(function, POINT), [POINT])[0]
    assert first.contains(2.5 * POINT).all()
    assert second.contains(-2.5 * POINT).all()
    assert len(comparisons) == 2


def test_jaxprs_that_read_differently_are_compared_each(comparisons):
    """They lower to one program: a fault of a rule that overlooks the parameter must still be seen."""
    for precision in (None, jax.lax.Precision.HIGHEST):
        trace(lambda x, precision=precision: jnp.dot(1.75 * x, x, precision=precision), POINT)
    assert len(comparisons) == 2


def test_what_was_refused_is_refused_again(monkeypatch):
    def refuse(*_):
        raise InputError("the value of `mul` is not JAX's")

    def function(x):
        return jnp.sum(x * 19.5)

    monkeypatch.setattr(tracing, "compared", refuse)
    for _ in range(2):
        with pytest.raises(InputError, match="not JAX's"):
            trace(function, POINT)


def test_threads_that_meet_an_option_which_jax_does_not_know(monkeypatch):
    """One of them leaves it out for all; the others, whose attempt still had it, try again too."""
    monkeypatch.setattr(jax_values, "_QUICK", {"xla_an_option_of_no_version": True})
    function = jax_values._Quick(jax.make_jaxpr(lambda x: 3 * x)(1.0))
    start, attempt = threading.Barrier(8), function.compiled[1]

    def together(*arguments):
        start.wait(timeout=60)
        return attempt(*arguments)

    function.compiled = function.compiled[0], together
    with ThreadPoolExecutor(8) as pool:
        values = list(pool.map(lambda k: float(function([np.float64(k)])[0]), range(8)))
    assert values == [3.0 * k for k in range(8)]
