"""Bounds that become floats do not hang on the precision that somebody else left in `flint.ctx`."""

import math
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.arithmetic.elementary.arb import float_bounds
from certify.integral import arb_enclosure, integral
from certify.lyapunov.arb_family import enclosure_of, lower_float, upper_float
from certify.lyapunov.concentration import _log
from certify.lyapunov.confidence import _MARGIN, Growth, _lattice_loss, clip_upper, rounding_loss
from certify.lyapunov.determinant import ball_determinant
from certify.lyapunov.exact_logs import mean_log

mpmath.mp.dps = 50


@pytest.fixture(autouse=True, params=[2, 12, 53, 3000])
def ambient(request):
    before = flint.ctx.prec
    flint.ctx.prec = request.param
    yield request.param
    assert flint.ctx.prec == request.param
    flint.ctx.prec = before


def third():
    """A ball around 1/3 of 200 bits."""
    with flint.ctx.workprec(200):
        return flint.arb(flint.fmpq(1, 3))


def demand_next_floats(lower, upper, value, ulps):
    """The exact value lies between bounds that are at most some floats apart."""
    assert Fraction(lower) <= value <= Fraction(upper)
    assert upper - lower <= ulps * math.ulp(float(value))


def test_balls_become_floats():
    value = third()
    demand_next_floats(*float_bounds(value), Fraction(1, 3), 3)
    demand_next_floats(arb_enclosure(value).lower, arb_enclosure(value).upper, Fraction(1, 3), 3)
    demand_next_floats(lower_float(value), upper_float(value), Fraction(1, 3), 2)
    with flint.ctx.workprec(200):
        less = -value
    demand_next_floats(enclosure_of(less).lower, enclosure_of(less).upper, Fraction(-1, 3), 2)
    with flint.ctx.workprec(60):
        whole = flint.arb(2**53 - 1)
    assert (lower_float(whole), upper_float(whole)) == (2.0**53 - 1, 2.0**53 - 1)


def test_integrals():
    found = integral(lambda z, _: z.exp(), 0, 1)
    truth = mpmath.e - 1
    assert mpmath.mpf(found.lower) <= truth <= mpmath.mpf(found.upper)
    assert found.width < 1e-15


def test_determinants():
    """det [[1/3, 1], [-1, 3]] of floats: exact rationals tell."""
    matrix = np.array([[1 / 3, 1.0], [-1.0, 3.0]])
    truth = Fraction(1 / 3) * 3 + 1
    demand_next_floats(*ball_determinant(Ball.exact(matrix)), truth, 4)


def test_means_of_logarithms():
    found = mean_log([flint.fmpq(1, 3), flint.fmpq(2, 3)], [flint.fmpq(5, 7), flint.fmpq(-11, 3)])
    truth = mpmath.log(mpmath.mpf(5) / 7) / 3 + 2 * mpmath.log(mpmath.mpf(11) / 3) / 3
    assert mpmath.mpf(found.lower) <= truth <= mpmath.mpf(found.upper)
    assert found.width < 1e-15


def test_logarithms_of_the_confidence():
    truth = mpmath.log(mpmath.mpf(2.0) / mpmath.mpf(1e-9))
    assert truth <= mpmath.mpf(_log(2.0, 1e-9)) <= truth + mpmath.mpf(10) ** -13


def test_losses_of_rounding():
    growth = Growth(0.25, 3.0, 0.5, 2.0)
    with flint.ctx.workprec(200):
        error = third() * flint.arb(2) ** -50
    whole, e = mpmath.mpf(1), mpmath.mpf(1) / 3 / mpmath.mpf(2) ** 50
    truth = (2 * 100 * mpmath.log(mpmath.sqrt(0.25) + e) + mpmath.log(whole * 3 / 3 / 0.5)) / 2
    assert clip_upper(growth, error, 100) == pytest.approx(float(truth) + _MARGIN, rel=1e-13)
    lost = rounding_loss(growth, error, 100, 2, -80.0)
    expected = 100 * e * mpmath.exp(99 * mpmath.log(mpmath.sqrt(0.25) + e) + 80) * mpmath.sqrt(whole * 2 / 0.5 * 2)
    assert upper_float(lost) == pytest.approx(float(expected), rel=1e-12)
    small = mpmath.mpf(2) ** mpmath.mpf("-32.5") * mpmath.sqrt(3)
    assert upper_float(_lattice_loss(3, -80.0, 1.0)) == pytest.approx(
        float(mpmath.mpf(2) ** -19 + small * 82), rel=1e-12
    )


def test_a_family_of_floats_has_the_same_exponent(ambient):
    """One matrix and its double: log det is exact to some floats, whatever the surroundings."""
    found = sp.lyapunov_exponent([np.array([[0.3]]), np.array([[0.7]])])
    truth = (mpmath.log(mpmath.mpf(0.3)) + mpmath.log(mpmath.mpf(0.7))) / 2
    assert mpmath.mpf(found.enclosure.lower) <= truth <= mpmath.mpf(found.enclosure.upper)
    assert found.enclosure.width < 1e-14
