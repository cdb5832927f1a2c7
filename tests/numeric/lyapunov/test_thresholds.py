"""Critical learning rates of SGD against closed forms and the moments' eigenvalues."""

import jax
import numpy as np
import pytest

from foundation import InputError
from numeric.lyapunov import almost_sure_critical_rate, mean_square_critical_rate, second_moment_exponent


def random_gram(examples, features, seed):
    rows = np.random.default_rng(seed).normal(size=(examples, features))
    return rows @ rows.T


@pytest.mark.parametrize("batch_size", [1, 3, 8])
@pytest.mark.parametrize("outputs", [1, 2])
def test_the_second_moment_changes_sign_at_the_mean_square_rate(batch_size, outputs):
    kernel = random_gram(8 * outputs, 40, batch_size)
    rate = mean_square_critical_rate(kernel, batch_size, outputs=outputs)
    assert second_moment_exponent(kernel, 0.999 * rate, batch_size, outputs=outputs) < 0
    assert second_moment_exponent(kernel, 1.001 * rate, batch_size, outputs=outputs) > 0


def test_full_batches_give_the_rate_of_gradient_descent():
    kernel = random_gram(6, 20, 1)
    assert mean_square_critical_rate(kernel, 6) == pytest.approx(12 / np.linalg.eigvalsh(kernel)[-1], rel=1e-6)


def test_equal_orthogonal_gradients_lose_stability_at_two_over_their_square():
    # K = g I: each A_i multiplies one coordinate by 1 - eta g; both notions change at eta g = 2.
    kernel = 3.0 * np.eye(5)
    assert mean_square_critical_rate(kernel) == pytest.approx(2 / 3, rel=1e-6)
    found = almost_sure_critical_rate(kernel, key=jax.random.key(0), maximum_steps=5000)
    assert found.lower <= 2 / 3 * 1.02
    assert found.upper >= 2 / 3


def test_the_almost_sure_rate_lies_above_the_mean_square_one_and_below_its_closed_form():
    # One example: A = 1 - eta k, so that both are 2/k.
    found = almost_sure_critical_rate(np.array([[4.0]]), key=jax.random.key(1), maximum_steps=2000)
    assert found.lower <= 0.5 * 1.02
    assert found.upper >= 0.5
    assert found.value == pytest.approx(0.5, rel=0.03)


def test_singular_kernels_are_refused():
    with pytest.raises(InputError, match="singular"):
        mean_square_critical_rate(np.ones((3, 3)))
