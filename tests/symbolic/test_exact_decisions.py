"""Zero tests, signs, enclosures of numbers, conditions and Bernstein bounds against independent answers."""

import mpmath
import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import And, Rational, Symbol, sqrt
from sympy.core.evalf import PrecisionExhausted

from foundation import InputError
from symbolic import (
    Outcome,
    bernstein_coefficients,
    enclose_number,
    exact_number,
    is_zero,
    nonnegative_on_box,
    prove_sign,
)
from symbolic.compare_conditions import check_equivalent, check_implies, real_roots_of
from symbolic.nonnegative_combination import _exact_weights, follows
from symbolic.relations import Relation

X, Y = sympy.symbols("x y", real=True)
U = Symbol("u", positive=True)
T = Symbol("t", real=True)

NUMBERS = [
    sqrt(2) + sympy.pi,
    sympy.exp(-3) * sympy.log(7),
    sympy.cbrt(5) - sympy.sin(2),
    sympy.tanh(Rational(1, 3)) / sympy.cosh(2),
    sympy.CRootOf(X**5 - X - 1, 0) * 1000,
    sympy.GoldenRatio**7,
    sympy.gamma(Rational(1, 4)) / sympy.gamma(Rational(3, 4)),
    sqrt(2) ** 99 * sympy.pi**-57,
]


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_the_ball_contains_a_fifty_digit_value_and_is_narrow(number):
    ball = enclose_number(number, 100)
    with mpmath.workdps(60):
        value = mpmath.mpf(sympy.N(number, 50))
        middle = mpmath.mpf(ball.real.mid().str(40, radius=False))
        assert abs(value - middle) < mpmath.mpf(10) ** -24 * (1 + abs(value))
    assert float(ball.real.rad()) < 1e-24 * (1 + abs(float(number)))


@pytest.mark.parametrize("index", range(3))
def test_a_short_ball_around_an_algebraic_root_contains_a_long_one(index):
    root = sympy.CRootOf(X**3 - 10 * X - 1, index)
    for bits in (24, 53, 90):
        assert enclose_number(root, bits).contains(enclose_number(root, 200))


def test_algebraic_roots_of_large_size_stay_enclosed():
    root = sympy.CRootOf(X**3 - 10**12 * X - 1, 2)
    assert enclose_number(root**3 - 10**12 * root - 1, 200).contains(0)
    assert not enclose_number(root - 10**6, 200).contains(0)


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        (sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2), True),
        (sqrt(3 + 2 * sqrt(2)) - 1 - sqrt(2) + Rational(1, 10**60), False),
        (sympy.cbrt(2 + sqrt(5)) + sympy.cbrt(2 - sqrt(5)) - 1, False),  # the complex principal branch
        (sympy.sin(X) ** 2 + sympy.cos(X) ** 2 - 1, True),
        (sympy.log(6) - sympy.log(2) - sympy.log(3), True),
        (sqrt(X**2) - X, False),
        (sqrt(U**2) - U, True),
        ((X - Y) * (X + Y) - X**2 + Y**2, True),
        (sympy.exp(sympy.pi * sqrt(163)) - 262537412640768744, False),
    ],
)
def test_is_zero(expression, answer):
    assert is_zero(expression) is answer


@pytest.mark.parametrize(
    ("expression", "side", "strict"),
    [
        (X**2 - X * Y + Y**2, 1, False),
        (X**4 - 3 * X**2 + 3, 1, True),
        (-(U**2) - U, -1, True),
        (U**2 - U + 1, 1, True),
        ((X - Y) ** 2 * U, 1, False),
        (sympy.exp(X) * U, 1, True),
        (-1 / (1 + X**2), -1, True),
    ],
)
def test_signs_that_are_shown(expression, side, strict):
    sign = prove_sign(expression)
    assert (sign.side, sign.strict) == (side, strict)


@pytest.mark.parametrize("expression", [X, X**3, U - 1, X**2 - 1, X * Y, X**4 - 3 * X**2 + 1])
def test_indefinite_expressions_get_no_sign(expression):
    assert prove_sign(expression) is None


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-4, 4), min_size=2, max_size=6), st.fractions(-5, 5, max_denominator=20))
def test_a_shown_sign_holds_at_rational_points(coefficients, value):
    polynomial = sympy.Poly(coefficients, T).as_expr()
    sign = prove_sign(polynomial)
    if sign is not None:
        result = sign.side * polynomial.subs(T, Rational(value)) if polynomial.free_symbols else sign.side * polynomial
        assert result > 0 if sign.strict else result >= 0


@settings(deadline=None, max_examples=25)
@given(st.integers(-3, 3), st.integers(-3, 3), st.integers(-3, 3), st.integers(-3, 3))
def test_intervals_on_the_line_are_compared_completely(a, b, c, d):
    left, right = And(a < T, b > T), And(c < T, d > T)
    contained = a >= b or (c <= a and b <= d)
    assert (check_implies(left, right).outcome is Outcome.PASSED) is contained
    same = (a, b) == (c, d) or (a >= b and c >= d)
    assert (check_equivalent(left, right).outcome is Outcome.PASSED) is same


def test_strict_and_weak_ends_differ():
    assert check_equivalent(T**2 < 2, And(-sqrt(2) < T, sqrt(2) > T)).outcome is Outcome.PASSED
    assert check_equivalent(T**2 <= 2, And(-sqrt(2) < T, sqrt(2) > T)).outcome is Outcome.FAILED


def test_an_implication_in_several_symbols_that_needs_a_product():
    assert check_implies(And(X > 1, Y > 1), X * Y > X + Y - 1).outcome is Outcome.PASSED
    assert check_implies(And(X > 1, Y > 1), X * Y > X + Y + 3).outcome is Outcome.FAILED


def test_strictness_is_not_gained():
    weak = [Relation(X, ">="), Relation(Y, ">=")]
    assert follows(weak, Relation(X + Y, ">="))
    assert not follows(weak, Relation(X + Y, ">"))
    assert follows([Relation(X, ">"), Relation(Y, ">=")], Relation(X + Y, ">"))


def test_a_proposal_with_a_negative_weight_is_refused():
    columns, right = sympy.Matrix([[1, 2], [0, 1]]), sympy.Matrix([0, 1])
    assert _exact_weights(columns, right, np.array([0, 1])) is None
    assert _exact_weights(columns, sympy.Matrix([3, 1]), np.array([0, 1])) == {0: 1, 1: 1}


def test_a_pole_inside_the_domain_has_no_sign():
    assert prove_sign(1 / X**2) is None
    assert prove_sign(1 / U**2).strict


def test_real_roots_with_algebraic_coefficients():
    roots = real_roots_of(X**2 - (sqrt(2) + sqrt(3)) * X + sqrt(6), X)
    assert sorted(float(root) for root in roots) == pytest.approx([2**0.5, 3**0.5])


@settings(deadline=None, max_examples=30)
@given(
    st.lists(st.integers(-5, 5), min_size=6, max_size=6),
    st.fractions(0, 1, max_denominator=16),
    st.fractions(0, 1, max_denominator=16),
)
def test_bernstein_coefficients_bound_the_polynomial(c, p, q):
    polynomial = c[0] + c[1] * X + c[2] * Y + c[3] * X * Y + c[4] * X**2 + c[5] * Y**3 + 0 * X
    box = ((X, sympy.Integer(-1), sympy.Integer(2)), (Y, sympy.Integer(0), Rational(3, 2)))
    coefficients = bernstein_coefficients(sympy.sympify(polynomial), box)
    value = sympy.sympify(polynomial).subs({X: -1 + 3 * Rational(p), Y: Rational(3, 2) * Rational(q)})
    assert min(coefficients) <= value <= max(coefficients)


def test_boxes_that_are_decided_and_one_that_is_not():
    unit = ((X, sympy.Integer(0), sympy.Integer(1)),)
    assert nonnegative_on_box(X**2 - X + Rational(1, 2), unit, strict=True) is True
    assert nonnegative_on_box(X - Rational(1, 2), unit) is False
    # A double zero at 1/3 is never on a dyadic corner: undecided, not wrong.
    assert nonnegative_on_box((3 * X - 1) ** 2, unit, strict=True) is None
    with pytest.raises(InputError, match="not a polynomial"):
        nonnegative_on_box(sympy.sin(X), unit)


@pytest.mark.parametrize(
    ("value", "exact"), [("1/2", Rational(1, 2)), (0.5, Rational(1, 2)), ("0.05", Rational(1, 20)), (3, 3)]
)
def test_numbers_are_read_exactly(value, exact):
    assert exact_number(value, "x") == exact


def test_a_float_is_taken_bit_for_bit():
    assert exact_number(0.1, "x") == Rational(3602879701896397, 36028797018963968)


@pytest.mark.parametrize(
    "value", ["__import__('os')", "1/0", "", True, None, float("nan"), float("inf"), sympy.I, X, sympy.oo, [1], 1j]
)
def test_what_is_no_real_number_is_refused(value):
    with pytest.raises(InputError, match="x must"):
        exact_number(value, "x")


def test_signs_are_found_beyond_a_pole_of_few_bits():
    """At 64 bits 1 - sqrt(1 - 4e-28), about 2e-28, cannot be told from 0, where the logarithm has no value."""
    from symbolic.prove_sign import number_sign

    gap = 1 - sqrt(1 - Rational(4, 10**28))
    assert number_sign(sympy.log(gap) + 64) == 1  # log(2e-28) = -63.779...
    assert number_sign(sympy.log(gap) + 63) == -1


def test_numbers_that_sympy_cannot_tell_apart_are_left_undecided(monkeypatch):
    """SymPy's simplifications compare numbers and give up on some, such as 2^-1063 beside its roots."""

    def gives_up(number):
        raise PrecisionExhausted

    zero = sympy.root(7 + 5 * sqrt(2), 3) - 1 - sqrt(2)
    assert is_zero(zero) is True
    monkeypatch.setattr(sympy, "radsimp", gives_up)
    assert is_zero(zero) is None


def test_symbols_that_may_be_zero_help_only_weak_conclusions():
    """x <= (r + e) y and e <= (1 - r)/2 give x <= (1 + r)/2 y for y >= 0; but y >= 0 alone makes nothing positive."""
    x, y, r, e = sympy.symbols("x y r e", nonnegative=True)
    contraction = And((r + e) * y >= x, (1 - r) / 2 >= e)
    assert check_implies(contraction, (1 + r) / 2 * y >= x).outcome is Outcome.PASSED
    assert check_implies(contraction, (1 + r) / 2 * y > x).outcome is not Outcome.PASSED
    assert check_implies(x >= y, x + y > 0).outcome is not Outcome.PASSED
    free = sympy.Symbol("z", real=True)
    assert (
        check_implies(And((r + e) * free >= x, (1 - r) / 2 >= e), (1 + r) / 2 * free >= x).outcome is not Outcome.PASSED
    )
