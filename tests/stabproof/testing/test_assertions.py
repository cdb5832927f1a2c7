"""Each assertion passing, refuted and undecided; what the messages say; bad input."""

import math
import re
from fractions import Fraction

import jax.numpy as jnp
import numpy as np
import pytest
import sympy
from hypothesis import given, settings

import stabproof as sp
from stabproof.testing import (
    Refuted,
    Undecided,
    assert_certified_stable,
    assert_encloses,
    assert_exponent_in,
    assert_positive_definite,
    assert_spectral_radius_below,
    assert_unstable,
    strategies,
)
from stabproof.testing.session import Session, activated


def product(theta, x):
    return theta[0] * theta[1] * x


@pytest.fixture(scope="module")
def hyperbola():
    """f = theta_1 theta_2 x at (1, 2) with x = 1, y = 2: K = 2^2 + 1^2 = 5, critical learning rate 2/5."""
    return sp.Regression(product, np.array([1.0, 2.0]), np.ones(1), np.full(1, 2.0))


@pytest.fixture(scope="module")
def two_slopes():
    """f = theta x at theta = 0 with x = 1, 2 and an unused offset: under SGD the multipliers are 1 - eta, 1 - 4 eta."""
    return sp.Regression(lambda t, x: jnp.dot(t, x), np.zeros(2), np.diag([1.0, 2.0]), np.zeros(2))


def rows(message):
    """The labelled lines of a failure's message."""
    return dict(line.strip().split(":", 1) for line in str(message).splitlines()[1:])


def test_stable_passes_and_returns_the_certificate(hyperbola):
    certificate = assert_certified_stable(hyperbola, sp.GradientDescent(0.25))
    assert certificate.verdict is sp.Verdict.STABLE
    assert certificate.critical_learning_rate.contains(Fraction(2, 5))


def test_stable_is_refuted(hyperbola):
    with pytest.raises(Refuted, match="the minimum is STABLE; it is proved UNSTABLE") as failure:
        assert_certified_stable(hyperbola, sp.GradientDescent(0.5))
    found = rows(failure.value)
    assert "spectral radius = 1.5" in found["enclosure"]
    assert re.search(r"must fall below 1, by at least 0\.(499|500)", found["missing margin"])
    assert "a learning rate below 0.399999 instead of 0.5" in found["to try"]
    assert failure.value.evidence.verdict is sp.Verdict.UNSTABLE


def test_stable_is_undecided_at_the_threshold(hyperbola):
    with pytest.raises(Undecided, match="undecided: the minimum is STABLE") as failure:
        assert_certified_stable(hyperbola, sp.GradientDescent(Fraction(2, 5)))
    found = rows(failure.value)
    assert "spectral radius = 1.0" in found["enclosure"]
    assert "must fall below 1, by" in found["missing margin"]
    assert "not separated from 1" in found["reason"]
    assert found["to try"].strip()


def test_unstable_passes_is_refuted_and_is_undecided(hyperbola):
    assert assert_unstable(hyperbola, sp.GradientDescent(0.5)).verdict is sp.Verdict.UNSTABLE
    with pytest.raises(Refuted, match="the minimum is UNSTABLE; it is proved STABLE") as failure:
        assert_unstable(hyperbola, sp.GradientDescent(0.25))
    assert "must rise above 1, by at least 0.7" in rows(failure.value)["missing margin"]
    assert "a learning rate above 0.400001 instead of 0.25" in rows(failure.value)["to try"]
    with pytest.raises(Undecided):
        assert_unstable(hyperbola, sp.GradientDescent(Fraction(2, 5)))


def test_stochastic_gradients_are_judged_by_the_exponent(two_slopes):
    """The updates are diag(1 - eta, 1) or diag(1, 1 - 4 eta): exponent max(log|1 - eta|, log|1 - 4 eta|) / 2."""
    stable = assert_certified_stable(two_slopes, sp.SGD(0.125, sampling="iid"), budget=1.0)
    assert_encloses(stable.lyapunov_exponent, sympy.log(sympy.Rational(7, 8)) / 2)
    # orthogonal gradients: the minimum is not regular, and log(3) / 2 > 0 is no verdict
    with pytest.raises(Undecided, match="regular") as undecided:
        assert_certified_stable(two_slopes, sp.SGD(1.0, sampling="iid"), budget=1.0)
    assert "Lyapunov exponent = 0.5493" in rows(undecided.value)["enclosure"]
    assert "must fall below 0, by 0.549" in rows(undecided.value)["missing margin"]


def test_stochastic_gradients_are_refuted_at_a_regular_minimum():
    """theta1 x + theta2 x^2 at x = 1, 2 with eta = 5/4: det A_i = -3/2 and -24, so that lambda >= log(36) / 4."""
    x = np.array([1.0, 2.0])
    problem = sp.Regression(lambda theta, x: theta[0] * x + theta[1] * x**2, np.ones(2), x, x + x**2)
    with pytest.raises(Refuted) as failure:
        assert_certified_stable(problem, sp.SGD(1.25, sampling="iid"), budget=1.0)
    lower = (np.log(1.5) + np.log(24.0)) / 4
    assert failure.value.evidence.lyapunov_exponent.lower >= lower - 1e-9
    assert "must fall below 0, by at least" in rows(failure.value)["missing margin"]
    assert_unstable(problem, sp.SGD(1.25, sampling="iid"), budget=1.0)


def test_a_point_that_is_no_minimum_is_bad_input_and_no_failed_assertion(hyperbola):
    with pytest.raises(sp.InputError, match="not near a minimum"):
        assert_certified_stable(hyperbola.with_params(np.array([3.0, 4.0])), sp.GradientDescent(0.1))
    with pytest.raises(sp.InputError, match=r"stabproof\.Regression"):
        assert_certified_stable(None, sp.GradientDescent(0.1))


ROTATION = np.array([[0.0, -0.5], [0.5, 0.0]])


def test_the_spectral_radius_passes_and_is_refuted():
    assert assert_spectral_radius_below(ROTATION, 0.75).contains(0.5)
    assert assert_spectral_radius_below(ROTATION, Fraction(501, 1000)).contains(0.5)
    with pytest.raises(Refuted) as failure:
        assert_spectral_radius_below(ROTATION, 0.25)
    found = rows(failure.value)
    assert "0.5" in found["enclosure"]
    assert "exceeds the bound by at least 0.249" in found["missing margin"] or "0.25" in found["missing margin"]
    assert "a bound above 0.500001" in found["to try"]


def test_equality_refutes_a_strict_bound():
    with pytest.raises(Refuted):
        assert_spectral_radius_below(np.array([[0.5]]), 0.5)


def test_the_spectral_radius_of_wide_balls_is_undecided():
    ball = sp.Ball(np.array([[0.5]]), np.array([[0.25]]))
    with pytest.raises(Undecided) as failure:
        assert_spectral_radius_below(ball, 0.625)
    assert re.search(r"must fall by 0\.12[56]", rows(failure.value)["missing margin"])
    assert "narrow the radii" in rows(failure.value)["to try"]
    assert failure.value.evidence.contains(0.75)


def test_positive_definite_passes_and_is_refuted():
    smallest = assert_positive_definite(np.array([[2.0, 1.0], [1.0, 2.0]]))
    assert smallest.contains(1)
    with pytest.raises(Refuted) as failure:
        assert_positive_definite(np.array([[1.0, 2.0], [2.0, 1.0]]))  # eigenvalues 3 and -1
    found = rows(failure.value)
    assert "smallest eigenvalue = -1" in found["enclosure"]
    assert "by 0.999999 at least" in found["missing margin"]
    assert "multiple of the identity above 1" in found["to try"]


def test_a_singular_matrix_is_refuted():
    with pytest.raises(Refuted):
        assert_positive_definite(np.ones((2, 2)))


def test_positive_definite_is_undecided_for_wide_balls():
    with pytest.raises(Undecided) as failure:
        assert_positive_definite(sp.Ball(np.eye(2), np.full((2, 2), 0.75)))  # smallest eigenvalue from -0.5
    assert "must rise by 0.5" in rows(failure.value)["missing margin"]
    assert "narrow the radii" in rows(failure.value)["to try"]


HALF_LOG_TWO = [[[2.0]], [[1.0]]]  # exponent log(2) / 2 = 0.3466


def test_an_exponent_passes_and_is_refuted():
    assert assert_exponent_in(HALF_LOG_TWO, 0.34, 0.35).enclosure.width <= 0.01
    exact = sympy.log(2) / 2
    assert assert_exponent_in(HALF_LOG_TWO, exact - sympy.Rational(1, 10**9), exact + sympy.Rational(1, 10**9))
    assert assert_exponent_in(HALF_LOG_TWO, 0.2, math.inf, [0.75, 0.25])
    with pytest.raises(Refuted) as failure:
        assert_exponent_in(HALF_LOG_TWO, -math.inf, 0.25)
    found = rows(failure.value)
    assert "exponent = 0.3465" in found["enclosure"]
    assert "above the interval by at least 0.09" in found["missing margin"]
    assert "an interval that contains [0.346573, 0.346574]" in found["to try"]
    with pytest.raises(Refuted, match=r"below the interval by at least 0\.053"):
        assert_exponent_in(HALF_LOG_TWO, Fraction(2, 5), 1)


def test_an_exponent_at_the_end_of_the_interval_is_undecided():
    with pytest.raises(Undecided) as failure:
        assert_exponent_in(HALF_LOG_TWO, 0, sympy.log(2) / 2, budget=1.0)
    found = rows(failure.value)
    assert "upper bound must fall by" in found["missing margin"]
    assert found["to try"].strip()


def test_a_starved_budget_is_undecided():
    rng = np.random.default_rng(1)
    matrices = rng.normal(size=(6, 5, 5))
    with pytest.raises(Undecided) as failure:
        assert_exponent_in(matrices, 0.0, 1e-6, budget=1e-3)
    assert "budget" in rows(failure.value)["to try"] + rows(failure.value)["reason"]


@settings(deadline=None, max_examples=10)
@given(strategies.commuting_families())
def test_known_exponents_lie_in_the_asserted_interval(known):
    middle = Fraction(float(known.exponent))
    assert_exponent_in(known.matrices, middle - Fraction(1, 10**6), middle + Fraction(1, 10**6), known.probabilities)


def test_an_enclosure_passes():
    third = sp.Enclosure(0.333, 0.334)
    assert assert_encloses(third, Fraction(1, 3)) is third
    assert_encloses(sp.Enclosure(0.5, 0.5), 0.5)
    assert_encloses(sp.Enclosure(0.0, math.inf), 10**400)
    assert_encloses(sp.Enclosure(-math.inf, -math.inf), -sympy.oo)
    assert_encloses(sp.Enclosure(1.414, 1.415), sympy.sqrt(2), width=0.0011)


@pytest.mark.parametrize(
    ("enclosure", "value", "side"),
    [
        (sp.Enclosure(0.333, 0.3333), Fraction(1, 3), "above it by at least 0.0000333"),
        (sp.Enclosure(0.1, 0.1), Fraction(1, 10), "below it by at least 5.55111E-18"),  # the float is larger
        (sp.Enclosure(1.5, 2.0), sympy.sqrt(2), "below it by at least 0.0857"),
        (sp.Enclosure(-1.0, 0.0), sympy.Rational(1, 10**30), "above it"),
    ],
)
def test_an_enclosure_that_misses_is_refuted(enclosure, value, side):
    with pytest.raises(Refuted) as failure:
        assert_encloses(enclosure, value)
    assert side in rows(failure.value)["missing margin"]
    assert "wrong" in rows(failure.value)["to try"]


def test_an_enclosure_that_is_too_wide_is_undecided():
    with pytest.raises(Undecided) as failure:
        assert_encloses(sp.Enclosure(0.0, 1.0), Fraction(1, 3), width=0.5)
    assert "the width" in rows(failure.value)["missing margin"]


def test_a_number_that_exact_arithmetic_does_not_place_is_undecided():
    """zeta is in no table of exact functions: neither bound can be compared with it."""
    with pytest.raises(Undecided, match="simplify"):
        assert_encloses(sp.Enclosure(1.0, 2.0), sympy.zeta(3))


def test_balls_are_compared_entry_by_entry():
    ball = sp.Ball(np.array([1.0, 2.0]), np.array([0.5, 0.0]))
    assert assert_encloses(ball, [Fraction(5, 4), 2]) is ball
    with pytest.raises(Refuted, match=r"entry \(1,\) 3"):
        assert_encloses(ball, [1, 3])


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: assert_encloses("[0, 1]", 0.5), "Enclosure or a Ball"),
        (lambda: assert_encloses(sp.Enclosure(0.0, 1.0), "1/2"), "exact real number"),
        (lambda: assert_encloses(sp.Enclosure(0.0, 1.0), float("nan")), "NaN"),
        (lambda: assert_encloses(sp.Enclosure(0.0, 1.0), sympy.Float("0.5")), "rounded SymPy number"),
        (lambda: assert_encloses(sp.Enclosure(0.0, 1.0), sympy.I), "real constant"),
        (lambda: assert_encloses(sp.Enclosure(0.0, 1.0), sympy.Symbol("x")), "real constant"),
        (lambda: assert_encloses(sp.Enclosure(0.0, 1.0), True), "exact real number"),
        (lambda: assert_encloses(sp.Enclosure(0.0, 1.0), 0.5, width=0), "width"),
        (lambda: assert_encloses(sp.Ball(np.zeros(2), np.zeros(2)), [0]), "shape"),
        (lambda: assert_spectral_radius_below(np.eye(2), "1"), "bound"),
        (lambda: assert_spectral_radius_below(np.zeros((2, 3)), 1), "square"),
        (lambda: assert_spectral_radius_below(np.full((1, 1), np.nan), 1), "finite"),
        (lambda: assert_positive_definite(np.array([[1.0, 2.0], [0.0, 1.0]])), "symmetric"),
        (lambda: assert_exponent_in(HALF_LOG_TWO, 1, 0), "swap"),
        (lambda: assert_exponent_in(HALF_LOG_TWO, 0, 1, [0.5]), "probabilities"),
        (lambda: assert_exponent_in(HALF_LOG_TWO, 0, 1, budget=-1), "budget"),
        (lambda: assert_exponent_in([[[1.0, 2.0]]], 0, 1), "square|shape"),
    ],
)
def test_bad_input_is_refused_with_a_sentence(call, words):
    with pytest.raises(sp.InputError, match=words):
        call()


def test_the_running_session_counts_and_lends_its_budget():
    with activated(Session(budget=1e-3)) as session:
        assert_positive_definite(np.eye(2))
        with pytest.raises(Refuted):
            assert_positive_definite(-np.eye(2))
        with pytest.raises(Undecided, match=r"0\.001 s|budget"):
            assert_exponent_in(np.random.default_rng(1).normal(size=(6, 5, 5)), 0.0, 1e-6)
    assert session.tally == {"proved": 1, "refuted": 1, "undecided": 1}


def test_refuted_and_undecided_are_different_assertion_errors():
    assert issubclass(Refuted, AssertionError)
    assert issubclass(Undecided, AssertionError)
    assert not issubclass(Undecided, Refuted)
    assert not issubclass(Refuted, Undecided)


@pytest.mark.parametrize(
    ("value", "other", "order"),
    [(0.1, Fraction(1, 10), 1), (Fraction(1, 2), 0.5, 0), (sympy.sqrt(2) ** 2 - 2, 0, 0), (-math.inf, sympy.pi, -1)],
)
def test_exact_comparison(value, other, order):
    from stabproof.testing.exact_value import compare, exact_real

    assert compare(exact_real(value, "value"), exact_real(other, "other")) == order
    assert compare(exact_real(other, "other"), exact_real(value, "value")) == -order
