"""What an identity may forget: JAX's value outside a function's domain is NaN, and programs ask for it."""

from collections.abc import Callable

import jax.numpy as jnp
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.program import analytic_everywhere, analytic_on, evaluate, trace
from foundation import InputError
from stabproof import GradientDescent, Regression, certify_minimum

# Steps at t = 0 that only a NaN or an infinity makes: 2 (t - 1) on the right, t - 1 on the left.
STEPS: dict[str, Callable] = {
    "isnan": lambda t: jnp.where(jnp.isnan(jnp.log(t)), t - 1, 2 * (t - 1)),
    "isfinite": lambda t: jnp.where(jnp.isfinite(jnp.sqrt(t)), 2 * (t - 1), t - 1),
    "below infinity": lambda t: jnp.where(jnp.log(t) < jnp.inf, 2 * (t - 1), t - 1),
    "equal to itself": lambda t: (lambda y: jnp.where(y == y, 2 * (t - 1), t - 1))(t**0.25),
    "logarithm of a sum": lambda t: jnp.where(jnp.isnan(jnp.log1p(t - 1) + t), t - 1, 2 * (t - 1)),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_step_that_a_nan_makes_is_not_forgotten(name: str) -> None:
    step = STEPS[name]
    assert float(step(jnp.asarray(-1.0))) == -2.0
    assert float(step(jnp.asarray(3.0))) == 4.0
    program = trace(step, 3.0)
    assert not analytic_everywhere(program).everywhere
    near = Ball(np.array(3.0), np.array(0.25))
    assert analytic_on(program, [near]).everywhere
    (value,) = evaluate(program, [near])
    assert value.lower <= 3.5
    assert value.upper >= 4.5
    assert value.upper - value.lower < 1.01
    with pytest.raises(InputError):
        evaluate(program, [np.array(-1.0)])


@pytest.mark.parametrize("name", STEPS)
def test_no_start_that_lands_on_the_minimum_is_called_impossible(name: str) -> None:
    # for t < 0 and the rate 1: t - (t - 1) = 1, the minimum, in one step from half of all starts
    predict = lambda params, x: STEPS[name](params[0]) * x[0]  # noqa: E731
    problem = Regression(predict, np.array([1.0]), np.array([[1.0]]), np.array([[0.0]]))
    certificate = certify_minimum(problem, GradientDescent(learning_rate=1.0))
    third = next(h for h in certificate.hypotheses if h.name == "H3")
    assert third.status.value == "assumed"


def test_a_product_with_zero_keeps_its_domain() -> None:
    program = trace(lambda t: t + 1 + 0 * jnp.log(t), 3.0)
    assert not analytic_everywhere(program).everywhere
    with pytest.raises(InputError):
        evaluate(program, [np.array(-1.0)])


def test_a_shift_keeps_its_domain() -> None:
    def shares(t: jnp.ndarray) -> jnp.ndarray:
        powers = jnp.exp(jnp.array([1.0, 2.0]) * t - jnp.log(t))
        return powers / powers.sum()

    assert np.isnan(shares(-1.0)).all()
    assert not analytic_everywhere(trace(shares, 3.0)).everywhere


def test_infinity_is_no_number() -> None:
    program = trace(lambda x: jnp.where(jnp.isinf(1 / x), 1.0, x), 3.0)
    assert evaluate(program, [np.array(2.0)])[0].mid == 2.0
    with pytest.raises(InputError):  # JAX: 1 / 0 is infinite
        evaluate(program, [np.array(0.0)])


TOTAL: dict[str, Callable] = {
    "norm": lambda t: jnp.sqrt(t * t + 1.0),
    "quotient": lambda t: jnp.exp(-t) / 3.0 - jnp.tanh(t) / jnp.log(2.0),
    "cube root": lambda t: jnp.cbrt(t) + jnp.abs(t) ** 3,
}


@pytest.mark.parametrize("name", TOTAL)
def test_what_is_a_number_everywhere_needs_no_question(name: str) -> None:
    guarded = trace(lambda t: jnp.where(jnp.isfinite(TOTAL[name](t)), t, 0.0), 3.0)
    assert not guarded.equations
