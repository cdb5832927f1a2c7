"""Gram matrices, the SGD family and exact exponents against values from the literature and independent sums."""

import itertools

import mpmath
import numpy as np
import pytest
import sympy
from sympy import Rational, log, sqrt

from cases.product_features.derivation import product_features
from cases.second_moment.derivation import quarter_and_two, scalar_exponent, scalar_moment
from cases.strictness_counterexamples.derivation import (
    derive_kernel_counterexample,
    derive_rank_counterexample,
    derive_strict_minimum_counterexample,
)
from foundation import InputError
from symbolic import (
    Outcome,
    all_passed,
    derive_regularity_erratum,
    exponent_sum,
    gradient_descent_threshold,
    gram_matrix,
    mean_square_threshold,
    orthogonal_exponents,
    rank_one_exponent,
    regularity,
    renewal_series,
    second_moment,
    sgd_family,
)

T1, T2, T3, X = sympy.symbols("t1 t2 t3 x", real=True)
QUADRATIC = T1 * X + T2 * X**2


def quadratic_kernel(*inputs):
    return gram_matrix(QUADRATIC, (T1, T2), X, inputs).kernel


def test_the_gram_matrix_of_a_linear_model():
    found = gram_matrix(QUADRATIC, (T1, T2), X, (1, 2), targets=(1, 3), point=("1/2", "1/2"))
    assert found.jacobian == sympy.Matrix([[1, 1], [2, 4]])
    assert found.kernel == sympy.Matrix([[2, 6], [6, 20]])
    assert found.outputs == sympy.Matrix([1, 3])
    assert all_passed(found.derivation.verify())


def test_a_point_that_misses_the_targets_fails():
    found = gram_matrix(QUADRATIC, (T1, T2), X, (1, 2), targets=(1, 4), point=("1/2", "1/2"))
    assert [r.outcome for r in found.derivation.verify()] == [Outcome.PASSED, Outcome.FAILED, Outcome.PASSED]


def test_a_nonlinear_network_with_vector_inputs():
    u, v = sympy.symbols("u v", real=True)
    found = gram_matrix(T1 * sympy.tanh(T2 * u + v), (T1, T2), (u, v), [(0, 0), (1, 0)], point=(2, 0))
    assert found.jacobian == sympy.Matrix([[0, 0], [0, 2]])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("x", (T1,), X, (1,)), "SymPy expression"),
        ((QUADRATIC, (T1,), X, (1,)), "neither"),
        ((QUADRATIC, (T1, T2), X, ()), "empty"),
        ((QUADRATIC, (T1, T2), X, ((1, 2),)), "entries"),
        ((QUADRATIC, (T1, T2), X, ("one",)), "must be a number"),
        ((QUADRATIC, (T1, T2), X, (1, 2), (1,), (0, 0)), "targets"),
    ],
)
def test_bad_input_of_the_gram_matrix(arguments, message):
    with pytest.raises(InputError, match=message):
        gram_matrix(*arguments)


def test_the_threshold_of_gradient_descent():
    threshold, derivation = gradient_descent_threshold(quadratic_kernel(1, 2))
    # lambda_max of [[2, 6], [6, 20]] is 11 + 3 sqrt 13, so 4/lambda_max = 11 - 3 sqrt 13.
    assert sympy.simplify(threshold - (11 - 3 * sqrt(13))) == 0
    assert all_passed(derivation.verify())
    with pytest.raises(InputError, match="positive definite"):
        gradient_descent_threshold([[1, 1], [1, 1]])
    with pytest.raises(InputError, match="symmetric"):
        gradient_descent_threshold([[1, 2], [3, 4]])


def test_a_full_batch_is_gradient_descent():
    kernel = quadratic_kernel(1, 2)
    (member,) = sgd_family(kernel, "1/7", 2).values()
    assert member == sympy.eye(2) - kernel / 14


@pytest.mark.parametrize("batch_size", [0, 3, 1.0, True])
def test_bad_batch_sizes(batch_size):
    with pytest.raises(InputError, match="batch_size"):
        sgd_family([[2, 1], [1, 2]], "1/2", batch_size)


@pytest.mark.parametrize(("batch_size", "value"), [(1, "-0.174416048"), (2, "-1.132768556")])
def test_the_sum_of_exponents_of_three_points(batch_size, value):
    kernel = gram_matrix(QUADRATIC + T3, (T1, T2, T3), X, (-1, 1, 2)).kernel
    found = exponent_sum(kernel, Rational(1, 9), batch_size)
    assert abs(sympy.N(found.value, 20) - sympy.Float(value, 20)) < 6e-10
    assert all_passed(found.derivation.verify())


def test_a_singular_step_makes_the_sum_minus_infinity():
    assert exponent_sum([[2, 6], [6, 20]], "1/20").value == -sympy.oo


def test_orthogonal_gradients():
    kernel = quadratic_kernel(2, Rational(-1, 2))
    assert orthogonal_exponents(kernel, "3/20") == (log(2) / 2, log(Rational(61, 64)) / 2)
    assert regularity(kernel, "3/20").regular is False
    assert orthogonal_exponents([[1, 0], [0, 2]], 1) == (-sympy.oo, 0)
    with pytest.raises(InputError, match="not orthogonal"):
        orthogonal_exponents([[2, 1], [1, 2]], 1)


@pytest.mark.parametrize(
    ("kernel", "rate", "regular"),
    [
        ([[2, 6], [6, 20]], "1/25", True),
        ([[2, 6], [6, 20]], "1/20", False),
        ([[2, 6], [6, 20]], "1/10", False),
        ([[3, 1, 0], [1, 3, 1], [0, 1, 3]], "1/9", True),
        ([[3, 1, 0], [1, 3, 0], [0, 0, 3]], "1/9", False),
        ([[3]], "1/9", True),
    ],
)
def test_regularity(kernel, rate, regular):
    found = regularity(kernel, rate)
    assert found.regular is regular
    assert all_passed(found.derivation.verify())


def test_regularity_with_a_symbol_is_undecided():
    assert regularity([[2, 1], [1, 2]], sympy.Symbol("eta", positive=True)).regular is None


def test_the_printed_regularity_never_holds():
    assert all_passed(derive_regularity_erratum([[2, 6], [6, 20]]).verify())
    kernel = gram_matrix(QUADRATIC + T3, (T1, T2, T3), X, (-1, 1, 2)).kernel
    assert all_passed(derive_regularity_erratum(kernel, "1/9", 2).verify())
    with pytest.raises(InputError, match="below"):
        derive_regularity_erratum([[2, 6], [6, 20]], "1/9", 2)


@pytest.mark.parametrize(("inputs", "rate"), [((3, 4), "1/100"), ((1, 2), "1/25"), ((4, Rational(11, 2)), "9/2720")])
def test_the_second_moment_is_the_kronecker_square(inputs, rate):
    kernel = quadratic_kernel(*inputs)
    found = second_moment(kernel, rate)
    family = [np.array(member.tolist(), dtype=float) for member in sgd_family(kernel, rate).values()]
    full = np.linalg.eigvals(sum(np.kron(member, member) for member in family) / len(family))
    roots = np.array([complex(root) for root in sympy.Poly(found.polynomial, found.variable).nroots(n=30)])
    assert max(abs(roots)) == pytest.approx(max(abs(full)), rel=1e-12)
    for root in roots:
        assert min(abs(full - root)) < 1e-9


def test_almost_surely_stable_but_not_in_mean_square():
    found = second_moment(quadratic_kernel(3, 4), "1/100")
    radius = max(abs(root) for root in sympy.Poly(found.polynomial, found.variable).nroots(n=20))
    assert float(log(radius)) == pytest.approx(0.395, abs=5e-4)  # published


@pytest.mark.parametrize("inputs", [(1, 2), (3, 4)])
def test_the_mean_square_threshold_is_where_the_radius_crosses_one(inputs):
    kernel = quadratic_kernel(*inputs)
    threshold, derivation = mean_square_threshold(kernel)
    assert all_passed(derivation.verify())
    for factor, below in ((Rational(999999, 1000000), True), (Rational(1000001, 1000000), False)):
        rate = Rational(str(sympy.N(threshold, 40))) * factor
        family = [np.array(member.evalf(30).tolist(), dtype=float) for member in sgd_family(kernel, rate).values()]
        radius = max(abs(np.linalg.eigvals(sum(np.kron(m, m) for m in family) / 2)))
        assert bool(radius < 1) is below


def test_the_mean_square_threshold_of_a_full_batch_is_that_of_gradient_descent():
    kernel = quadratic_kernel(1, 2)
    assert sympy.simplify(mean_square_threshold(kernel, 2)[0] - gradient_descent_threshold(kernel)[0]) == 0


def test_bad_input_of_the_mean_square_threshold():
    s = sympy.Symbol("s", positive=True)
    with pytest.raises(InputError, match="rational"):
        mean_square_threshold(sympy.Matrix([[s, 0], [0, s]]))
    with pytest.raises(InputError, match="positive definite"):
        mean_square_threshold([[1, 1], [1, 1]])


def slow_renewal(kernel, eta, singular, count):
    """The renewal sum by multiplying the matrices themselves at 60 digits."""
    with mpmath.workdps(60):

        def member(i):
            a = mpmath.eye(2)
            for j in range(2):
                a[i, j] -= mpmath.mpf(eta.p) / eta.q * kernel[i][j]
            return a

        other = 1 - singular
        vector = member(singular) * mpmath.matrix([[int(i == other)] for i in range(2)])
        total = mpmath.mpf(0)
        for n in range(count):
            total += mpmath.log(abs(vector[other])) / mpmath.mpf(2) ** (n + 2)
            vector = member(other) * vector
        return str(total)


@pytest.mark.parametrize(
    ("kernel", "rate"),
    [
        ([[2, 6], [6, 20]], "1/20"),
        ([[20, 6], [6, 2]], "1/20"),
        ([[1, 1], [1, 5]], "1/5"),
        ([[1, 1], [1, 5]], "1"),  # the other multiplier is -4: the terms grow linearly
        ([[5, 2], [2, 4]], "1/5"),
        ([[2, 1], [1, 4]], "1/2"),  # the other multiplier is -1: the terms alternate
    ],
)
def test_the_renewal_series_and_its_tail(kernel, rate):
    rate = Rational(rate)
    singular = next(i for i in range(2) if rate * kernel[i][i] == 1)
    slow = sympy.Float(slow_renewal(kernel, rate, singular, 180), 55)
    for terms in (30, 31, 60):
        found = renewal_series(kernel, rate, terms)
        lower, upper = (sympy.N(found.partial_sum + tail, 50) for tail in (found.tail_lower, found.tail_upper))
        assert lower - sympy.Float("1e-45", 50) <= slow <= upper + sympy.Float("1e-45", 50)
        assert upper - lower < 2.0**-terms
    assert all_passed(found.derivation.verify())


def test_the_published_renewal_value():
    found = renewal_series([[2, 6], [6, 20]], "1/20", 60)
    assert abs(sympy.N(found.partial_sum + found.tail_lower, 30) - sympy.Float("-0.004602033302672291816", 30)) < 1e-19


def test_a_vanishing_term_is_minus_infinity():
    # eta K_11 = 1, kappa = 9/10, m = -9: the term n = 1 is log 0.
    assert renewal_series([[2, 6], [6, 20]], "1/2").partial_sum == -sympy.oo
    assert renewal_series([[2, 0], [0, 2]], "1/2").partial_sum == -sympy.oo


@pytest.mark.parametrize(
    ("kernel", "rate", "message"),
    [
        ([[2, 6], [6, 20]], "1/25", "nothing renews"),
        ([[1]], 1, "2 x 2"),
        ([[1, 1], [1, 1]], 1, "positive definite"),
        ([[2, 6], [6, 20]], 0, "above 0"),
    ],
)
def test_bad_input_of_the_renewal_series(kernel, rate, message):
    with pytest.raises(InputError, match=message):
        renewal_series(kernel, rate)


def test_rank_one_families():
    assert rank_one_exponent([(1, 0), (1, 1)], [(1, 1), (2, 0)]) == (log(1) + log(2) + log(2) + log(2)) / 4
    assert rank_one_exponent([(1, 0), (0, 1)], [(1, 0), (0, 1)]) == -sympy.oo
    assert rank_one_exponent([(3,), (5,)], [(1,), (1,)], ("1/3", "2/3")) == log(3) / 3 + 2 * log(5) / 3
    with pytest.raises(InputError, match="one length"):
        rank_one_exponent([(1, 0)], [(1,)])
    with pytest.raises(InputError, match="sum 1"):
        rank_one_exponent([(1,)], [(1,)], ("1/2",))


def test_rank_one_agrees_with_a_long_product():
    columns, rows = [(1, 2), (3, -1)], [(1, 1), (2, 5)]
    words = list(itertools.product(range(2), repeat=2))
    mean = sum(log(abs(sum(x * y for x, y in zip(rows[i], columns[j], strict=True)))) for i, j in words) / 4
    assert sympy.simplify(rank_one_exponent(columns, rows) - mean) == 0


def test_product_features():
    found = product_features()
    assert all_passed(found.derivation.verify())
    eta, s = sympy.symbols("eta s", positive=True)
    assert found.sgd_condition.subs({s: 2, eta: Rational(1, 6)}) == sympy.true
    assert found.sgd_condition.subs({s: 2, eta: Rational(2, 3)}) == sympy.false
    assert found.gradient_descent_condition.subs({s: 2, eta: Rational(2, 3)}) == sympy.true
    assert found.gradient_descent_condition.subs({s: Rational(1, 2), eta: 3}) == sympy.false


@pytest.mark.parametrize(("eta", "sign"), [(0.5, -1), (0.6, -1), (0.75, 1), (1.5, 1)])
def test_the_sign_for_product_features_agrees_with_a_simulation(eta, sign):
    kernel = np.array([[3.0, 1.0], [1.0, 3.0]])  # s = 2
    generator = np.random.default_rng(7)
    v, total = np.array([1.0, 0.3]), 0.0
    for i in generator.integers(0, 2, 20000):
        v[i] -= eta * (kernel[i] @ v)
        size = np.abs(v).max()
        total, v = total + np.log(size), v / size
    assert np.sign(total) == sign


def test_moments_of_a_quarter_and_minus_two():
    found = quarter_and_two()
    assert all_passed(found.derivation.verify())
    assert scalar_exponent(("1/4", -2)) == -log(2) / 2 == found.exponent
    assert scalar_moment(("1/4", -2), 2) == log(Rational(65, 32)) == found.second_moment
    assert abs(sympy.N(scalar_moment(("1/4", -2), found.critical_power), 30)) < 1e-25
    assert scalar_exponent((0, 3)) == -sympy.oo
    assert scalar_exponent((0, 3), (0, 1)) == log(3)


@pytest.mark.parametrize(("arguments"), [((),), ((1, 2), (1, 1)), (("a",),)])
def test_bad_scalar_laws(arguments):
    with pytest.raises(InputError):
        scalar_exponent(*arguments)
    with pytest.raises(InputError, match="positive"):
        scalar_moment((1, 2), -1)


@pytest.mark.parametrize(
    "derive", [derive_rank_counterexample, derive_strict_minimum_counterexample, derive_kernel_counterexample]
)
def test_where_the_standing_assumptions_fail(derive):
    assert all_passed(derive().verify())


def test_the_strict_minimum_counterexample_numerically():
    def loss(a, b):
        q = a * a + b * b
        return (1 + q - q * q) ** 2 / 2

    angles = np.linspace(0, 6, 7)
    assert all(loss(1e-2 * np.cos(t), 1e-2 * np.sin(t)) > loss(0, 0) for t in angles)
    radius = ((1 + 5**0.5) / 2) ** 0.5
    assert all(loss(radius * np.cos(t), radius * np.sin(t)) < 1e-25 for t in angles)
