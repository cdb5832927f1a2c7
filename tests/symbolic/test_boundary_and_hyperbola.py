"""Multipliers of modulus one: the cubic term, the centre manifold, and the hyperbola at (1, 1)."""

from dataclasses import replace
from fractions import Fraction

import mpmath
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import Rational, sqrt

from cases.hyperbola.derivation import T1, T2, derive_hyperbola_erratum, hyperbola_loss, hyperbola_stable_arc
from cases.hyperbola.vertex import derive_hyperbola_vertex
from cases.strict_minimum.derivation import (
    derive_quadratic_approximation_erratum,
    derive_strict_erratum,
    diagonal_quadratic,
    quartic_boundary,
)
from foundation import InputError
from symbolic import Equal, Outcome, Step, all_passed, cubic_term_test, flip_test

X, Y = sympy.symbols("x y", real=True)
S = sympy.Symbol("s", real=True)
RATES = st.fractions(Fraction(1, 12), 2, max_denominator=12)


@pytest.mark.parametrize(
    ("map_", "point", "verdict", "coefficient"),
    [
        (-X - X**3, 0, "unstable", 2),  # f(f(u)) = u + 2 u^3 + ...
        (-X + X**3, 0, "stable", -2),
        (-X + X**2, 0, "stable", -2),  # -u + a u^2 + b u^3 has second iterate u - 2 (a^2 + b) u^3
        (-X + 3 * X**2 - 9 * X**3 + X**5, 0, "unstable", 322),  # a^2 + b = 0: -1 - 162 + 486 - 1 at order 5
        (2 * X - X**3, 1, "stable", -16),
        (-X, 0, "neutral", None),
        (-X / (1 + X), 0, "neutral", None),  # an involution that is not linear
        (X - X**3, 0, "stable", -1),
        (X + X**3, 0, "unstable", 1),
        (X + X**2, 0, "semistable", 1),
        (sympy.sin(X), 0, "stable", Rational(-1, 6)),
        (-sympy.sin(X), 0, "stable", Rational(-1, 3)),
    ],
)
def test_the_first_higher_order_term(map_, point, verdict, coefficient):
    result = cubic_term_test(map_, X, point)
    assert result.verdict == verdict
    if coefficient is not None:
        assert result.coefficient == coefficient
    assert all_passed(result.derivation.verify())


@pytest.mark.parametrize("last", [1, -400])
def test_the_verdict_of_order_five_agrees_with_the_orbit(last):
    with mpmath.workdps(40):
        u = mpmath.mpf(1) / 20
        for _ in range(1000):
            u = -u + 3 * u**2 - 9 * u**3 + last * u**5
    verdict = cubic_term_test(-X + 3 * X**2 - 9 * X**3 + last * X**5, X, 0).verdict
    assert verdict == ("stable" if abs(u) < 1 / 20 else "unstable")


def test_a_symbolic_coefficient_gives_a_condition():
    result = cubic_term_test(-X - S * X**3, X, 0, constants=S)
    assert result.verdict == "undecided"
    assert result.condition == (2 * S < 0)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((X / 2, X, 0), "already decides"),
        ((X + 1, X, 0), "fixed point"),
        (("-x", X, 0), "SymPy expression"),
        ((-X - S * X**3, X, 0), "constants"),
        ((-X, X, "zero"), "must be a number"),
    ],
)
def test_bad_input_of_the_cubic_term(arguments, message):
    with pytest.raises(InputError, match=message):
        cubic_term_test(*arguments)


@settings(deadline=None, max_examples=12)
@given(st.lists(st.integers(-3, 3), min_size=5, max_size=5))
def test_the_flip_coefficient_is_the_normal_form_formula(c):
    # Kuznetsov's formula 1/6 <p, C(q,q,q)> + 1/2 <p, B(q, (I - A)^-1 B(q,q))> with A = diag(-1, 1/2), p = q = e_1.
    f = -X + c[0] * X**2 + c[1] * X * Y + c[2] * X**3
    g = Y / 2 + c[3] * X**2 + c[4] * X * Y
    expected = c[2] + Rational(1, 2) * (2 * c[0] * c[0] + c[1] * 4 * c[3])
    assert flip_test((f, g), (X, Y), (0, 0)).coefficient == expected


@pytest.mark.parametrize(
    ("map_", "message"),
    [((-X, -Y), "simple -1"), ((-X, 2 * Y), "simple -1"), ((-X, Y / 2 + 1), "fixed point"), ((-X,), "do not match")],
)
def test_bad_input_of_the_flip_test(map_, message):
    with pytest.raises(InputError, match=message):
        flip_test(map_, (X, Y), (0, 0))


def test_constants_may_be_called_like_the_coordinate():
    u = sympy.Symbol("u", real=True)
    assert cubic_term_test(-X - u * X**3, X, 0, constants=u).coefficient == 2 * u
    assert flip_test((-X - u * X**3,), (X,), (0,), constants=u).coefficient == -u


def test_the_arc_of_the_figure():
    arc = hyperbola_stable_arc("1/2", "1/2")
    assert (sympy.simplify(arc.lower - 2 + sqrt(3)), sympy.simplify(arc.upper - 2 - sqrt(3))) == (0, 0)
    assert all_passed(arc.derivation.verify())


@settings(deadline=None, max_examples=4)
@given(RATES, RATES)
def test_the_arc_is_where_the_normal_multiplier_is_inside(k, eta):
    arc = hyperbola_stable_arc(k, eta)
    if arc.lower is None:
        assert 2 * k * eta >= 1
        return
    for end, side in ((arc.lower, 1), (arc.upper, -1)):
        value = sympy.N(end, 30)
        for factor, inside in ((1 + side * sympy.Float("1e-9"), True), (1 - side * sympy.Float("1e-9"), False)):
            u = value * factor
            multiplier = 1 - Rational(eta) * 2 * Rational(k) * (u + 1 / u)
            assert bool(abs(multiplier) < 1) is inside


def test_the_symbolic_arc_specialises():
    arc = hyperbola_stable_arc()
    eta, k = sympy.symbols("eta k", positive=True)
    assert sympy.simplify(arc.lower.subs({eta: Rational(1, 2), k: Rational(1, 2)}) - 2 + sqrt(3)) == 0
    assert all_passed(arc.derivation.verify())


@pytest.mark.parametrize(("k", "eta"), [(1, "1/2"), ("1/2", 1), (3, 1)])
def test_the_arc_is_empty_for_large_learning_rates(k, eta):
    arc = hyperbola_stable_arc(k, eta)
    assert (arc.lower, arc.upper, arc.condition) == (None, None, sympy.false)
    assert all_passed(arc.derivation.verify())


@pytest.mark.parametrize(("k", "eta"), [(0, 1), (-1, 1), ("x", 1), (1, 0), (1, float("nan"))])
def test_bad_scales_and_rates(k, eta):
    with pytest.raises(InputError):
        hyperbola_stable_arc(k, eta)


def test_the_printed_slip_is_proved_and_the_orbit_diverges():
    derivation = derive_hyperbola_erratum()
    assert all_passed(derivation.verify())
    x, y = Rational(5, 2), Rational(41, 100)
    for _ in range(7):
        r = 1 - x * y
        x, y = x + r * y, y + r * x
    assert abs(float(1 - x * y)) > 1e6


@pytest.mark.parametrize("k", [1, None, "7/3"])
def test_the_vertex_is_proved_to_attract(k):
    assert all_passed(derive_hyperbola_vertex(k).verify())


@settings(deadline=None, max_examples=30)
@given(st.fractions(-1, 1, max_denominator=50), st.fractions(-1, 1, max_denominator=50))
def test_the_lyapunov_function_decreases_along_true_orbits(p, q):
    """An independent evaluation, in the original variables, of what the derivation proves about the set V <= 1/250."""

    def value(x, y):
        return (1 - x * y) ** 2 * x * y + (x * x - y * y) ** 2 / 2

    x, y = 1 + Rational(p) / 60, 1 + Rational(q) / 60
    if value(x, y) > Rational(1, 250):
        return
    for _ in range(3):
        r = 1 - x * y
        image = x + r * y, y + r * x
        assert value(*image) <= value(x, y) - 3 * r**4
        x, y = image


def test_orbits_near_the_vertex_tend_to_it_slowly():
    with mpmath.workdps(30):
        x, y = mpmath.mpf("1.03"), mpmath.mpf("0.99")
        distances = []
        for n in range(40001):
            if n in (100, 40000):
                distances.append(abs(x - 1) + abs(y - 1))
            r = 1 - x * y
            x, y = x + r * y, y + r * x
    # The decay is algebraic (n^-1/2): a factor near 20 between these two times.
    assert distances[1] < distances[0] / 4


def test_an_error_in_the_vertex_proof_is_found():
    derivation = derive_hyperbola_vertex()
    place = next(i for i, step in enumerate(derivation.steps) if "changes V" in step.statement)
    step = derivation.steps[place]
    wrong = Step(step.statement, check=Equal(step.check.left, step.check.right * 2))
    steps = (*derivation.steps[:place], wrong, *derivation.steps[place + 1 :])
    assert replace(derivation, steps=steps).verify()[place].outcome is Outcome.FAILED


def test_the_hyperbola_loss():
    assert hyperbola_loss("1/2") == (1 - T1 * T2) ** 2 / 2


def test_the_threshold_of_a_diagonal_quadratic():
    assert diagonal_quadratic(1, 4).threshold == Rational(1, 2)
    with pytest.raises(InputError, match="eigenvalue"):
        diagonal_quadratic(1, -4)


@pytest.mark.parametrize(("s", "verdict"), [(-1, "stable"), (1, "unstable"), (0, "neutral"), ("-1/7", "stable")])
def test_the_quartic_at_its_threshold(s, verdict):
    s = Rational(s)
    result = quartic_boundary(s)
    assert result.boundary.verdict == verdict
    assert all_passed(result.derivation.verify())
    x = Rational(1, 10)
    image = x - (2 * x + s * x**3)  # one exact step of gradient descent with eta = 1
    assert (abs(image) < abs(x), abs(image) > abs(x)) == (verdict == "stable", verdict == "unstable")


def test_the_quartic_with_a_symbol():
    assert quartic_boundary().boundary.condition == (-S > 0)


@pytest.mark.parametrize("derive", [derive_quadratic_approximation_erratum, derive_strict_erratum])
def test_the_errata_about_strict_minima(derive):
    assert all_passed(derive().verify())
