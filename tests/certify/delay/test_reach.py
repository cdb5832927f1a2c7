"""The reach of the construction against formulas by hand, and choices of the time at which the input is forgotten."""

import math
from fractions import Fraction

import flint
import pytest
import sympy

from certify.delay import best_decay_phase, decay_phase, reach


def test_one_delay_by_hand():
    """S = tau: kappa = 1, p(0) = 1, so the reach is (k - 1) exp(k (T - 1))."""
    found = reach(Fraction(3, 2), Fraction(3), decay_phase(Fraction(1)))
    assert found.overlaps(flint.arb(1) / 2 * flint.arb(3).exp())
    assert float(found) == pytest.approx(0.5 * math.exp(3), rel=1e-15)


def test_two_delays_by_hand():
    """S = 2 tau: kappa = 2 - sqrt 2 and p(1) = 1 - kappa = sqrt 2 - 1."""
    way = decay_phase(Fraction(2))
    kappa = 2 - sympy.sqrt(2)
    exact = (sympy.Rational(4, 5) / kappa - 1) * (1 - kappa) * sympy.exp(sympy.Rational(4, 5))
    found = reach(Fraction(4, 5), Fraction(3), way)
    with flint.ctx.workprec(200):
        assert abs(found - flint.arb(str(exact.evalf(40)))) < 1e-30
    assert found.rad() < 1e-60


def test_half_a_delay_by_hand():
    """S = tau/2: kappa = 2, the delayed value is still the input: (k/2 - 1) exp(k (T - 1/2))."""
    found = reach(Fraction(4), Fraction(1), decay_phase(Fraction(1, 2)))
    assert float(found) == pytest.approx(math.exp(2), rel=1e-15)


def test_the_best_time_is_the_best():
    times = [Fraction(k, 8) for k in range(1, 33)]
    for memory in (Fraction(9, 20), Fraction(4, 5), Fraction(3), Fraction(7)):
        way = best_decay_phase(memory, Fraction(4), times)
        assert all(
            not reach(memory, Fraction(4), decay_phase(time)) > reach(memory, Fraction(4), way) for time in times
        )
    assert best_decay_phase(Fraction(7, 20), Fraction(4), times) is None
