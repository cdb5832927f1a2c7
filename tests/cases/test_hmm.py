"""Hidden Markov models: agreement, the spectrum of the joint kernel, stationary laws, bad input."""

import numpy as np
import pytest
import sympy

from cases.hmm.case import CASE, sample_model
from cases.hmm.derivation import derive_joint_kernel, joint_factors, stationary_law
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import Equal, Outcome, all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"transition": "0,1,0;0,0,1;1,0,0", "emission": "1,0;0,1;1/2,1/2"},
        {"transition": "1/2,1/4,1/4;1/3,1/3,1/3;1/5,1/5,3/5", "emission": "1;1;1"},
        {"transition": "1", "emission": "1/3,2/3"},
        {"transition": "0,1;1,0", "emission": "1/3,2/3;1/2,1/2"},
        {
            "transition": "1/2,1/2,0,0;0,1/2,1/2,0;0,0,1/2,1/2;1/2,0,0,1/2",
            "emission": "1/4,1/4,1/4,1/4;1,0,0,0;0,1,0,0;0,0,1,0",
        },
        {"transition": "1/3,1/3,1/3;1/3,1/3,1/3;1/3,1/3,1/3", "emission": "1/2,1/2;1/3,2/3;1/4,3/4"},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("hmm", **({"length": 1000} | parameters if parameters else {}))
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def test_a_two_state_chain_forgets_at_its_trace_minus_one():
    proved = CASE.certified(CASE.values({"transition": "3/4,1/4;1/8,7/8", "emission": "1,0;0,1"})).values
    assert proved["second largest modulus of T"].contains(0.625)
    assert proved["second largest modulus of T"].width < 1e-12
    assert proved["P(x = 1)"].width < 1e-15
    assert abs(proved["P(x = 1)"].midpoint - 1 / 3) < 1e-15


def test_the_joint_kernel_is_the_product_of_its_definition():
    q, g = sympy.Matrix([[1, 2], [3, 1]]) / 4, sympy.Matrix([[1, 2, 1], [2, 1, 1]]) / 4
    left, right = joint_factors(q, g)
    joint = left * right
    for x, y, z, w in np.ndindex(2, 3, 2, 3):
        assert joint[3 * x + y, 3 * z + w] == q[x, z] * g[z, w]


def test_the_derivation_notices_rows_that_are_no_probabilities():
    q, g = sympy.Matrix([[1, 1], [1, 1]]) / 2, sympy.Matrix([[1, 1], [1, 2]]) / 2
    left, right = joint_factors(q, g)
    assert Equal((right * left).as_immutable(), q.as_immutable()).verify({}).outcome is Outcome.FAILED
    good = derive_joint_kernel(q, sympy.Matrix([[1, 1], [1, 1]]) / 2)
    assert all_passed(good.verify())


def test_stationary_laws_are_stationary():
    q = sympy.Matrix([[1, 2, 3], [2, 2, 2], [0, 3, 3]]) / 6
    law = stationary_law(q)
    assert law * q == law
    assert sum(law) == 1


def test_samples_follow_the_kernel():
    states, observations = sample_model(np.array([[0.0, 1.0], [1.0, 0.0]]), np.eye(2), 50, 4)
    assert (states == observations).all()
    assert (np.diff(states, axis=1) != 0).all()


@pytest.mark.parametrize(
    "bad",
    [
        {"transition": "1/2,1/2;1,1"},
        {"transition": "1,0;0,1", "emission": "1;1"},
        {"transition": "1/2,1/2"},
        {"emission": "1/2,1/2"},
        {"transition": "0.1,0.9;0.3,0.7", "emission": "-1,2;1,0"},
        {"length": 5},
    ],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("hmm", **bad)


def test_chains_with_many_observations_are_quick_and_exact():
    """A joint chain of 36 states: T = L R has the eigenvalues of the hidden chain alone."""
    generator = np.random.default_rng(4)
    rows = generator.integers(1, 9, (12, 6))
    q, g = (";".join(",".join(f"{x}/{row.sum()}" for x in row) for row in part) for part in (rows[:6], rows[6:]))
    check = crosscheck("hmm", transition=q, emission=g, length=200)
    assert check.agrees, str(check)
    assert not check.failed_steps
    hidden = rows[:6] / rows[:6].sum(axis=1, keepdims=True)
    second = np.sort(np.abs(np.linalg.eigvals(hidden)))[-2]
    row = next(row for row in check.rows if row.quantity == "second largest modulus of T")
    assert row.certified.lower - 1e-12 < second < row.certified.upper + 1e-12
