"""Exponents of random products against closed forms and published digits; bounds from one side."""

import math

import pytest
from flint import arb, arb_mat, fmpq, fmpq_mat

from recheck.compare import disjoint, encloses
from recheck.document import Bounds as Stated
from recheck.outcome import BadInput
from recheck.proof import half_line
from recheck.random_products import (
    Bounds,
    Family,
    bound_exponent,
    jensen,
    largest_ratio,
    logarithm,
    mean,
    mean_square_growth,
    read_family,
    word_bound,
    word_list,
)
from recheck.stochastic import Updates, bound_updates


def family(*matrices, probabilities=None) -> Family:
    exact = [fmpq_mat([[fmpq(x) for x in row] for row in m]) for m in matrices]
    weights = probabilities or [fmpq(1, len(matrices))] * len(matrices)
    return Family([arb_mat(m) for m in exact], [arb(p) for p in weights], exact)


def found(members: Family) -> Bounds:
    bounds = Bounds()
    bound_exponent(members, [], bounds)
    return bounds


def test_triangular_families():
    """The top exponent is the largest mean logarithm of a diagonal entry: log 3 / 2 and log 2 / 2 here."""
    members = family([[2, 1], [0, 1]], [[1, 3], [0, 3]])
    enclosure = found(members).enclosure
    assert abs(enclosure - arb(3).log() / 2) < 1e-30


def test_monomial_families_that_exchange_the_coordinates_have_one_exponent():
    """diag(2, 3) and [[0, 5], [7, 0]]: every entry is a walk that visits both coordinates equally often."""
    members = family([[2, 0], [0, 3]], [[0, 5], [7, 0]])
    assert abs(found(members).enclosure - arb(210).log() / 4) < 1e-30


def test_a_matrix_that_may_have_no_chance_exchanges_nothing():
    """Where it has none the exponent is log 3, far above half of log 6."""
    members = family([[2, 0], [0, 3]], [[0, 5], [7, 0]])
    doubtful = Family(members.matrices, [arb(0.999, 0.001), arb(0.001, 0.001)])
    assert found(doubtful).upper > 1.098


def test_diagonal_families_exchange_nothing():
    members = family([[2, 0], [0, 3]], [[5, 0], [0, 7]])
    assert abs(found(members).enclosure - arb(21).log() / 2) < 1e-30


def test_equally_likely_rationals_that_cancel_have_the_exponent_zero_exactly():
    assert found(family([[2, 0], [0, fmpq(1, 2)]], [[fmpq(1, 2), 0], [0, 2]])).enclosure.is_zero()


def test_one_matrix_has_the_logarithm_of_its_spectral_radius():
    enclosure = found(family([[1, 2], [3, 4]])).enclosure
    assert abs(enclosure - ((5 + arb(33).sqrt()) / 2).log()) < 1e-20


def test_scalars():
    assert abs(found(family([[2]], [[fmpq(1, 8)]])).enclosure + arb(2).log()) < 1e-30


def test_volumes_and_jensen_enclose_a_rotation_with_scale():
    """Multiples of rotations: the exponent is the mean logarithm of the scales, and both bounds are sharp for one."""
    bounds = found(family([[3, 4], [-4, 3]], [[5, 0], [0, 5]]))
    assert abs(bounds.enclosure - arb(5).log()) < 1e-20


def test_mean_square_growth_of_scalars_and_rotations():
    assert abs(mean_square_growth(family([[2]], [[1]])) - (arb(5) / 2).log()) < 1e-20
    assert abs(mean_square_growth(family([[0, -2], [2, 0]])) - arb(4).log()) < 1e-20


def test_ratio_of_forms():
    largest = largest_ratio(arb_mat([[2, 0], [0, 12]]), arb_mat([[1, 0], [0, 3]]))
    assert largest >= 4
    assert largest < 4 + 1e-9
    assert largest_ratio(arb_mat([[1, 0], [0, 1]]), arb_mat([[1, 1], [1, 1]])) is None


def test_words_must_be_complete_and_prefix_free():
    assert word_list({"words": [[0], [1, 0], [1, 1]]}, 2)
    for words in ([[0], [1, 0]], [[0], [0, 1], [1, 1]], [[0], [0], [1]], [[0], [1], [2]], [[], [0]], [[True], [0]]):
        assert not word_list({"words": words}, 2)


def test_word_bound_of_diagonal_matrices():
    members = family([[4, 0], [0, 1]], [[1, 0], [0, 1]])
    value = word_bound(members, [[0, 0], [0, 1], [1, 0], [1, 1]], arb_mat([[1, 0], [0, 1]]))
    assert abs(value - arb(2).log()) < 1e-8


def test_jensen_with_scales_is_sharp_for_scalars():
    members = family([[4]], [[1]])
    sharp = jensen(members, arb_mat([[1]]), [arb(16), arb(1)])
    assert abs(sharp - arb(4).log() / 2) < 1e-12
    assert jensen(members, arb_mat([[1]]), None) > sharp


def test_means_with_vanishing_and_uncertain_letters():
    half = [arb(0.5), arb(0.5)]
    assert mean(half, [arb("-inf"), arb(1)]).upper() == arb("-inf")
    uncertain = mean([arb(0, 0.1), arb(1, 0.1)], [arb("-inf"), arb(1)])
    assert uncertain.upper() >= 1
    assert not logarithm(arb(0, 1)).is_finite()
    assert logarithm(arb(0, 1)).upper() >= 0
    assert logarithm(arb(0)) == arb("-inf")


def test_bounds_from_one_side():
    below = half_line(None, arb(-1))
    assert encloses(Stated(-math.inf, -0.5), below)
    assert not encloses(Stated(-math.inf, -1.5), below)
    assert not encloses(Stated(-2.0, -0.5), below)
    assert disjoint(Stated(0.0, 1.0), below)
    above = half_line(arb(2), None)
    assert encloses(Stated(1.5, math.inf), above)
    assert not disjoint(Stated(1.0, 3.0), above)


def test_updates_of_one_example_and_of_orthogonal_ones():
    """K diagonal: every coordinate is multiplied by 1 - eta K_ii when its example is drawn."""
    gram, rate = arb_mat([[1, 0], [0, 3]]), arb(0.5)
    bounds = Bounds()
    bound_updates(Updates(gram, rate, 1, 1), [], bounds)
    # both factors are 1/2 and -1/2, drawn half of the time
    assert abs(bounds.enclosure + arb(2).log() / 2) < 1e-20


def test_full_batches_are_gradient_descent():
    bounds = Bounds()
    bound_updates(Updates(arb_mat([[2, 1], [1, 2]]), arb(1), 2, 1), [], bounds)
    # eigenvalues 1 and 3 of K: |1 - 1/2| and |1 - 3/2|
    assert abs(bounds.enclosure + arb(2).log()) < 1e-20


@pytest.mark.parametrize("batch", [1, 2])
def test_the_mean_of_the_updates_forms(batch):
    """E A_S X A_S^T by the formula and by the list of batches."""
    gram = arb_mat(fmpq_mat([[3, 1, 1], [1, 2, 0], [1, 0, 4]]))
    form = arb_mat([[2, 1, 0], [1, 3, 1], [0, 1, 2]])
    updates = Updates(gram, arb(0.25), batch, 1)
    listed = updates.listed(batch)
    total = arb_mat(3, 3)
    for p, a in zip(listed.probabilities, listed.matrices, strict=True):
        total = total + a * form * a.transpose() * p
    formula = form - updates.drift(form, None) * updates.step + updates.noise(form, None) * updates.step**2
    assert all(abs(x - y) < 1e-30 for x, y in zip(total.entries(), formula.entries(), strict=True))


@pytest.mark.parametrize(
    "problem",
    [
        {"matrices": [[["1"]]], "probabilities": ["1/2"]},
        {"matrices": [[["1"]], [["2"]]], "probabilities": ["3/2", "-1/2"]},
        {"matrices": [[["1", "2"]]], "probabilities": ["1"]},
        {"matrices": [[["1e5"]]], "probabilities": ["1"]},
        {"matrices": [[["1/0"]]], "probabilities": ["1"]},
        {"midpoints": [[[1.0]]], "radii": [[[-1.0]]], "probabilities": ["1"]},
        {"midpoints": [[[1.0]]], "radii": [[[math.inf]]], "probabilities": ["1"]},
        {"midpoints": [[[1.0]]], "radii": [[[0.0]]], "probability_midpoints": [0.5], "probability_radii": [0.1]},
        {},
    ],
)
def test_defective_families_are_bad_input(problem):
    with pytest.raises(BadInput):
        read_family(problem)
