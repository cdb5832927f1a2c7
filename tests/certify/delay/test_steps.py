"""Step polynomials against the closed sum, SymPy's integrals and the limit 1/e; first zeros against radicals."""

import math
from fractions import Fraction
from itertools import pairwise

import flint
import pytest
import sympy

from certify.delay import first_zero, solution_matrix, solution_value, step_polynomial
from certify.integral import arb_enclosure
from foundation import InputError


def closed_sum(time):
    """sum over j <= floor(time) + 1 of (-kappa)^j (time - j + 1)^j / j!, as exact coefficients."""
    count = math.floor(time) + 2
    terms = [Fraction(-1) ** j * (time - j + 1) ** j / math.factorial(j) if j else Fraction(1) for j in range(count)]
    while terms[-1] == 0:
        terms.pop()
    return terms


@pytest.mark.parametrize(
    "time", [Fraction(0), Fraction(1, 3), Fraction(1), Fraction(2), Fraction(7, 2), Fraction(17, 3)]
)
def test_the_polynomial_is_the_closed_sum(time):
    found = [Fraction(int(c.p), int(c.q)) for c in step_polynomial(time).coeffs()]
    assert found == closed_sum(time)


def test_the_second_step_by_integration():
    k, s, t = sympy.symbols("k s t")
    first = 1 - k * t
    second = first.subs(t, 1) - k * sympy.integrate(first.subs(t, s - 1), (s, 1, t))
    assert sympy.Poly(second.subs(t, 2), k).all_coeffs()[::-1] == [sympy.Integer(1), -2, sympy.Rational(1, 2)]
    assert [int(c.p) / int(c.q) for c in step_polynomial(Fraction(2)).coeffs()] == [1, -2, 0.5]


@pytest.mark.parametrize(
    ("time", "root"),
    [(Fraction(1, 2), sympy.Integer(2)), (Fraction(1), sympy.Integer(1)), (Fraction(2), 2 - sympy.sqrt(2))],
)
def test_the_first_zero_in_closed_form(time, root):
    found = first_zero(time, 200)
    exact = flint.arb(str(root.evalf(60)))
    assert found.overlaps(exact)
    assert float(found.rad()) < 1e-50


def test_the_first_zeros_fall_to_one_over_e():
    """kappa = (1 + d)/e has the characteristic roots -1 +- i sqrt(2 d) to leading order, so the zero pi/sqrt(2 d)."""
    zeros = [first_zero(Fraction(n)) for n in range(1, 31)]
    assert all(later < earlier for earlier, later in pairwise(zeros))
    assert all(zero > (-flint.arb(1)).exp() for zero in zeros)
    assert float(zeros[-1]) - math.exp(-1) == pytest.approx(math.pi**2 / (2 * 30**2 * math.e), rel=0.15)


@pytest.mark.parametrize("time", [Fraction(3, 2), Fraction(5), Fraction(29, 3)])
def test_the_solution_changes_its_sign_at_the_first_zero(time):
    with flint.ctx.workprec(200):
        zero = first_zero(time, 200)
        width = flint.arb("1e-30")
        assert solution_value(time, zero - width) > 0 > solution_value(time, zero + width)
        below = zero - flint.arb("0.01")
        assert all(solution_value(time * Fraction(k, 40), below) > 0 for k in range(41))


@pytest.mark.parametrize("time", [Fraction(4, 3), Fraction(4), Fraction(25, 4), Fraction(13)])
def test_no_root_is_smaller(time):
    """Sturm's sequence counts one root of the closed sum up to the upper end of the ball, and none up to the lower."""
    kappa = sympy.Symbol("kappa")
    polynomial = sympy.Poly([sympy.Rational(c) for c in reversed(closed_sum(time))], kappa)
    bounds = arb_enclosure(first_zero(time))
    assert polynomial.count_roots(0, sympy.Rational(bounds.upper)) == 1
    assert polynomial.count_roots(0, sympy.Rational(bounds.lower)) == 0
    assert bounds.width < 1e-15


def test_a_matrix():
    """K with eigenvalues 1/2 and 2: the eigenvalues of the derivative are p at 1/2 and at 2."""
    matrix = [[Fraction(5, 4), Fraction(3, 4)], [Fraction(3, 4), Fraction(5, 4)]]
    derivative = solution_matrix(Fraction(2), matrix)
    low, high = 1 - Fraction(1) + Fraction(1, 8), 1 - Fraction(4) + Fraction(2)
    assert derivative[0, 0] + derivative[1, 1] == flint.fmpq(*(low + high).as_integer_ratio())
    assert derivative.det() == flint.fmpq(*(low * high).as_integer_ratio())


@pytest.mark.parametrize("time", [Fraction(-1), Fraction(1000)])
def test_bad_input_is_refused(time):
    with pytest.raises(InputError):
        step_polynomial(time)
