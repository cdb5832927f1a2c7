"""Kernels as a system: three views, integrals by definition, errata, bad input, a planted error."""

from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest

from cases.kernels import case as kernels
from cases.kernels import derivation as kernel_integrals
from certify.exponential_moments import gaussian_moment, sphere_moment
from certify.integral import exact_arb
from foundation import InputError
from numeric.particles import gaussian_rule, sphere_rule
from stabproof import comparison
from symbolic import Outcome, all_passed


@pytest.mark.parametrize(
    "parameters",
    [
        {"duration": "1/10"},
        {"kernel": "gaussian", "positions": "1;-2;1/2", "charges": "1,2,-3", "rate": 2, "variance": "1/2"},
        {"positions": "1,-1;2,0;0,0", "charges": "1,2,3", "rate": "1/5"},
        {"positions": "1/2,1,0,1;-1/2,-1,0,-1", "charges": "3,-1", "target": "5"},
    ],
)
def test_the_views_agree(parameters):
    found = comparison.crosscheck("kernels", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}


@pytest.mark.parametrize("dimension", [2, 3, 4, 5])
def test_sphere_moments_are_averages(dimension):
    """Against quadrature of the definition, and the exact formula against the certified one."""
    x, weights = sphere_rule(dimension, 12)
    b, powers = np.array([0.75, -0.5, 0.25, 1.0, 0.125][:dimension]), [3, 1, *([0] * (dimension - 2))]
    average = weights @ (np.prod(x ** np.array(powers), axis=1) * np.exp(x @ b))
    proved = sphere_moment([flint.arb(value) for value in b], powers)
    assert float(proved) == pytest.approx(average, rel=1e-9)
    exact = kernel_integrals.sphere_moment([kernel_integrals.sympy.Rational(value) for value in b], powers)
    assert proved.overlaps(flint.arb(str(exact.evalf(20))) + flint.arb(0, 1e-15))


def test_gaussian_moments_are_means():
    proved = gaussian_moment([exact_arb("1/3"), exact_arb(2)], [2, 3], Fraction(2), Fraction(3))
    line = [
        mpmath.quad(
            lambda t, b=b, k=k: t**k * mpmath.exp(b * t - t * t) * mpmath.exp(-t * t / 6) / mpmath.sqrt(6 * mpmath.pi),
            [-12, 0, 12],
        )
        for b, k in ((mpmath.mpf(1) / 3, 2), (2, 3))
    ]
    assert float(proved) == pytest.approx(float(line[0] * line[1]), rel=1e-12)


def test_rules_integrate_polynomials():
    x, weights = sphere_rule(5, 4)
    assert weights @ (x[:, 1] ** 2 * x[:, 4] ** 2) == pytest.approx(25 / 35)
    assert weights @ x[:, 0] ** 6 == pytest.approx(5**3 * 15 / (5 * 7 * 9))
    x, weights = gaussian_rule(2, 5, 3.0)
    assert weights @ (x[:, 0] ** 4 * x[:, 1] ** 2) == pytest.approx(27 * 3)


def test_the_errata_are_proved():
    for erratum in kernels.CASE.errata:
        assert all_passed(erratum.proof({}).verify())


@pytest.mark.parametrize(
    "parameters",
    [
        {"kernel": "linear"},
        {"rate": 0},
        {"rate": "nan"},
        {"charges": "1"},
        {"positions": "1;2", "charges": "1,1"},
        {"positions": "1,2;3", "charges": "1,1"},
        {"positions": "1,0,0,0,0,0,0", "charges": "1"},
        {"target": ""},
        {"variance": -1},
        {"width": 3},
    ],
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("kernels", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    """A radius of one in place of sqrt(d) makes exact and certified values disagree."""
    monkeypatch.setattr(
        kernels, "sphere_moment", lambda b, powers: sphere_moment([x / exact_arb(len(b)).sqrt() for x in b], powers)
    )
    assert not comparison.crosscheck("kernels", duration="1/10").agrees
