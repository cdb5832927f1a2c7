"""Families, networks, learning rates and balls: the promised answers by independent exact or sampled computations."""

import math
from fractions import Fraction

import jax
import numpy as np
import pytest
import sympy
from flint import fmpz_mat
from hypothesis import HealthCheck, find, given, settings

import stabproof as sp
from search.lyapunov.driver import lyapunov_exponent
from stabproof.testing import assert_certified_stable, assert_encloses, assert_unstable, strategies

EXAMPLES = settings(deadline=None, max_examples=12)
FEW = settings(deadline=None, max_examples=3, suppress_health_check=[HealthCheck.too_slow])


def sampled_exponent(known, steps=4000, seed=0):
    """The mean logarithmic growth of a random product; its standard error."""
    rng = np.random.default_rng(seed)
    letters = rng.choice(len(known.matrices), size=steps, p=[float(p) for p in known.probabilities])
    vector, growth = rng.normal(size=known.matrices.shape[1]), []
    for letter in letters:
        vector = known.matrices[letter] @ vector
        size = np.linalg.norm(vector)
        growth.append(math.log(size))
        vector = vector / size
    # blocks of 50 steps are nearly independent
    means = np.array(growth[steps % 50 :]).reshape(-1, 50).mean(axis=1)
    return means.mean(), means.std() / math.sqrt(len(means))


@pytest.mark.parametrize(
    "family",
    [
        strategies.commuting_families(),
        strategies.triangular_families(),
        strategies.rank_one_families(),
        strategies.lifted_families(),
    ],
    ids=["commuting", "triangular", "rank one", "lifted"],
)
def test_the_known_exponent_is_what_random_products_show(family):
    @settings(deadline=None, max_examples=5)
    @given(family)
    def check(known):
        assert sum(known.probabilities) == 1
        mean, error = sampled_exponent(known)
        assert abs(mean - float(known.exponent)) <= 6 * error + 0.02

    check()


@EXAMPLES
@given(strategies.matrix_families())
def test_the_proved_exponent_contains_the_exact_one(known):
    found = lyapunov_exponent(known.matrices, known.probabilities, budget=0.05)
    assert_encloses(found.enclosure, known.exponent)


def test_the_largest_mean_is_chosen_exactly():
    """diag(2, 3) and diag(3, 2) with weights 1, 2: the second column has 3 * 2^2 < 2 * 3^2 of the first."""
    from stabproof.testing.strategies.families import _largest_mean

    assert _largest_mean([[2, 3], [3, 2]], [1, 2]) == 0
    assert _largest_mean([[2, 3], [3, 2]], [2, 1]) == 1


@pytest.mark.parametrize("build", ["commuting_families", "triangular_families", "rank_one_families"])
def test_the_simplest_family_is_the_number_one(build):
    simplest = find(getattr(strategies, build)(), lambda known: True)
    assert simplest.matrices.tolist() == [[[1.0]]]
    assert simplest.exponent == 0
    assert simplest.probabilities == (1,)


LIFTS = ["Kronecker", "two-cyclic", "direct sum", "power of two"]


@pytest.mark.parametrize("lift", LIFTS)
def test_every_lift_changes_the_exponent_as_stated(lift):
    """On exponents so far from zero that a wrong factor shows in a sample."""

    @settings(deadline=None, max_examples=4, suppress_health_check=list(HealthCheck), derandomize=True)
    @given(strategies.lifted_families().filter(lambda known: lift in known.construction and abs(known.exponent) > 0.3))
    def check(known):
        mean, error = sampled_exponent(known)
        assert abs(mean - float(known.exponent)) <= 6 * error + 0.02

    check()


def reference_gram(problem):
    with jax.enable_x64(True):
        outputs = jax.vmap(problem.predict_flat, in_axes=(None, 0))
        rows = jax.jacfwd(outputs)(problem.flat_params, problem.inputs).reshape(-1, problem.dimension)
        return np.asarray(rows @ rows.T)


@FEW
@given(strategies.polynomial_problems())
def test_polynomial_networks_interpolate_exactly(known):
    assert not known.problem.residual().any()
    assert np.array_equal(reference_gram(known.problem), known.gram)


@FEW
@given(strategies.linear_problems())
def test_linear_networks_interpolate_exactly(known):
    assert not known.problem.residual().any()
    assert np.array_equal(reference_gram(known.problem), known.gram)
    assert fmpz_mat([[int(x) for x in row] for row in known.gram]).det() > 0


@FEW
@given(strategies.tanh_problems())
def test_tanh_networks_interpolate_to_rounding(known):
    assert np.abs(known.problem.residual()).max() <= 1e-14
    assert known.sharpness is None
    assert known.critical_learning_rate is None
    certificate = sp.certify_minimum(known.problem, sp.GradientDescent(1e-3))
    assert certificate.existence_radius < 1e-9


@FEW
@given(strategies.polynomial_problems(max_examples=2))
def test_the_exact_sharpness_is_enclosed(known):
    certificate = sp.certify_minimum(known.problem, sp.GradientDescent(1e-3))
    assert_encloses(certificate.sharpness, known.sharpness, width=1e-9 * float(known.sharpness))
    assert_encloses(certificate.critical_learning_rate, known.critical_learning_rate)


def test_the_sharpness_of_a_gram_matrix_by_hand():
    """K = [[2, 1], [1, 2]] has the eigenvalues 1 and 3, so that L has sharpness 3/2 with two examples."""

    class Problem:
        number_of_examples = 2

    known = strategies.KnownMinimum(Problem(), np.array([[2.0, 1.0], [1.0, 2.0]]), "by hand")
    assert known.sharpness == Fraction(3, 2)
    assert known.critical_learning_rate == Fraction(4, 3)
    irrational = strategies.KnownMinimum(Problem(), np.array([[2.0, 1.0], [1.0, 1.0]]), "by hand")
    assert sympy.simplify(irrational.sharpness - (3 + sympy.sqrt(5)) / 4) == 0


def test_learning_rates_decide_stability_at_an_exact_threshold():
    simplest = find(strategies.polynomial_problems(), lambda known: True)

    @FEW
    @given(strategies.learning_rates(simplest.critical_learning_rate))
    def check(rate):
        assertion = assert_certified_stable if rate.is_below else assert_unstable
        assertion(simplest.problem, sp.GradientDescent(rate.value))

    check()


@EXAMPLES
@given(strategies.learning_rates(sp.Enclosure(0.5, 0.5000001), closest=2.0**-10))
def test_learning_rates_avoid_the_enclosure(rate):
    assert rate.value < 0.5 if rate.is_below else rate.value > 0.5000001
    assert abs(rate.value / 0.5 - 1) >= 2.0**-10


@EXAMPLES
@given(strategies.learning_rates(sympy.sqrt(2)))
def test_learning_rates_around_an_irrational_threshold(rate):
    assert (Fraction(rate.value) ** 2 < 2) == rate.is_below


def test_the_closest_learning_rate_is_reached():
    found = find(strategies.learning_rates(1, closest=2.0**-20), lambda rate: abs(rate.value - 1) < 2.0**-19)
    assert found.value == 1 - 2.0**-20
    assert find(strategies.learning_rates(1), lambda rate: True).value == 0.5


@EXAMPLES
@given(strategies.enclosures(-3.0, 5.0))
def test_enclosures_contain_their_value(known):
    assert -3 <= known.enclosure.lower <= known.value <= known.enclosure.upper <= 5
    assert known.enclosure.contains(known.value)


def test_enclosures_can_be_points_and_half_lines():
    find(strategies.enclosures(), lambda known: known.enclosure.lower == known.enclosure.upper != 0)
    found = find(strategies.enclosures(allow_infinite=True), lambda known: known.enclosure.upper == math.inf)
    assert found.enclosure.contains(found.value)


@EXAMPLES
@given(strategies.balls((2, 2)))
def test_balls_contain_their_values(known):
    assert known.values.shape == known.ball.shape == (2, 2)
    for index, value in np.ndenumerate(known.values):
        assert abs(value - Fraction(float(known.ball.mid[index]))) <= Fraction(float(known.ball.rad[index]))


@EXAMPLES
@given(strategies.balls((3,)), strategies.balls((3,)))
def test_balls_serve_a_containment_property(x, y):
    assert_encloses(x.ball * y.ball + x.ball, x.values * y.values + x.values)


@pytest.mark.parametrize(
    ("build", "words"),
    [
        (lambda: strategies.learning_rates(0), "positive"),
        (lambda: strategies.learning_rates(sp.Enclosure(-1.0, 1.0)), "positive"),
        (lambda: strategies.learning_rates(1, closest=0.75), "closest"),
        (lambda: strategies.learning_rates(float("nan")), "NaN"),
        (lambda: strategies.enclosures(2.0, 1.0).example(), "min_value"),
        (lambda: strategies.balls((), max_radius=-1.0).example(), "max_radius"),
        (lambda: strategies.commuting_families(0).example(), "max_size"),
        (lambda: strategies.polynomial_problems(max_examples=0).example(), "max_examples"),
    ],
)
@pytest.mark.filterwarnings("ignore::hypothesis.errors.NonInteractiveExampleWarning")
def test_bad_arguments_are_refused(build, words):
    with pytest.raises(sp.InputError, match=words):
        build()
