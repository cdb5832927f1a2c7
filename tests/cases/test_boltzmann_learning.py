"""Learning with Boltzmann machines: agreement, gradients by differences, the learning rule, bad input."""

import jax.numpy as jnp
import numpy as np
import pytest

from cases.boltzmann_learning.case import CASE, divergence
from cases.boltzmann_learning.derivation import derive_learning_rule
from foundation import InputError
from numeric import double_precision
from stabproof.comparison import crosscheck
from symbolic import all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"neurons": 4, "visible": 3, "couplings": "exp(1/2)", "biases": "2", "data": "1/8,0,1/8,1/4,0,0,1/4,1/4"},
        {"neurons": 2, "visible": 2, "couplings": "3", "biases": "1,1/2", "data": "1,0,0,0"},
        {"neurons": 8, "visible": 1, "couplings": "1000000", "biases": "1/1000", "data": "1/3,2/3"},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("boltzmann-learning", **({"steps": 20} | parameters if parameters else {}))
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def test_the_gradient_is_that_of_the_divergence_by_differences():
    given = {"neurons": 3, "couplings": "2,3,1/2", "biases": "1,2,3", "data": "1/4,1/4,0,1/2"}
    exact = CASE.symbolic(CASE.values(given)).values
    weights, biases, data = np.zeros((3, 3)), np.log([1.0, 2.0, 3.0]), np.array([0.25, 0.25, 0.0, 0.5])
    weights[0, 1], weights[0, 2], weights[1, 2] = np.log([2.0, 3.0, 0.5])

    @double_precision
    def value(shift):
        moved = weights.copy()
        moved[0, 2] += shift
        return float(divergence(jnp.asarray(moved), jnp.asarray(biases), jnp.asarray(data)))

    slope = (value(1e-5) - value(-1e-5)) / 2e-5
    assert abs(float(exact["dKL/da1,3"]) - slope) < 1e-8


def test_a_machine_that_is_the_data_has_no_divergence():
    """Two visible neurons with e^a = 2, e^b = 1: weights 1, 1, 1, 1/2, that is 2/7, 2/7, 2/7, 1/7."""
    given = {"neurons": 2, "couplings": "2", "data": "2/7,2/7,2/7,1/7"}
    assert all(value == 0 for value in CASE.symbolic(CASE.values(given)).values.values())
    proved = CASE.certified(CASE.values(given)).values["KL divergence"]
    assert proved.contains(0)
    assert proved.width < 1e-50


def test_the_learning_rule_passes():
    assert all_passed(derive_learning_rule().verify())


@pytest.mark.parametrize(
    "bad", [{"data": "1/2,1/2"}, {"data": "1,1,0,-1"}, {"visible": 4}, {"data": "1/2,1/2,0"}, {"steps": 0}]
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("boltzmann-learning", **bad)
