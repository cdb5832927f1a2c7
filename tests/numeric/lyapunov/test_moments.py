"""Moment growth and exponent maps against closed forms."""

import itertools

import jax
import numpy as np
import pytest

from foundation import InputError
from numeric import even_moment_exponent, exponent_map, moment_exponent, second_moment_exponent, sgd_exponents

KEY = jax.random.key(3)
MULTIPLIERS = [[[0.25]], [[-2.0]]]
FIBONACCI = [[[0, 1], [1, 1]], [[0, 1], [1, -1]]]


def random_gram(size, seed):
    rows = np.random.default_rng(seed).normal(size=(size, 2 * size))
    return rows @ rows.T / (2 * size)


def second_moment_by_enumeration(gram, eta, batch_size, outputs):
    """log rho of the mean of A_S (x) A_S over every batch."""
    number = len(gram) // outputs
    total, count = 0.0, 0
    for batch in itertools.combinations(range(number), batch_size):
        mask = np.diag([1.0 if row // outputs in batch else 0.0 for row in range(len(gram))])
        matrix = np.eye(len(gram)) - eta / batch_size * mask @ gram
        total, count = total + np.kron(matrix, matrix), count + 1
    return np.log(np.abs(np.linalg.eigvals(total / count)).max())


def test_multipliers_with_known_moments():
    """Multipliers 1/4 and -2: Lambda(2) = log(65/32) and Lambda(log2 of the golden ratio) = 0."""
    assert even_moment_exponent(MULTIPLIERS, 2) == pytest.approx(np.log(65 / 32), rel=1e-14)
    critical = np.log2((1 + np.sqrt(5)) / 2)
    estimate = moment_exponent(MULTIPLIERS, critical, key=KEY, walkers=512, steps=400)
    assert abs(estimate.value) <= 4.5 * estimate.error
    assert estimate.error < 1e-2


def test_second_moment_of_random_fibonacci_is_the_golden_ratio():
    """E A (x) A acts on symmetric matrices with characteristic root (1 + sqrt 5)/2."""
    golden = np.log((1 + np.sqrt(5)) / 2)
    assert even_moment_exponent(FIBONACCI, 2) == pytest.approx(golden, rel=1e-12)
    estimate = moment_exponent(FIBONACCI, 2.0, key=KEY, steps=400)
    assert abs(estimate.value - golden) <= 4.5 * estimate.error + 1e-3


def test_probabilities_enter_the_moments():
    value = even_moment_exponent(MULTIPLIERS, 4, [0.9, 0.1])
    assert value == pytest.approx(np.log(0.9 / 256 + 0.1 * 16), rel=1e-14)


@pytest.mark.parametrize(
    ("size", "batch_size", "outputs"), [(1, 1, 1), (2, 1, 1), (6, 1, 1), (6, 4, 1), (6, 2, 2), (6, 6, 1)]
)
def test_second_moment_of_sgd_equals_the_enumeration(size, batch_size, outputs):
    gram = 1.3 * random_gram(size, seed=size)
    value = second_moment_exponent(gram, 0.8, batch_size, outputs=outputs)
    assert value == pytest.approx(second_moment_by_enumeration(gram, 0.8, batch_size, outputs), abs=1e-9)


def test_stable_almost_surely_but_not_in_mean_square():
    """Phi = theta_1 x + theta_2 x^2 at x = (3, 4), eta = 1/100: lambda < 0 but Lambda(2) = +0.395."""
    x = np.array([3.0, 4.0])
    rows = np.stack([x, x**2], axis=1)
    assert second_moment_exponent(rows @ rows.T, 0.01) == pytest.approx(0.395, abs=5e-4)
    assert sgd_exponents(rows @ rows.T, 0.01, key=KEY, tolerance=2e-4).exponent < -0.001


def test_moments_bound_the_exponent_from_above():
    gram = 2.0 * random_gram(6, seed=9)
    estimate = sgd_exponents(gram, 0.9, key=KEY, tolerance=1e-3)
    assert estimate.exponent <= second_moment_exponent(gram, 0.9) / 2 + 3 * estimate.error


def test_maps_have_gradient_descent_in_the_last_column():
    gram, rates = random_gram(6, seed=4), np.array([0.5, 1.0, 2.5])
    result = exponent_map(gram, rates, [1, 3, 6], key=KEY, tolerance=5e-3, chains=256)
    assert result.exponents.shape == result.errors.shape == result.converged.shape == (3, 3)
    spectrum = np.linalg.eigvalsh(gram)
    truth = [np.log(np.abs(1 - eta / 6 * spectrum).max()) for eta in rates]
    np.testing.assert_allclose(result.exponents[:, 2], truth, rtol=1e-3)
    single = sgd_exponents(gram, 1.0, 3, key=jax.random.fold_in(KEY, 4), tolerance=5e-3, chains=256)
    assert result.exponents[1, 1] == pytest.approx(single.exponent, abs=5 * np.hypot(single.error, result.errors[1, 1]))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: even_moment_exponent(MULTIPLIERS, 3), "even powers"),
        (lambda: even_moment_exponent([np.eye(9)], 4), "above 4096"),
        (lambda: even_moment_exponent(MULTIPLIERS, 2.0), "whole number"),
        (lambda: moment_exponent(MULTIPLIERS, -1.0, key=KEY), "power"),
        (lambda: moment_exponent(MULTIPLIERS, 1.0, key=KEY, populations=1), "at least 2"),
        (lambda: second_moment_exponent(np.eye(2), -1.0), "learning_rate"),
        (lambda: exponent_map(np.eye(2), [], [1], key=KEY), "non-empty"),
        (lambda: exponent_map(np.eye(2), [0.1, np.nan], [1], key=KEY), "learning_rates holds nan"),
    ],
)
def test_bad_input_is_refused(call, message):
    with pytest.raises(InputError, match=message):
        call()
