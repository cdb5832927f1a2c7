"""Multiplicative weights: agreement, multipliers of matching pennies, both kinds of play, bad input."""

import numpy as np
import pytest
import sympy

from cases.common.games import game_of
from cases.common.matrix_games import nash_equilibrium
from cases.multiplicative_weights.case import CASE, play
from cases.multiplicative_weights.derivation import derive_matching_pennies, derive_round
from certify.verdict import Verdict
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import Outcome, TaylorIs, all_passed

RPS = "0,-1,1;1,0,-1;-1,1,0"


@pytest.mark.parametrize(
    "parameters",
    [
        {},
        {"play": "alternating", "learning_rate": "3/2", "rounds": 20},
        {"play": "alternating", "learning_rate": "5/2", "rounds": 20},
        {"a": RPS, "learning_rate": "1/3", "rounds": 20},
        {"a": "3,0;5,1", "b": "3,0;5,1", "rounds": 20},
        {"a": "1,2,0,5;3,1,7,0;0,4,2,1;2,2,9,3", "learning_rate": "1/7", "rounds": 20},
        {"a": "1,0,2;0,3,1", "b": "1,2;0,1;3,0", "rounds": 20, "play": "alternating"},
    ],
)
def test_the_views_agree(parameters):
    check = crosscheck("multiplicative-weights", **parameters)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


@pytest.mark.parametrize("rate", ["1e-20", "1/1000", "1/3", "2", "7"])
def test_simultaneous_matching_pennies_is_certified_unstable(rate):
    proved = CASE.certified(CASE.values({"learning_rate": rate})).values
    assert proved["verdict"] is Verdict.UNSTABLE
    eta = sympy.Rational(rate)
    expected = sympy.sqrt(1 + eta**2)
    assert (
        sympy.Rational(proved["largest multiplier"].lower)
        <= expected
        <= sympy.Rational(proved["largest multiplier"].upper)
    )


def test_alternating_play_is_neutral_up_to_two():
    assert CASE.symbolic(CASE.values({"play": "alternating", "learning_rate": 1})).values["largest multiplier"] == 1
    neutral = CASE.certified(CASE.values({"play": "alternating", "learning_rate": 1})).values
    assert neutral["verdict"] is Verdict.UNDECIDED
    beyond = CASE.certified(CASE.values({"play": "alternating", "learning_rate": 3})).values
    assert beyond["verdict"] is Verdict.UNSTABLE


def test_a_dominant_strategy_attracts():
    """Prisoner's dilemma: cooperation loses 1, so the multipliers are e^{-eta}."""
    exact = CASE.symbolic(CASE.values({"a": "3,0;5,1", "b": "3,0;5,1", "learning_rate": "1/2"})).values
    assert exact["largest multiplier"] == sympy.exp(-sympy.Rational(1, 2))
    assert exact["verdict"] is Verdict.STABLE


def test_orbits_show_it():
    game = game_of(CASE.values({}))
    apart, near = (np.abs(play(game, 0.1, 1500, kind) - 0.5).max(axis=1) for kind in (False, True))
    assert apart[-200:].max() > 0.45
    assert near.max() < 0.2


def test_derivations_pass_and_a_wrong_rate_fails():
    a = sympy.Matrix([[2, -1], [-1, 1]])
    found = derive_round(a, -a.T, nash_equilibrium(a, -a.T), sympy.Rational(1, 3), True)
    assert all_passed(found.verify())
    assert all_passed(derive_matching_pennies().verify())
    first = found.steps[0].check.checks[0]
    wrong = TaylorIs(first.of, first.variable, first.point, first.order, first.result + first.variable / 7)
    assert wrong.verify({}).outcome is Outcome.FAILED


@pytest.mark.parametrize(
    "bad",
    [{"learning_rate": 0}, {"learning_rate": 11}, {"play": "chess"}, {"a": "1"}, {"rounds": 0}, {"a": "1e5,0;0,1"}],
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("multiplicative-weights", **bad)
