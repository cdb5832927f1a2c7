"""Exponents against known answers and exact identities; error bars that cover; a rule that is not fooled."""

import itertools

import jax
import numpy as np
import pytest

from foundation import InputError
from numeric import lyapunov_exponents, sgd_exponents
from numeric.lyapunov.gram import enumerated, gram_family

KEY = jax.random.key(20240611)

# Viswanath, Math. Comp. 69, 2000; the exponent of random Fibonacci sequences.
RANDOM_FIBONACCI = 0.12397559880335
# {[[1,1],[0,1]], [[1,0],[1,1]]}: the two shears, Chassaing, Letac, Mora 1984; digits by an invariant-cone enclosure.
TWO_SHEARS = 0.39621256429774455909


def quadratic_features(*inputs):
    """The Gram matrix of Phi = theta_1 x + theta_2 x^2."""
    x = np.array(inputs, dtype=float)
    rows = np.stack([x, x**2], axis=1)
    return rows @ rows.T


def random_gram(size, seed):
    rows = np.random.default_rng(seed).normal(size=(size, 2 * size))
    return rows @ rows.T / (2 * size)


def covers(estimate, truth, sigmas=4.5):
    return abs(estimate.exponent - truth) <= sigmas * estimate.error


@pytest.mark.parametrize(
    ("matrices", "truth"),
    [
        ([[[0, 1], [1, 1]], [[0, 1], [1, -1]]], RANDOM_FIBONACCI),
        ([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], TWO_SHEARS),
    ],
)
def test_known_exponents_of_matrix_products(matrices, truth):
    estimate = lyapunov_exponents(matrices, key=KEY, tolerance=2e-4)
    assert estimate.converged
    assert estimate.error <= 2e-4
    assert covers(estimate, truth)


@pytest.mark.parametrize(
    ("inputs", "learning_rate", "truth"),
    [
        ((1, 2), 1 / 25, -0.00367856843944),
        ((1, 2), 9 / 50, 0.29115828539),
        ((1, 2), 1 / 20, -0.004602033302672291816),
        ((3, 4), 1 / 100, -0.0022612697),
        ((4, 5.5), 9 / 2720, -0.00052708588),
        ((2, -0.5), 3 / 20, 0.5 * np.log(2)),
    ],
)
def test_known_exponents_of_sgd(inputs, learning_rate, truth):
    """Values of two-sided enclosures, and (orthogonal gradients) of the formula (1/N) log|1 - eta K_ii|."""
    estimate = sgd_exponents(quadratic_features(*inputs), learning_rate, key=KEY, tolerance=4e-4)
    assert estimate.converged
    assert covers(estimate, truth)


def test_error_bars_cover_in_repeated_experiments():
    """Of 50 independent runs about 2/3 should lie within one and 95 % within two standard errors."""
    scores = []
    for seed in range(50):
        estimate = lyapunov_exponents(
            [[[1, 1], [0, 1]], [[1, 0], [1, 1]]], key=jax.random.key(seed), tolerance=2e-3, chains=64
        )
        assert estimate.converged
        scores.append((estimate.exponent - TWO_SHEARS) / estimate.error)
    scores = np.abs(scores)
    assert np.mean(scores <= 1) >= 0.5
    assert np.mean(scores <= 2) >= 0.85
    assert scores.max() < 4.5
    assert scores.max() > 0.5


FAMILIES = [(9, 1, 1), (9, 2, 1), (9, 9, 1), (10, 1, 2), (9, 2, 3)]


@pytest.mark.parametrize(("size", "batch_size", "outputs"), FAMILIES)
def test_matrix_free_sgd_equals_the_listed_matrices(size, batch_size, outputs):
    """The same exponents from the matrix-free family and from the explicit list of all A_S."""
    gram = 2.2 * random_gram(size, seed=5)
    family = gram_family(gram, 0.9, batch_size, outputs)
    fast = sgd_exponents(gram, 0.9, batch_size, outputs=outputs, key=KEY, tolerance=4e-3, count=2)
    listed = lyapunov_exponents(enumerated(family), key=jax.random.key(1), tolerance=4e-3, count=2, chains=256)
    difference = np.abs(fast.exponents - listed.exponents)
    assert (difference <= 4.5 * np.hypot(fast.errors, listed.errors) + 1e-9).all()


def test_listed_matrices_are_the_linearised_updates():
    gram = random_gram(6, seed=1)
    family = gram_family(gram, 0.7, 2, 2)
    expected = []
    for batch in itertools.combinations(range(3), 2):
        mask = np.diag([1.0 if row // 2 in batch else 0.0 for row in range(6)])
        expected.append(np.eye(6) - 0.7 / 2 * mask @ gram)
    np.testing.assert_allclose(enumerated(family), expected, rtol=1e-15)


def test_the_whole_spectrum_sums_to_the_determinant():
    """sum_k lambda_k = (1/N) sum_i log|1 - eta K_ii| for B = 1, since det(I - eta e_i e_i^T K) = 1 - eta K_ii."""
    gram, eta = random_gram(10, seed=2), 0.8
    estimate = sgd_exponents(gram, eta, key=KEY, count=10, tolerance=4e-3, maximum_steps=20_000)
    truth = np.mean(np.log(np.abs(1 - eta * np.diag(gram))))
    assert np.all(np.diff(estimate.exponents) <= 0)
    assert abs(estimate.exponents.sum() - truth) <= 4.5 * estimate.errors.sum()
    assert estimate.errors.sum() < 0.02 * abs(truth)


def test_full_batches_are_gradient_descent():
    basis = np.linalg.qr(np.random.default_rng(3).normal(size=(20, 20)))[0]
    gram = 20 * basis @ np.diag([*np.linspace(0.4, 1.2, 19), 1.7]) @ basis.T
    estimate = sgd_exponents(gram, 1.0, 20, key=KEY, tolerance=1e-6)
    assert estimate.converged
    assert estimate.exponent == pytest.approx(np.log(0.7), rel=1e-9)


def test_diagonal_gram_matrices_have_independent_exponents():
    """K diagonal: lambda_i = (1/N) log|1 - eta K_ii|, however many."""
    diagonal = np.linspace(0.3, 1.1, 40)
    estimate = sgd_exponents(np.diag(diagonal), 1.0, key=KEY, count=2, tolerance=1e-4, maximum_steps=200_000)
    truth = np.sort(np.log(np.abs(1 - diagonal)) / 40)[::-1][:2]
    assert (np.abs(estimate.exponents - truth) <= 4.5 * estimate.errors + 1e-3 * np.abs(truth)).all()


def test_one_example_and_one_dimension():
    assert sgd_exponents([[2.0]], 0.9, key=KEY).exponent == pytest.approx(np.log(0.8), rel=1e-12)
    estimate = lyapunov_exponents([[[0.25]], [[-2.0]]], [0.25, 0.75], key=KEY, tolerance=1e-3)
    assert covers(estimate, 0.25 * np.log(0.25) + 0.75 * np.log(2))


def test_lifts_add_and_double():
    """lambda(A (x) B) = lambda(A) + lambda(B) for products driven together."""
    pair = np.array([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], dtype=float)
    lifted = [np.kron(matrix, matrix) for matrix in pair]
    assert covers(lyapunov_exponents(lifted, key=KEY, tolerance=5e-4), 2 * TWO_SHEARS)


def test_large_families_and_large_dimensions_use_the_other_products():
    """Block-diagonal copies keep the exponent; forty copies of one family change nothing."""
    pair = np.array([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], dtype=float)
    blocks = [np.kron(np.eye(6), matrix) for matrix in pair]
    assert covers(lyapunov_exponents(blocks, key=KEY, tolerance=1e-3), TWO_SHEARS)
    repeated = np.concatenate([blocks] * 20)
    assert covers(lyapunov_exponents(repeated, key=KEY, tolerance=1e-3), TWO_SHEARS)


def test_singular_products_have_exponent_minus_infinity():
    estimate = lyapunov_exponents([[[0.0, 1.0], [0.0, 0.0]]], key=KEY)
    assert estimate.exponent == -np.inf
    assert "singular" in estimate.message


def test_an_exactly_singular_second_direction():
    estimate = lyapunov_exponents([[[2.0, 0.0], [0.0, 0.0]]], key=KEY, count=2)
    assert estimate.exponents[1] == -np.inf
    assert estimate.exponents[0] == pytest.approx(np.log(2), rel=1e-9)


def test_rare_swaps_do_not_fool_the_stopping_rule():
    """diag(2, 1/2), swapped once in 2000 steps: lambda = 0 by symmetry, but every short run shows log 2."""
    matrices, probabilities = [[[2, 0], [0, 0.5]], [[0, 1], [1, 0]]], [1 - 1 / 2000, 1 / 2000]
    arguments = {"key": KEY, "tolerance": 0.05, "chains": 256}
    short = lyapunov_exponents(matrices, probabilities, maximum_steps=8192, **arguments)
    assert not short.converged
    assert "rarest" in short.message
    assert short.convergence.exponents[0, 0] > 0.2
    long = lyapunov_exponents(matrices, probabilities, maximum_steps=1_100_000, **arguments)
    assert long.converged
    assert covers(long, 0.0)
    assert long.correlation_time > 500


def test_slow_alignment_is_not_called_converged():
    """Full batches with two close eigenvalues: the start is forgotten only after 1/gap steps."""
    gram = np.diag([1.0, 1.0 + 1e-4, *np.linspace(1.5, 2.0, 10)]) * 12
    estimate = sgd_exponents(gram, 0.5, 12, key=KEY, tolerance=1e-9, maximum_steps=2_000)
    assert not estimate.converged
    assert "forget their start" in estimate.message
    assert abs(estimate.exponent - np.log(0.5)) > 4.5 * estimate.error


def test_slow_directions_are_waited_for():
    """A small learning rate on ill-conditioned orthogonal blocks: lambda tends to the log of the slowest mean factor.

    With E_S = diagonal mask and K = Q diag(k) Q^T, second-order perturbation in eta bounds the difference to
    log(1 - (eta/N) k_min) by (eta^2/N) max_i |K e_i|^2, far below the gap to the next eigenvalue.
    """
    size, eta = 16, 1e-3
    basis = np.linalg.qr(np.random.default_rng(8).normal(size=(size, size)))[0]
    spectrum = np.array([0.5, *np.linspace(2.0, 3.0, size - 1)])
    gram = basis @ np.diag(spectrum) @ basis.T
    estimate = sgd_exponents(gram, eta, key=KEY, tolerance=1e-6, maximum_steps=300_000)
    bound = eta**2 / size * np.max(np.sum(gram**2, axis=0))
    assert estimate.converged
    assert estimate.steps > 5 * size / (eta * 1.5)
    assert abs(estimate.exponent - np.log(1 - eta / size * 0.5)) <= bound + 4.5 * estimate.error
    assert bound < 0.1 * eta / size * 1.5


def test_history_tightens_and_ends_with_the_answer():
    estimate = lyapunov_exponents([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], key=KEY, tolerance=3e-4)
    history = estimate.convergence
    assert history.steps[-1] == estimate.steps
    np.testing.assert_array_equal(np.diff(np.log2(history.steps)), 1)
    assert history.exponents[-1, 0] == estimate.exponent
    assert history.errors[-1, 0] < history.errors[0, 0]


def test_the_same_key_gives_the_same_numbers():
    pair = [[[1, 1], [0, 1]], [[1, 0], [1, 1]]]
    runs = [lyapunov_exponents(pair, key=jax.random.key(k), tolerance=0.01).exponent for k in (0, 0, 1)]
    assert runs[0] == runs[1] != runs[2]


def test_progress_is_reported():
    seen = []
    lyapunov_exponents([[[2.0]]], key=KEY, progress=lambda message, fraction: seen.append((message, fraction)))
    assert seen
    assert all("exponent" in message and 0 < fraction <= 1 for message, fraction in seen)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"matrices": [[1.0, 2.0]]}, "matrices must have shape"),
        ({"matrices": np.zeros((0, 2, 2))}, "matrices must have shape"),
        ({"matrices": [[[np.nan]]]}, "matrices holds nan"),
        ({"matrices": "x"}, "real numbers"),
        ({"probabilities": [0.5, 0.6]}, "sum to 1"),
        ({"probabilities": [1.5, -0.5]}, "must be >= 0"),
        ({"probabilities": [1.0]}, r"shape \(2,\)"),
        ({"count": 3}, "only 2 exponents"),
        ({"count": 0}, "count"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"maximum_steps": 0}, "maximum_steps"),
        ({"chains": 4}, "at least 16"),
    ],
)
def test_bad_families_are_refused(change, message):
    arguments = {"matrices": [np.eye(2), 2 * np.eye(2)], "key": KEY} | change
    with pytest.raises(InputError, match=message):
        lyapunov_exponents(**arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gram": np.ones((2, 3))}, "square"),
        ({"gram": [[1.0, 2.0], [0.0, 1.0]]}, "not symmetric"),
        ({"learning_rate": 0.0}, "learning_rate"),
        ({"learning_rate": np.nan}, "learning_rate"),
        ({"batch_size": 5}, "only 4 examples"),
        ({"batch_size": 0}, "batch_size"),
        ({"outputs": 3}, "does not divide"),
    ],
)
def test_bad_gram_matrices_are_refused(change, message):
    arguments = {"gram": np.eye(4), "learning_rate": 0.1, "batch_size": 1, "key": KEY} | change
    with pytest.raises(InputError, match=message):
        sgd_exponents(**arguments)
