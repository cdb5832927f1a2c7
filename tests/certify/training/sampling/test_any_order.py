"""Momentum with batches in any order: a norm no step expands, the mean square without a list, verdicts at any N."""

import math
from itertools import combinations

import numpy as np
import pytest

import stabproof as sp
from certify.arithmetic import Ball, ball
from certify.lyapunov.families.sgd_family import sgd_family
from certify.lyapunov.sgd import momentum_moment
from certify.training.sampling import epochs, fixed_order, order_free
from certify.training.sampling.any_order import MemoryStep, critical_block, epoch_bound, mean_bound
from search.lyapunov.sgd.momentum_moment import propose

# decay, carried / rate, direct / rate: momentum SGD, Nesterov's step, and one of neither kind
STEPS = [(0.9, 0.9, 1.0), (0.3, 0.3, 1.0), (0.9, 0.81, 1.9), (0.6, 0.8, 0.25)]


def gram(n, seed):
    rows = np.random.default_rng(seed).normal(size=(n, n + 2))
    return rows @ rows.T


def step_of(b, p, q, eta):
    return MemoryStep(*(Ball.exact(float(x)) for x in (b, eta * p, eta * q)))


def matrix(k, batch, b, p, q):
    """(w, u) -> (w - p u - q g, b u + g), g = E_S K w / |S|, by its definition."""
    n, g = len(k), np.zeros_like(k)
    g[list(batch)] = k[list(batch)] / len(batch)
    return np.block([[np.eye(n) - q * g, -p * np.eye(n)], [g, b * np.eye(n)]])


def root(k, b, p, q):
    """A with |A (w, u)|^2 = V: the Cholesky factor's transpose."""
    n, beta = len(k), p / (1 - b)
    change = np.block([[np.eye(n), -beta * np.eye(n)], [np.zeros((n, n)), np.eye(n)]])
    zero = np.zeros((n, n))
    weight = (q + beta) * beta
    return np.linalg.cholesky(change.T @ np.block([[k, zero], [zero, weight * k]]) @ change).T


@pytest.mark.parametrize(("b", "p", "q"), STEPS)
@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_step_expands_and_the_bounds_hold(b, p, q, size):
    """Against the matrices themselves, just below the limit and far below; five per cent above, a step expands."""
    k = gram(5, seed=size)
    sizes = (size,) * (5 // size) + ((5 % size,) if 5 % size else ())
    listed = [s for n in set(sizes) for s in combinations(range(5), n)]
    block = max(np.linalg.eigvalsh(k[np.ix_(s, s)])[-1] / len(s) for s in listed)
    least, limit = np.linalg.eigvalsh(k)[0] * (1 - 1e-9), critical_block(step_of(b, p, q, 1.0)) / block
    for part in (0.999, 0.3):
        eta = part * limit
        step, wide = step_of(b, p, q, eta), [block * (1 + 1e-12)]
        shape = root(k, b, eta * p, eta * q)
        back = np.linalg.inv(shape)
        moved = {s: shape @ matrix(k, s, b, eta * p, eta * q) @ back for s in listed}
        assert max(np.linalg.norm(m, 2) for m in moved.values()) <= 1 + 1e-9
        mean = sum(m.T @ m for s, m in moved.items() if len(s) == size) / math.comb(5, size)
        assert np.log(np.linalg.eigvalsh(mean)[-1]) <= mean_bound(step, wide, least, 5) < 0
        for seed in range(6):
            order, product, at = np.random.default_rng(seed).permutation(5), np.eye(10), 0
            for n in sizes:
                product, at = moved[tuple(sorted(order[at : at + n]))] @ product, at + n
            assert 2 * np.log(np.linalg.norm(product, 2)) <= epoch_bound(step, wide, least, sizes) < 0
    eta = 1.05 * limit
    shape = root(k, b, eta * p, eta * q)
    grown = [shape @ matrix(k, s, b, eta * p, eta * q) @ np.linalg.inv(shape) for s in listed]
    assert max(np.linalg.norm(m, 2) for m in grown) > 1 + 1e-6
    assert mean_bound(step_of(b, p, q, 1.001 * limit), [block], least, 5) == math.inf


def test_the_limit_is_that_of_the_circle_criterion():
    """1 / max of -Re z / ((z - 1)(z - b)) over the unit circle, here on a grid that comes near 1."""
    angles = np.geomspace(1e-4, np.pi, 4000)
    z = np.exp(1j * angles)
    for b in (0.1, 0.5, 0.9):
        circle = 1 / np.max(-(z / ((z - 1) * (z - b))).real)
        assert critical_block(step_of(b, b, 1.0, 1.0)) == pytest.approx(circle, rel=1e-4)
        assert critical_block(step_of(b, b, 1.0, 1.0)) == pytest.approx(2 * (1 - b) ** 2 / (1 + b), rel=1e-12)
    assert critical_block(step_of(1e-9, 1e-9, 1.0, 1.0)) == pytest.approx(2.0, rel=1e-7)


def test_what_is_not_a_decaying_memory_proves_nothing():
    for b, p, q in ((1.0, 0.5, 1.0), (0.0, 0.5, 1.0), (0.5, -0.5, 1.0), (0.5, 0.5, -2.0)):
        assert critical_block(step_of(b, p, q, 1.0)) == 0.0
        assert epoch_bound(step_of(b, p, q, 1e-3), [1.0], 1.0, (1, 1)) == math.inf
    fine = step_of(0.5, 0.5, 1.0, 1e-2)
    assert epoch_bound(fine, [1.0], 1.0, (1, 1)) < 0
    assert epoch_bound(fine, [1.0], 0.0, (1, 1)) == mean_bound(fine, [1.0], 0.0, 2) == math.inf


@pytest.mark.parametrize(("size", "eta"), [(1, 0.001), (3, 0.01), (4, 0.1)])
def test_the_mean_square_growth_is_that_of_the_list(size, eta):
    """The image of a random form against the list of batches; the growth against log rho(E M (x) M), by NumPy."""
    k, b = gram(6, seed=9), 0.9
    family = sgd_family(k, eta, size)
    listed = []
    for batch in combinations(range(6), size):
        g = np.zeros_like(k)
        g[list(batch)] = eta / size * k[list(batch)]
        listed.append(np.block([[np.eye(6) - g, -b * np.eye(6)], [g, b * np.eye(6)]]))
    form = np.random.default_rng(size).normal(size=(12, 12))
    form = form + form.T
    image = momentum_moment.mean_image(family, ball(b), form)
    exact = sum(m @ form @ m.T for m in listed) / len(listed)
    assert image.contains(exact).all() or np.abs(image.mid - exact).max() < 1e-13 * np.abs(exact).max()
    assert image.rad.max() < 1e-11 * np.abs(exact).max()
    growth = np.log(np.abs(np.linalg.eigvals(sum(np.kron(m, m) for m in listed) / len(listed))).max())
    found = momentum_moment.prove(family, ball(b), propose(family, ball(b)))
    assert found.lower - 1e-9 <= growth <= found.upper + 1e-9
    assert found.width < 1e-3


@pytest.fixture(scope="module")
def many():
    """40 examples, batches of 7: 18,643,560 batches, too many to list."""
    inputs = np.random.default_rng(0).normal(size=(40, 44)) / 6
    return sp.Regression(lambda theta, x: theta @ x, np.zeros(44), inputs, np.zeros(40))


@pytest.mark.parametrize("sampling", ["iid", "shuffled", "fixed"])
def test_momentum_is_proved_stable_at_any_number_of_examples(many, sampling, tmp_path):
    certificate = sp.certify_minimum(many, sp.SGD(0.005, 7, 0.9, sampling=sampling))
    assert certificate.verdict is sp.Verdict.STABLE
    assert certificate.lyapunov_exponent.upper < 0
    certificate.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").verdict is sp.Verdict.STABLE
    if sampling != "fixed":
        assert 0.005 < certificate.number("contracting_learning_rate").lower < 0.05


def test_above_the_mean_square_threshold_independent_momentum_is_told_so(many):
    """20 times the rate: no verdict about almost every path, but the second moment is proved to grow."""
    certificate = sp.certify_minimum(many, sp.SGD(60.0, 7, 0.5, sampling="iid"))
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert certificate.number("second_moment_exponent").lower > 0


def test_thousands_of_examples_take_one_factorisation():
    """N = 600, B = 1 in a fixed order, no matrix of an epoch: the limit from the largest diagonal entry."""
    k = gram(600, seed=0) / 600
    family = epochs(ball(k), ball(1e-3), 1, momentum=ball(0.9))
    assert fixed_order.prove(family, range(600), {}).upper < 0
    limit = 2 * 0.1**2 / 1.9 / np.diag(k).max()
    assert order_free.critical_rate(family) == pytest.approx(limit, rel=1e-9)
    assert order_free.shuffled_bound(family.at_rate(ball(1.01 * limit))) == math.inf
