"""The critical noise at K = 1 is 4 Gamma(3/4)^2 / Gamma(1/4)^2; means against independent quadrature."""

from fractions import Fraction

import mpmath
import pytest

from cases.desai_zwanzig.critical_noise import critical_noise, order_excess


def test_the_critical_noise_at_unit_coupling():
    with mpmath.workdps(40):
        exact = 4 * mpmath.gamma(mpmath.mpf(3) / 4) ** 2 / mpmath.gamma(mpmath.mpf(1) / 4) ** 2
        found = critical_noise(Fraction(1), float(exact))
        assert found is not None
        assert found.lower < exact < found.upper


def test_a_wrong_guess_proves_nothing():
    assert critical_noise(Fraction(1), 0.4571) is None
    assert critical_noise(Fraction(1), 1e-14) is None


@pytest.mark.parametrize(("noise", "coupling"), [("1/10", "1/2"), ("1", "3"), ("1/3", "1")])
def test_the_excess_against_independent_quadrature(noise, coupling):
    d, k = Fraction(noise), Fraction(coupling)
    found = order_excess(d, k)
    with mpmath.workdps(30):
        dm, km = mpmath.mpf(d.numerator) / d.denominator, mpmath.mpf(k.numerator) / k.denominator
        second, total = (
            mpmath.quad(lambda x, n=n: x**n * mpmath.exp(-(x**4 / 4 + (km - 1) * x * x / 2) / dm), [0, 1, 2, 4, 8])
            for n in (2, 0)
        )
        value = km * second / total - dm
    assert abs(float(value) - float(found.mid())) < 1e-14 + float(found.rad())
    assert float(found.rad()) < 1e-25
