"""Replicator dynamics: agreement for many games, known spectra, equilibria, erratum, bad input."""

import numpy as np
import pytest
import sympy

from cases import case
from cases.common.games import game_of
from cases.common.matrix_games import derive_replicator, nash_equilibrium, zero_sum_scale
from cases.replicator import CASE, solve_replicator
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed

RPS = "0,-1,1;1,0,-1;-1,1,0"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"a": RPS, "horizon": 10},
        {"a": "1,0;0,1", "b": "1,0;0,1", "horizon": 10},
        {"a": "3,0;5,1", "b": "3,0;5,1", "horizon": 10},
        {"a": "1,2,0,5;3,1,7,0;0,4,2,1;2,2,9,3", "horizon": 10},
        {"a": "0,-1,2;1,0,-1;-3,1,0", "b": "0,4,-1;-2,0,3;1,-1,0", "horizon": 10},
        {"a": "1,0,2;0,3,1", "b": "1,2;0,1;3,0", "horizon": 10},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("replicator", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


def test_rock_paper_scissors_has_two_pairs_i_over_root_three():
    exact = CASE.symbolic(CASE.values({"a": RPS})).values
    assert exact["largest real part"] == 0
    assert sympy.simplify(exact["largest modulus"] - 1 / sympy.sqrt(3)) == 0
    assert exact["verdict"] is Verdict.STABLE
    proved = CASE.certified(CASE.values({"a": RPS})).values
    assert proved["verdict"] is Verdict.UNDECIDED
    assert proved["largest modulus"].width < 1e-7


def test_saddles_are_certified():
    """Coordination: x = y = 1/2, eigenvalues +-1/2 (payoffs 1 on the diagonal)."""
    proved = CASE.certified(CASE.values({"a": "1,0;0,1", "b": "1,0;0,1"})).values
    assert proved["verdict"] is Verdict.UNSTABLE
    assert abs(proved["largest real part"].midpoint - 0.5) < 1e-12


def test_the_prisoners_dilemma_is_stable_at_defection():
    """Payoffs T = 5, R = 3, P = 1, S = 0: at mutual defection cooperation loses P - S = 1 for both players."""
    game = game_of(CASE.values({"a": "3,0;5,1", "b": "3,0;5,1"}))
    assert list(game.equilibrium.x) == [0, 1]
    proved = CASE.certified(CASE.values({"a": "3,0;5,1", "b": "3,0;5,1"})).values
    assert proved["verdict"] is Verdict.STABLE
    assert proved["largest real part"].contains(-1)


def test_equilibria_are_best_responses():
    generator = np.random.default_rng(1)
    for _ in range(6):
        a, b = (sympy.Matrix(3, 3, generator.integers(-9, 10, 9).tolist()) for _ in range(2))
        found = nash_equilibrium(a, b)
        assert sum(found.x) == sum(found.y) == 1
        assert min([*found.x, *found.y]) >= 0
        assert (found.x.T * a * found.y)[0] == max(a * found.y)
        assert (found.y.T * b * found.x)[0] == max(b * found.x)


def test_zero_sum_up_to_scale_and_shift_is_recognised():
    a = sympy.Matrix([[1, -1], [-1, 1]])
    b = -3 * a.T + sympy.Matrix([[5, 7], [5, 7]])
    assert zero_sum_scale(a, b) == sympy.Rational(1, 3)
    assert zero_sum_scale(a, a) is None
    assert all_passed(derive_replicator(a, b, nash_equilibrium(a, b)).verify())


def test_the_conserved_quantity_is_constant_along_a_computed_orbit():
    game = game_of(CASE.values({}))
    _, orbit = solve_replicator(game, np.array([0.7, 0.4]), 30.0)
    conserved = 0.5 * np.log(orbit * (1 - orbit)).sum(axis=1)
    assert np.ptp(conserved) < 1e-6
    assert np.ptp(orbit[:, 0]) > 0.2


def test_the_erratum_passes():
    for erratum in case("replicator").errata:
        assert all_passed(erratum.proof({}).verify())


@pytest.mark.parametrize(
    "bad", [{"a": "1,2"}, {"a": "1,2;3"}, {"b": "1,2;3,4;5,6"}, {"a": "x,1;1,1"}, {"a": "1;2"}, {"horizon": 0}]
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("replicator", **bad)
