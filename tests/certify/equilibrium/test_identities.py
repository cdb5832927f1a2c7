"""Exact identities: what is proved holds, near misses are not proved."""

from fractions import Fraction as F

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.equilibrium.identities import subspace_is_invariant, translations_are_symmetries
from certify.equilibrium.rational_vectors import annihilator, complement, rank
from certify.program import trace

SIMPLEX = [[F(1), F(0)], [F(0), F(1)], [F(-1), F(-1)]]
ONES = [[F(1)], [F(1)], [F(1)]]
VERTEX = [F(0), F(0), F(1)]


def replicator(payoff):
    def field(x):
        fitness = payoff @ x
        return x * (fitness - x @ fitness)

    return trace(field, np.zeros(3))


@settings(deadline=None, max_examples=15)
@given(st.lists(st.integers(-20, 20), min_size=9, max_size=9))
def test_the_simplex_is_invariant_for_every_payoff(entries):
    payoff = np.array(entries, float).reshape(3, 3) * 0.1
    assert subspace_is_invariant(replicator(payoff), VERTEX, SIMPLEX, False)


def test_a_shifted_simplex_is_not_invariant():
    # sum' = (1 - sum) x^T A x is not zero on sum = 1 + 2^-40
    field = replicator(np.eye(3))
    assert not subspace_is_invariant(field, [F(0), F(0), 1 + F(1, 2**40)], SIMPLEX, False)


def test_transcendental_values_are_variables():
    weights = trace(lambda x: x * jnp.exp(x[::-1]) / (x * jnp.exp(x[::-1])).sum(), np.zeros(3))
    assert subspace_is_invariant(weights, VERTEX, SIMPLEX, True)
    assert not subspace_is_invariant(weights, VERTEX, SIMPLEX, False)


@pytest.mark.parametrize(
    ("function", "symmetric"),
    [
        (lambda x: jnp.sin(x[None, :] - x[:, None]).sum(1), True),
        (lambda x: jnp.tanh(x - jnp.roll(x, 1)) ** 2, True),
        (lambda x: jnp.sin(x - 1.0000000001 * jnp.roll(x, 1)), False),
        (lambda x: jax.nn.relu(x - x.mean()), None),  # a maximum of equal arguments: its form decides
    ],
)
def test_translations(function, symmetric):
    proved = translations_are_symmetries(trace(function, np.zeros(3)), ONES, False)
    if symmetric is not None:
        assert proved is symmetric


def test_a_map_moves_with_the_translation():
    shifted = trace(lambda x: x + jnp.sin(x - jnp.roll(x, 1)), np.zeros(3))
    assert translations_are_symmetries(shifted, ONES, True)
    assert not translations_are_symmetries(shifted, ONES, False)


def test_odd_functions_cancel():
    # the sum of sin(x_j - x_i) over all pairs vanishes only because the sine is odd
    coupling = trace(lambda x: jnp.sin(x[None, :] - x[:, None]).sum(1), np.zeros(3))
    assert subspace_is_invariant(coupling, [F(0)] * 3, SIMPLEX, False)
    even = trace(lambda x: jnp.cos(x[None, :] - x[:, None]).sum(1), np.zeros(3))
    assert not subspace_is_invariant(even, [F(0)] * 3, SIMPLEX, False)


@pytest.mark.parametrize(("multiples", "proved"), [(100, True), (700, False)])
def test_what_is_too_large_is_not_proved(multiples, proved):
    """Two sines a multiple: 200 values are handled, 1400 are not."""
    crowded = trace(lambda x: jnp.sin(jnp.arange(1.0, multiples + 1)[:, None] * (x - x[0])).sum(0), np.zeros(3))
    assert translations_are_symmetries(crowded, ONES, False) is proved


@settings(deadline=None, max_examples=25)
@given(st.lists(st.integers(-3, 3), min_size=8, max_size=8))
def test_annihilators_are_exact(entries):
    vectors = [[F(entries[2 * i], 3), F(entries[2 * i + 1], 7)] for i in range(4)]
    forms = annihilator(vectors)
    assert len(forms) == 4 - rank(vectors) == rank(forms)
    for form in forms:
        assert all(sum(form[i] * vectors[i][k] for i in range(4)) == 0 for k in range(2))
    assert [list(row) for row in zip(*complement(vectors), strict=True)] == forms
