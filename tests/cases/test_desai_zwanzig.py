"""Coupled double-well particles: counts, thresholds, critical noise, order parameter, erratum, bad input."""

import itertools
from fractions import Fraction

import mpmath
import numpy as np
import pytest
import sympy

from cases import case
from cases.desai_zwanzig.case import CASE, _critical
from cases.desai_zwanzig.critical_noise import mean_excess, order_parameter
from cases.desai_zwanzig.derivation import count_of_two, critical_noise_at_one, derive_two, field
from cases.desai_zwanzig.estimates import guess_order, newton_equilibria, simulated_orders
from foundation import InputError
from stabproof.comparison import crosscheck
from symbolic import all_passed

SMALL = {"ensemble": 100, "members": 1}


def test_the_views_agree_and_three_particles_have_a_proved_list():
    check = crosscheck("desai-zwanzig", coupling="4/5", particles=3, noise="1/10", **SMALL)
    assert check.agrees, str(check)
    assert all(all_passed(checked.results) for checked in check.derivations)


@pytest.mark.parametrize(("coupling", "count"), [("13/20", 9), ("7/10", 5), ("99/100", 5), ("101/100", 3)])
def test_the_number_of_equilibria_of_two_particles(coupling, count):
    """Independent: real zeros of the polynomial that remains when x2 is eliminated (a resultant)."""
    x, y = sympy.symbols("x y", real=True)
    first, second = field((x, y), sympy.Rational(coupling))
    partner = sympy.solve(first, y)[0]
    assert sympy.Poly(second.subs(y, partner), x).count_roots() == count
    assert count_of_two(sympy.Rational(coupling))[0] == count


def test_weak_coupling_has_all_combinations_of_three_states():
    assert len(newton_equilibria(3, 0.05)) == 27
    found = {tuple(point) for point in np.round(newton_equilibria(3, 0.05)).astype(int).tolist()}
    assert found == set(itertools.product((-1, 0, 1), repeat=3))


def test_a_planted_error_breaks_the_derivation():
    derivation = derive_two()
    wrong = sympy.Symbol("K", positive=True)
    steps = tuple(
        type(s)(s.statement, None, s.reason, s.reference, _perturbed(s.check, wrong)) for s in derivation.steps
    )
    assert not all_passed(type(derivation)(derivation.title, derivation.symbols, steps).verify())


def _perturbed(check, symbol):
    from symbolic import EigenvaluesAre

    if isinstance(check, EigenvaluesAre):
        return EigenvaluesAre(check.matrix, tuple((value + symbol, count) for value, count in check.eigenvalues))
    return check


@pytest.mark.parametrize("coupling", ["1/100", "1/2", "1", "100"])
def test_the_critical_noise_against_independent_quadrature(coupling):
    k = Fraction(coupling)
    found = _critical(k)
    assert found is not None
    assert found.width < 1e-9
    with mpmath.workdps(30):
        d, km = mpmath.mpf(found.midpoint), mpmath.mpf(k.numerator) / k.denominator
        reach = [0, 0.5, 1, 1.5, 2, 3, 5, 8, 12]
        second, total = (
            mpmath.quad(lambda x, n=n: x**n * mpmath.exp(-(x**4 / 4 + (km - 1) * x * x / 2) / d), reach) for n in (2, 0)
        )
        assert abs(km * second / total / d - 1) < 1e-8
    if k == 1:
        assert found.contains(float(critical_noise_at_one()))


def test_the_order_parameter_against_independent_quadrature():
    noise, coupling = Fraction(1, 5), Fraction(1, 2)
    found = order_parameter(noise, coupling, guess_order(0.5, 0.2), 1e-12)
    assert found is not None
    with mpmath.workdps(25):
        m = mpmath.mpf(found.midpoint)
        first, total = (
            mpmath.quad(
                lambda x, n=n: x**n * mpmath.exp(-(x**4 / 4 - x * x / 4 - m * x / 2) * 5), [-4, -2, -1, 0, 1, 2, 4]
            )
            for n in (1, 0)
        )
        assert abs(first / total - m) < 1e-11
    assert order_parameter(noise, coupling, 0.5, 1e-12) is None
    assert float(mean_excess(Fraction(1, 10), noise, coupling).mid()) > 0


def test_simulations_order_below_the_critical_noise_and_not_above():
    values = CASE.values({"ensemble": 400, "members": 2})
    ordered, disordered = simulated_orders(values, [0.1, 0.6])
    assert abs(ordered - guess_order(0.5, 0.1)) < 0.05
    assert abs(disordered) < 0.15


def test_the_erratum_passes():
    for erratum in case("desai-zwanzig").errata:
        assert all_passed(erratum.proof({}).verify())


@pytest.mark.parametrize(
    "bad", [{"coupling": 0}, {"coupling": "x"}, {"noise": -1}, {"particles": 5}, {"ensemble": 1}, {"members": 0}]
)
def test_bad_input_is_refused(bad):
    with pytest.raises(InputError):
        crosscheck("desai-zwanzig", **bad)
