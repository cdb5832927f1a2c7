"""A derivative that is not the function's own: training would not follow the loss that a certificate is about."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from stabproof import GradientDescent, Regression, certify_minimum


@jax.custom_jvp
def doubled_slope(t: jnp.ndarray) -> jnp.ndarray:
    return t


@doubled_slope.defjvp
def _doubled(primals: tuple, tangents: tuple) -> tuple:
    return doubled_slope(*primals), 2 * tangents[0]


# all have the value t - 1 near the minimum t = 1
FUNCTIONS = {
    "stopped": lambda t: 3 * t - 2 * jax.lax.stop_gradient(t) - 1,
    "custom": lambda t: doubled_slope(t) - 1,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_training_would_follow_another_gradient(name: str) -> None:
    function = FUNCTIONS[name]
    predict = lambda params, x: function(params[0]) * x[0]  # noqa: E731
    # the loss (t - 1)^2 / 2 is stable at the rate 0.9, but JAX's steps multiply t - 1 by 1 - 0.9 * 3 or 1 - 0.9 * 2
    t = jnp.asarray(1.5)
    assert abs(float(jax.grad(lambda t: 0.5 * function(t) ** 2)(t)) / 0.5) >= 2
    problem = Regression(predict, np.array([1.0]), np.array([[1.0]]), np.array([[0.0]]))
    certificate = certify_minimum(problem, GradientDescent(learning_rate=0.9))
    assert certificate.verdict.name == "UNDECIDED"
    assert "derivative" in certificate.reason


def test_custom_derivatives_that_are_right_pass() -> None:
    def predict(params: np.ndarray, x: jnp.ndarray) -> jnp.ndarray:
        shares = jax.nn.softmax(jnp.append(jax.nn.relu(params + 2) * x, 0.0))  # both carry JAX's own rules
        return jax.nn.logsumexp(params * x) + shares[0] - shares[1]

    # at t = (0.5, 0.5): logsumexp (t) = 1/2 + log 2 and both shares agree
    problem = Regression(predict, np.array([0.5, 0.5]), np.array([[1.0, 1.0]]), np.array([[0.5 + np.log(2.0)]]))
    assert certify_minimum(problem, GradientDescent(learning_rate=0.5)).verdict.name == "STABLE"
