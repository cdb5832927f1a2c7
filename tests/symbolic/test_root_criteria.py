"""Jury and Routh-Hurwitz against computed roots; optimisers against their published conditions."""

import numpy as np
import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from sympy import And, Rational

from foundation import InputError
from symbolic import (
    Outcome,
    RootsInLeftHalfPlane,
    RootsInUnitDisc,
    adam,
    all_passed,
    derive_jury_triangle,
    heavy_ball,
    hurwitz_condition,
    hurwitz_conditions,
    hurwitz_matrix,
    jury_conditions,
    jury_table,
    nesterov,
    schur_condition,
)

Z = sympy.Symbol("z")
A, B, C = sympy.symbols("a b c", real=True)


@settings(deadline=None, max_examples=80)
@given(st.lists(st.integers(-12, 12), min_size=2, max_size=5), st.integers(4, 14))
def test_both_criteria_agree_with_computed_roots(rest, leading):
    coefficients = [leading, *rest]
    polynomial = sympy.Poly(coefficients, Z).as_expr()
    roots = np.roots(coefficients)
    assume(abs(abs(roots) - 1).min() > 1e-6)
    assume(abs(roots.real).min() > 1e-6)
    assert bool(schur_condition(polynomial, Z)) is bool((abs(roots) < 1).all())
    assert bool(hurwitz_condition(polynomial, Z)) is bool((roots.real < 0).all())


def test_known_conditions():
    assert jury_conditions(Z**2 + A * Z + B, Z) == (1 + A + B, 1 - A + B, 1 - B)
    assert jury_conditions(2 * Z + A, Z) == (2 - A, 2 + A)
    assert hurwitz_conditions(Z**2 + A * Z + B, Z) == (A, A * B)
    assert hurwitz_matrix(Z**3 + A * Z**2 + B * Z + C, Z) == sympy.Matrix([[A, C, 0], [1, B, 0], [0, A, C]])
    assert len(jury_table(Z**4 + A, Z)) == 3


def test_a_cubic_in_its_textbook_form():
    textbook = And(A > 0, C > 0, A * B > C)
    assert RootsInLeftHalfPlane(Z**3 + A * Z**2 + B * Z + C, Z, textbook).verify({}).outcome is Outcome.PASSED
    wrong = And(A > 0, B > 0, C > 0)
    assert RootsInLeftHalfPlane(Z**3 + A * Z**2 + B * Z + C, Z, wrong).verify({}).outcome is Outcome.FAILED


def test_the_negative_leading_coefficient_is_turned():
    assert jury_conditions(-Z - A, Z) == (1 - A, 1 + A)


def test_roots_on_the_boundary_are_not_inside():
    assert schur_condition(Z**2 - 1, Z) == sympy.false
    assert hurwitz_condition(Z**2 + 1, Z) == sympy.false


@pytest.mark.parametrize("polynomial", [sympy.Integer(3), A * Z + 1, sympy.sin(Z), "z**2"])
def test_bad_polynomials(polynomial):
    for function in (jury_conditions, hurwitz_conditions):
        with pytest.raises(InputError):
            function(polynomial, Z)


def test_an_unknown_leading_sign_is_undecided_in_a_check():
    assert RootsInUnitDisc(A * Z + 1, Z, A > 1).verify({}).outcome is not Outcome.PASSED


@pytest.mark.parametrize(
    "derivation", [derive_jury_triangle(), heavy_ball().derivation, nesterov().derivation, adam().derivation]
)
def test_the_derivations_hold(derivation):
    assert all_passed(derivation.verify())


def spectral_radius(matrix, values):
    return max(abs(np.linalg.eigvals(np.array(matrix.subs(values).tolist(), dtype=float))))


@pytest.mark.parametrize("method", [heavy_ball(), nesterov(), adam()], ids=["heavy ball", "nesterov", "adam"])
@settings(deadline=None, max_examples=40)
@given(data=st.data())
def test_the_condition_is_spectral_radius_below_one(method, data):
    symbols = sorted(method.matrix.free_symbols, key=str)
    draw = {
        symbol: Rational(
            data.draw(st.fractions("1/20", 3 if symbol.is_positive else 1, max_denominator=20), label=str(symbol))
        )
        for symbol in symbols
    }
    radius = spectral_radius(method.matrix, draw)
    assume(abs(radius - 1) > 1e-6)
    assert bool(method.condition.subs(draw)) is bool(radius < 1)
    if all(value < 1 for symbol, value in draw.items() if not symbol.is_positive):
        rate = next(value for symbol, value in draw.items() if symbol.name == "eta")
        assert bool(method.threshold.subs(draw) > rate) is bool(radius < 1)


def test_the_published_thresholds():
    eta, h = sympy.symbols("eta h", positive=True)
    beta = sympy.Symbol("beta", real=True)
    at = {h: 1, beta: Rational(9, 10)}
    assert heavy_ball().condition.subs(at | {eta: Rational(379, 100)}) == sympy.true  # 2 (1 + 9/10) = 3.8
    assert heavy_ball().condition.subs(at | {eta: Rational(381, 100)}) == sympy.false
    positive = sympy.Symbol("beta", nonnegative=True)
    at = {h: 1, positive: Rational(1, 2)}
    assert nesterov().condition.subs(at | {eta: Rational(149, 100)}) == sympy.true  # 2 (3/2)/2 = 3/2
    assert nesterov().condition.subs(at | {eta: Rational(151, 100)}) == sympy.false
