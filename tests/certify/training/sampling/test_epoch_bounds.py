"""The bounds of epochs: containment of exact values, tightness, and what forged witnesses prove."""

from itertools import permutations

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.training.sampling import (
    epochs,
    fixed_order,
    order_free,
    shuffled,
    shuffled_moment,
    shuffled_words,
    stein_pencil,
)
from foundation import CertificateError
from search.training import fixed_order as fixed_order_search
from search.training import shuffled as shuffled_search
from search.training import shuffled_moment as shuffled_moment_search
from search.training import stein_pencil as stein_pencil_search


def kernel(n, seed=0):
    a = np.random.default_rng(seed).normal(size=(n, n + 2))
    return a @ a.T / (n + 2)


def made(n=4, batch=1, rate=0.3, drop=False, outputs=1, seed=0):
    return epochs(Ball.exact(kernel(n * outputs, seed)), Ball.exact(rate), batch, outputs, drop_last=drop)


def exact_moment(epochs):
    """E M (x) M by listing all epochs, and its spectral radius: floats."""
    products = [epochs.product(batches).mid for batches in shuffled_words.orders(epochs)]
    return np.abs(np.linalg.eigvals(np.mean([np.kron(p, p) for p in products], axis=0))).max()


@pytest.mark.parametrize(("batch", "drop"), [(1, False), (2, False), (3, False), (3, True), (2, True)])
def test_the_second_moment_by_sets_is_that_by_lists(batch, drop):
    epochs = made(5 if batch == 2 else 4, batch, 0.9, drop)
    growth = shuffled_moment.prove(epochs, shuffled_moment_search.propose(epochs))
    exact = np.log(exact_moment(epochs))
    assert growth.lower - 1e-9 <= exact <= growth.upper + 1e-9
    assert growth.width < 2e-3


@pytest.mark.parametrize(("batch", "drop", "count"), [(1, False, 24), (2, False, 6), (3, False, 4), (3, True, 4)])
def test_every_epoch_is_listed_once(batch, drop, count):
    epochs = made(4, batch, drop=drop)
    listed = list(shuffled_words.orders(epochs))
    assert len(listed) == len(set(listed)) == shuffled_words.count(epochs) == count


@pytest.mark.parametrize(("batch", "outputs"), [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)])
def test_largest_block_bounds_every_batch(batch, outputs):
    epochs = made(5, batch, outputs=outputs)
    bound = order_free._row_sums(epochs, batch)
    from itertools import combinations

    largest = max(
        np.linalg.eigvalsh(epochs.gram.mid[np.ix_(epochs.rows(s), epochs.rows(s))])[-1]
        for s in combinations(range(5), batch)
    )
    assert bound >= largest
    assert order_free.largest_block(epochs, batch) >= largest
    assert order_free.largest_block(epochs, batch) < largest * (1 + 1e-9)  # these are listed


def test_below_the_bound_every_order_contracts_and_the_rate_is_honest():
    epochs = made(4, 1, 1.0)
    epochs = epochs.at_rate(Ball.exact(0.95 * order_free.critical_rate(epochs)))
    gram = epochs.gram.mid
    root = np.linalg.cholesky(gram).T
    norms = [
        np.linalg.norm(root @ epochs.product([(i,) for i in p]).mid @ np.linalg.inv(root), 2)
        for p in permutations(range(4))
    ]
    assert max(norms) < 1
    bound = order_free.fixed_bound(epochs)
    assert np.log(max(norms)) <= bound < 0
    mean = np.mean(
        [
            np.linalg.norm(root @ epochs.product([(i,) for i in p]).mid @ np.linalg.inv(root), 2) ** 2
            for p in permutations(range(4))
        ]
    )
    assert order_free.shuffled_bound(epochs) < 0
    growth = np.log(exact_moment(epochs)) / 2
    assert growth <= order_free.shuffled_bound(epochs)
    assert mean < 1


def test_above_the_bound_nothing_is_claimed():
    epochs = made(4, 1, 1.0)
    above = epochs.at_rate(Ball.exact(1.01 * order_free.critical_rate(epochs)))
    assert order_free.shuffled_bound(above) == np.inf
    assert order_free.fixed_bound(above) == np.inf
    assert not order_free.contracts(above)


@pytest.mark.parametrize("batch", [1, 2, 3])
@pytest.mark.parametrize("rate", [0.3, 1.4, 2.5])
@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (3, 0, 4, 2, 1)])
def test_a_fixed_orders_radius(batch, rate, order):
    epochs = made(5, batch, rate, seed=3)
    product = epochs.product(fixed_order.batches_of(epochs, order)).mid
    exact = np.log(np.abs(np.linalg.eigvals(product)).max())
    proved = fixed_order.prove(epochs, order, fixed_order_search.propose(epochs, order))
    assert proved.lower <= exact + 1e-12
    assert exact - 1e-12 <= proved.upper
    assert proved.width < 1e-6


def test_the_pencil_is_the_epoch():
    epochs = made(5, 2, 0.7)
    order = (3, 0, 4, 2, 1)
    left, right = fixed_order.pencil(epochs, order)
    quotient = np.linalg.solve(left.mid, right.mid)
    place = np.argsort(order)
    product = epochs.product(fixed_order.batches_of(epochs, order)).mid
    assert np.abs(quotient[np.ix_(place, place)] - product).max() < 1e-12


def test_forms_that_prove_nothing():
    """An indefinite form for stability, a definite one for instability, damaged ones."""
    epochs = made(4, 1, 0.3)
    order = range(4)
    left, right = fixed_order.pencil(epochs, order)
    form = stein_pencil_search.propose(left.mid, right.mid, 1.0)
    assert stein_pencil.is_inside(left, right, form, 1.0)
    assert not stein_pencil.is_inside(left, right, -form, 1.0)
    assert not stein_pencil.is_inside(left, right, np.eye(4), 1e-3)
    assert not stein_pencil.is_outside(left, right, form, 1.0)
    for entry in (
        {"radius": 0.0, "form": form},
        {"radius": np.nan, "form": form},
        {"radius": 1.0, "form": form[:2]},
        {"radius": 1.0, "form": form + np.triu(np.ones((4, 4)), 1)},
        3,
    ):
        with pytest.raises(CertificateError):
            fixed_order.prove(epochs, order, {"inside": entry})


def test_an_indefinite_form_needs_the_inequality():
    """At a stable rate no form proves rho > 1."""
    epochs = made(4, 1, 0.3)
    left, right = fixed_order.pencil(epochs, range(4))
    generator = np.random.default_rng(0)
    for _ in range(20):
        form = generator.normal(size=(4, 4))
        assert not stein_pencil.is_outside(left, right, form + form.T, 1.0)


@pytest.mark.parametrize(("n", "batch"), [(4, 3), (5, 2)])
def test_determinants_are_those_of_independent_batches(n, batch):
    """E log |det A_S| is the same step by step: batches 3, 1 and 2, 2, 1, by listing."""
    epochs = made(n, batch, 1.9)
    logs = [np.log(abs(np.linalg.det(epochs.product(b).mid))) for b in shuffled_words.orders(epochs)]
    proved = shuffled._determinants(epochs)
    assert proved <= np.mean(logs) / n + 1e-12
    assert proved > np.mean(logs) / n - 1e-9


def test_an_indefinite_form_proves_instability_alone():
    epochs = made(5, 1, 2.5, seed=3)
    left, right = fixed_order.pencil(epochs, range(5))
    form = stein_pencil_search.propose_indefinite(left.mid, right.mid, 1.0)
    assert stein_pencil.is_outside(left, right, form, 1.0)
    assert not stein_pencil.is_inside(left, right, form, 1.0)


def test_the_exponent_of_shuffled_epochs_is_monte_carlos():
    epochs = made(5, 2, 1.2, seed=5)
    witness = shuffled_search.propose(epochs, None, 5.0, lambda text: None)
    proved = shuffled.prove(epochs, witness)[0]
    generator, v, total, count = np.random.default_rng(0), np.ones(5), 0.0, 20_000
    products = [epochs.product(b).mid for b in shuffled_words.orders(epochs)]
    for k in generator.integers(len(products), size=count):
        v = products[k] @ v
        size = np.linalg.norm(v)
        total, v = total + np.log(size), v / size
    assert proved.lower - 5e-3 <= total / count / epochs.steps <= proved.upper + 5e-3
