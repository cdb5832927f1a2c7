"""Boltzmann machines: agreement of the views, independent spectra, errata, bad input."""

import itertools
import math

import jax
import numpy as np
import pytest
import sympy

from cases import case
from cases.boltzmann.case import CASE
from cases.boltzmann.derivation import derive_detailed_balance, gibbs_weights, transition_matrix
from cases.boltzmann.estimates import sample_boltzmann
from cases.common.boltzmann_machine import machine_of, symmetrised_chain
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"neurons": 3, "couplings": "exp(1/2),2,exp(-3/2)", "biases": "1,2,exp(1)", "update": "glauber", "large": 20},
        {"neurons": 4, "couplings": "1/1000000", "biases": "5", "large": 20},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("boltzmann", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def direct_chain(weights, biases, parallel):
    """The chain written down from its definition, in floating point."""
    order = list(itertools.product((0, 1), repeat=len(biases)))
    chain = np.zeros((len(order), len(order)))
    for v, u in itertools.product(range(len(order)), repeat=2):
        probabilities = [
            1 / (1 + math.exp(b + row @ np.array(order[v]))) for b, row in zip(biases, weights, strict=True)
        ]
        parts = [p if new else 1 - p for p, new in zip(probabilities, order[u], strict=True)]
        changed = [i for i in range(len(biases)) if order[v][i] != order[u][i]]
        if parallel:
            chain[v, u] = math.prod(parts)
        elif len(changed) == 1:
            chain[v, u] = parts[changed[0]] / len(biases)
        elif not changed:
            chain[v, u] = sum(parts) / len(biases)
    return chain


@pytest.mark.parametrize("update", ["glauber", "parallel"])
def test_the_proved_spectrum_is_that_of_the_defining_chain(update):
    values = CASE.values({"neurons": 4, "couplings": "2,3,1/2,5,1,1/7", "biases": "1,2,1/3,4", "update": update})
    weights, biases = machine_of(values).floats
    np.fill_diagonal(weights, 0.0)
    expected = np.sort(np.linalg.eigvals(direct_chain(weights, biases, update == "parallel")).real)
    from certify.linear_algebra import symmetric_eigenvalues

    found = symmetric_eigenvalues(symmetrised_chain(machine_of(values), update == "parallel"))
    assert np.all(found.lower - 1e-10 <= expected)
    assert np.all(expected <= found.upper + 1e-10)
    assert found.width < 1e-12


@pytest.mark.parametrize("parallel", [False, True])
def test_laws_are_stationary_for_symbolic_weights(parallel):
    w, b, c = sympy.symbols("w b c", positive=True)
    weights = sympy.ImmutableMatrix([[1, w], [w, 1]])
    law = sympy.Matrix([gibbs_weights(weights, (b, c), parallel)])
    assert sympy.simplify(law * transition_matrix(weights, (b, c), parallel) - law).is_zero_matrix


def test_derivations_and_errata_pass():
    assert all_passed(derive_detailed_balance().verify())
    for erratum in case("boltzmann").errata:
        assert all_passed(erratum.proof({}).verify())


def test_ten_neurons_have_a_proved_gap():
    found = CASE.certified(CASE.values({"neurons": 10, "couplings": "9/10", "update": "glauber"}))
    assert found.values["spectral gap"].lower > 0
    assert found.values["spectral gap"].width < 1e-11


def test_independent_neurons_flip_at_rate_one_over_m():
    """Without couplings Glauber's chain is a product: eigenvalues 1 - k/M."""
    found = CASE.certified(CASE.values({"neurons": 5, "couplings": 1, "biases": "3", "update": "glauber"}))
    assert found.values["spectral gap"].width < 1e-12
    assert abs(found.values["spectral gap"].midpoint - 0.2) < 1e-13


def test_the_sampler_meets_the_independent_law():
    mean = sample_boltzmann(np.zeros((3, 3)), [0.0, 1.0, -1.0], 2000, key=jax.random.key(0), chains=16).mean(axis=0)
    assert np.allclose(mean, 1 / (1 + np.exp([0.0, 1.0, -1.0])), atol=0.02)


@pytest.mark.parametrize(
    "bad",
    [{"neurons": 11}, {"couplings": "-1"}, {"couplings": "1,2"}, {"biases": "nan"}, {"update": "both"}, {"biases": ""}],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("boltzmann", **bad)


def test_a_wrong_sign_is_noticed():
    weights = sympy.ImmutableMatrix([[1, 3], [3, 1]])
    law = sympy.Matrix([gibbs_weights(weights, (sympy.Integer(1), sympy.Integer(2)), False, -1)])
    chain = transition_matrix(weights, (sympy.Integer(1), sympy.Integer(2)), False)
    assert not (law * chain - law).is_zero_matrix


def test_parameters_are_written_as_they_are_read():
    values = CASE.values({"couplings": "3,exp(-1/2),1/7", "neurons": 3})
    assert ",".join(str(number) for number in values["couplings"]) == "3,exp(-1/2),1/7"
    payoffs = case("replicator").values({"a": [[1, "1/2"], [0.25, -3]]})["a"]
    assert str(payoffs) == "1,1/2;1/4,-3"
    assert case("replicator").values({"a": str(payoffs)})["a"] == payoffs
