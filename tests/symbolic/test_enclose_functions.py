"""Enclosures of elementary functions of constants, against mpmath at 60 digits, and refusals off their real domains."""

import mpmath
import pytest
import sympy
from flint import arb

from symbolic.enclose_number import enclose_number, sign_of_number

R = sympy.Rational
REAL = [
    (sympy.cot(1 + sympy.pi / 4), lambda: mpmath.cot(1 + mpmath.pi / 4)),
    (sympy.sec(R(3, 7)), lambda: mpmath.sec(mpmath.mpf(3) / 7)),
    (sympy.csc(R(3, 7)), lambda: mpmath.csc(mpmath.mpf(3) / 7)),
    (sympy.coth(R(3, 7)), lambda: mpmath.coth(mpmath.mpf(3) / 7)),
    (sympy.asin(R(3, 7)), lambda: mpmath.asin(mpmath.mpf(3) / 7)),
    (sympy.acos(-R(3, 7)), lambda: mpmath.acos(-mpmath.mpf(3) / 7)),
    (sympy.asinh(-R(9, 7)), lambda: mpmath.asinh(-mpmath.mpf(9) / 7)),
    (sympy.acosh(R(9, 7)), lambda: mpmath.acosh(mpmath.mpf(9) / 7)),
    (sympy.atanh(-R(6, 7)), lambda: mpmath.atanh(-mpmath.mpf(6) / 7)),
    (sympy.LambertW(R(1, 3)), lambda: mpmath.lambertw(mpmath.mpf(1) / 3).real),
    (sympy.LambertW(-R(1, 3)), lambda: mpmath.lambertw(-mpmath.mpf(1) / 3).real),
    (sympy.loggamma(R(1, 3)), lambda: mpmath.loggamma(mpmath.mpf(1) / 3)),
    (sympy.erfc(R(5, 3)), lambda: mpmath.erfc(mpmath.mpf(5) / 3)),
]


@pytest.mark.parametrize(("number", "expected"), REAL, ids=[str(number) for number, _ in REAL])
def test_the_ball_holds_the_value_and_is_narrow(number, expected):
    with mpmath.workdps(60):
        digits = mpmath.nstr(expected(), 50, strip_zeros=False)
    ball = enclose_number(number, 128)
    assert ball.imag == 0
    assert ball.real.overlaps(arb(digits, abs(float(digits)) * 1e-45))
    assert ball.real.rad() < abs(float(digits)) * 1e-30
    assert sign_of_number(number) == (1 if float(digits) > 0 else -1)


@pytest.mark.parametrize(
    "number",
    [
        sympy.asin(2, evaluate=False),
        sympy.acos(-R(3, 2)),
        sympy.acosh(R(1, 3)),
        sympy.atanh(R(3, 2)),
        sympy.LambertW(-1),
        sympy.loggamma(-R(1, 2), evaluate=False),
        sympy.asin(1 + sympy.I),
        sympy.LambertW(-R(1, 3), -1),  # another branch
    ],
)
def test_other_branches_are_refused(number):
    assert enclose_number(number, 128) is None
