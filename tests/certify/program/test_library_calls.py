"""Calls of JAX's library are one primitive; a user's function of the same name is not."""

import jax
import jax.numpy as jnp
import jax.scipy.special as special
import numpy as np
import pytest

from certify.program import evaluate, trace

X = np.array([0.4, 1.5, 7.0])


def _primitives(function, *arguments):
    return {equation.primitive for equation in trace(function, *arguments).equations}


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (special.expi, "expi"),
        (special.exp1, "expn"),
        (lambda x: special.expn(4, x), "expn"),
        (special.log_ndtr, "log_ndtr"),
        (special.xlogy, "xlogy"),
        (lambda x: special.sici(x)[0], "sine_integral"),
        (lambda x: special.fresnel(x)[1], "fresnel_cosine"),
        (jax.jit(special.expi), "expi"),
    ],
)
def test_a_call_is_one_primitive(function, name):
    arguments = (X, X) if function is special.xlogy else (X,)
    assert name in _primitives(function, *arguments)


@pytest.mark.parametrize("name", ["expi", "xlog1py", "log_ndtr"])
def test_a_function_of_the_same_name_is_not_taken_for_it(name):
    def other(x):
        return 2 * x

    other.__name__ = name
    custom = jax.custom_jvp(other)
    custom.defjvp(lambda primals, tangents: (2 * primals[0], 2 * tangents[0]))
    for called in (jax.jit(other), custom):
        (value,) = evaluate(trace(called, X), [X])
        assert np.array_equal(value.mid, 2 * X)
        assert name not in _primitives(called, X)


def test_a_body_that_differs_in_a_constant_alone_is_not_taken_for_it():
    """The text of a jaxpr does not show the arrays in it: they are compared too."""
    from certify.program.lowering import library

    def changed(x):
        return x * np.array([1.0, 2.0, 4.0])

    def same(x):
        return x * np.array([1.0, 2.0, 3.0])

    with jax.enable_x64(True):
        bodies = [jax.make_jaxpr(f)(X) for f in (changed, same, same)]
    assert str(bodies[0]) == str(bodies[1])
    numbers = [[np.asarray(c).tolist() for c in library.inner_constants(body)] for body in bodies]
    assert numbers[0] != numbers[1]
    assert numbers[1] == numbers[2]


def test_the_solution_of_a_system_is_one_primitive_under_jit_and_not_for_a_namesake():
    a, b = np.array([[2.0, 1.0], [1.0, 3.0]]), np.array([1.0, 2.0])
    assert "solve" in _primitives(jax.jit(jnp.linalg.solve), a, b)

    @jax.jit
    def solve(a, b):
        return a @ b

    assert "solve" not in _primitives(solve, a, b)
    (value,) = evaluate(trace(solve, a, b), [a, b])
    assert np.array_equal(value.mid, a @ b)


@pytest.mark.parametrize(
    "call", [special.exp1, lambda x: 2 * special.exp1(x) + x, jax.jit(lambda x: special.exp1(x) + x)]
)
def test_a_loop_of_the_library_is_not_waited_for(call):
    x = np.array([0.5, 2.0])
    record = trace(call, x).record
    assert record.points == 0
    assert set(record.skipped) == {"JAX's own evaluation may not return"}


def test_a_function_without_a_loop_and_a_users_own_loop_are_compared():
    x = np.array([0.5, 2.0])
    assert trace(special.ndtr, x).record.points > 0

    def halved(x):
        return jax.lax.while_loop(lambda s: jnp.max(s) > 1.0, lambda s: s / 2, x)

    assert trace(halved, x).record.points > 0
