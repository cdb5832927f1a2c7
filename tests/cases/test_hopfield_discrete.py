"""Discrete Hopfield networks: agreement, fixed points by hand, erratum, bad input."""

import numpy as np
import pytest

from cases import case
from cases.hopfield_discrete.case import CASE, hebb, network_of, update
from cases.hopfield_discrete.derivation import derive_energy_descent
from cases.hopfield_discrete.estimates import parallel_update, recall_overlap
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"patterns": "1,0,1,1,0,1,0;0,0,1,1,1,0,1", "large": 64},
        {"weights": "0,1/3,-2;1/3,0,1e-30;-2,1e-30,0", "biases": "1/7,-1/9,1e30", "large": 64},
        {"weights": "0", "biases": "0", "large": 64},
        {"patterns": "1,0,1,1,0,1,0,1,0,1,1,0", "large": 64},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("hopfield-discrete", **parameters)
    assert check.agrees, str(check)


def test_two_neurons_that_inhibit_each_other():
    """a = 1, b = -1/2: h_1 = v_2 - 1/2, so v_1 becomes 1 - v_2. Fixed: (0, 1), (1, 0); (0, 0) <-> (1, 1)."""
    proved = CASE.certified(CASE.values({"weights": "0,1;1,0", "biases": "-1/2,-1/2"})).values
    assert (proved["fixed points"].lower, proved["fixed points"].upper) == (2.0, 2.0)
    assert (proved["two-cycles of parallel updates"].lower, proved["two-cycles of parallel updates"].upper) == (
        1.0,
        1.0,
    )
    assert proved["lowest energy"].contains(-0.5)
    assert proved["no update of one neuron raises the energy"] is Verdict.PROVED


def test_the_bit_parallel_update_is_the_update_of_the_network():
    generator = np.random.default_rng(3)
    bits = generator.integers(0, 2, (3, 9), dtype=np.uint8)
    patterns = tuple(tuple(int(x) for x in row) for row in bits)
    weights, biases = hebb(patterns)
    network = network_of({"weights": weights, "biases": biases, "patterns": None})
    for _ in range(20):
        state = generator.integers(0, 2, 9, dtype=np.uint8)
        assert tuple(parallel_update(bits, state).tolist()) == update(network, tuple(state.tolist()))


def test_memory_breaks_down_above_the_critical_load():
    assert recall_overlap(1024, 30, 0.1) > 0.99
    assert recall_overlap(1024, 400, 0.1) < 0.9


def test_derivations_and_erratum_pass():
    assert all_passed(derive_energy_descent().verify())
    for erratum in case("hopfield-discrete").errata:
        assert all_passed(erratum.proof({}).verify())


def test_the_printed_threshold_has_one_fixed_point_only():
    """With p > 0 every state goes to all ones; the network of one pattern has two fixed points."""
    network = network_of(CASE.values({}))
    assert update(network, (1, 0, 1, 1, 0)) == (1, 0, 1, 1, 0) != (1, 1, 1, 1, 1)


@pytest.mark.parametrize(
    "bad",
    [
        {"weights": "0,1;2,0"},
        {"weights": "1,0;0,0"},
        {"weights": "0,1;1,0", "biases": "1"},
        {"patterns": "0,2"},
        {"patterns": ""},
        {"patterns": "1,0;1"},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("hopfield-discrete", **bad)
