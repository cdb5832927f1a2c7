"""Closed forms of the exponent."""

import math
from fractions import Fraction

import flint
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.families.arb_family import lower_float, upper_float
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.structure import exact
from foundation import CertificateError
from search.lyapunov.structure import exact as exact_search

F = Fraction

_entries = st.fractions(min_value=-3, max_value=3, max_denominator=7)


def _proved(family: Family) -> Enclosure:
    assert exact.admits(family) is None
    return exact.prove(family, exact_search.propose(family, 0, math.inf))


def test_one_matrix_has_its_spectral_radius() -> None:
    found = _proved(matrix_family([[[1, 1], [1, 0]]]))
    assert found.contains(math.log((1 + math.sqrt(5)) / 2)) or found.width < 1e-15
    assert found.width < 1e-15
    assert found.lower <= 0.48121182505960347 <= found.upper


def test_rotation_and_nilpotent_matrices() -> None:
    assert _proved(matrix_family([[[0, -2], [2, 0]]])).contains(math.log(2))
    assert _proved(matrix_family([[[0, 1], [0, 0]]])) == Enclosure(-math.inf, -math.inf)


def test_a_ball_around_one_matrix_contains_the_exponents_of_its_points() -> None:
    found = _proved(matrix_family(Ball(np.array([[[1.0, 1.0], [1.0, 0.0]]]), np.full((1, 2, 2), 1e-6))))
    for change in (-1e-6, 0.0, 1e-6):
        radius = np.abs(np.linalg.eigvals(np.array([[1.0 + change, 1.0], [1.0 - change, change]]))).max()
        assert found.lower <= math.log(radius) <= found.upper
    assert 0 < found.width < 1e-5


@settings(deadline=None, max_examples=30)
@given(st.lists(st.tuples(_entries, _entries, _entries), min_size=2, max_size=3))
def test_triangular_families_have_the_greatest_diagonal_average(entries: list[tuple[Fraction, ...]]) -> None:
    family = matrix_family([[[a, b], [0, c]] for a, b, c in entries])
    averages = []
    for position in (0, 2):
        values = [abs(e[position]) for e in entries]
        averages.append(-math.inf if 0 in values else sum(math.log(v) for v in values) / len(values))
    with_structure = exact.prove(family, {"structure": "triangular", "precision": 128})
    best = max(averages)
    if math.isinf(best):
        assert with_structure == Enclosure(-math.inf, -math.inf)
    else:
        assert with_structure.lower <= best + 1e-13
        assert with_structure.upper >= best - 1e-13
        assert with_structure.width < 1e-14 * max(1, abs(best))


def test_a_permuted_triangular_family_is_recognised() -> None:
    family = matrix_family([[[2, 0, 5], [7, 3, 1], [0, 0, 4]], [[1, 0, 1], [1, 1, 1], [0, 0, 1]]])
    assert exact_search.propose(family, 0, math.inf)["structure"] == "triangular"
    assert _proved(family).contains(math.log(4) / 2) or abs(_proved(family).midpoint - math.log(4) / 2) < 1e-15


def test_the_diagonal_entry_that_vanishes_in_one_matrix_counts_as_minus_infinity() -> None:
    assert _proved(matrix_family([[[2, 0], [0, 0]], [[0, 0], [0, Fraction(1, 9)]]])) == Enclosure(-math.inf, -math.inf)


def test_rank_one_families() -> None:
    # A = (1,2)(1,2)^T, B = (1,2)(3,1)^T: every inner product is 5: lambda = log 5
    assert _proved(matrix_family([[[1, 2], [2, 4]], [[3, 1], [6, 2]]])).contains(math.log(5))
    # b . a = 0 for one pair: the product dies almost surely
    assert _proved(matrix_family([[[1, -1], [1, -1]], [[3, 1], [6, 2]]])) == Enclosure(-math.inf, -math.inf)


def test_commuting_families_use_common_eigenvectors() -> None:
    # A and A^2 for the Fibonacci matrix squared
    golden = math.log((1 + math.sqrt(5)) / 2)
    found = _proved(matrix_family([[[2, 1], [1, 1]], [[5, 3], [3, 2]]], [Fraction(1, 4), Fraction(3, 4)]))
    assert abs(found.midpoint - (0.25 * 2 + 0.75 * 4) * golden) < 1e-14
    assert found.width < 1e-14


def test_families_without_structure_are_refused_with_a_reason() -> None:
    family = matrix_family([[[0, 1], [1, 1]], [[0, 1], [1, -1]]])
    assert "triangular" in str(exact.admits(family))
    for structure in ("one matrix", "triangular", "of rank one", "commuting", "none", ""):
        with pytest.raises(CertificateError):
            exact.prove(family, {"structure": structure, "precision": 128})


def test_a_ball_that_is_only_nearly_triangular_is_not_triangular() -> None:
    mid = np.array([[[2.0, 1.0], [0.0, 1.0]], [[1.0, 1.0], [0.0, 3.0]]])
    rad = np.zeros((2, 2, 2))
    rad[0, 1, 0] = 1e-300
    with pytest.raises(CertificateError):
        exact.prove(matrix_family(Ball(mid, rad)), {"structure": "triangular", "precision": 128})


def test_floats_outside_arb_balls() -> None:
    with flint.ctx.workprec(200):
        for numerator in range(1, 60):
            value = flint.arb(numerator) / 7
            assert bool(flint.arb(upper_float(value)) >= value.upper())
            assert bool(flint.arb(lower_float(value)) <= value.lower())
            assert upper_float(value) - lower_float(value) <= 4e-16 * numerator
        assert upper_float(flint.arb(3)) == lower_float(flint.arb(3)) == 3.0


def test_monomial_matrices_walk_uniformly_over_the_coordinates() -> None:
    swap = [[0, 3], [F(1, 2), 0]]
    # one walk over both coordinates: the mean over the columns and the letters
    found = _proved(matrix_family([swap, [[2, 0], [0, F(1, 5)]]], [F(1, 4), F(3, 4)]))
    expected = (0.25 * (math.log(0.5) + math.log(3)) + 0.75 * (math.log(2) + math.log(0.2))) / 2
    assert found.lower - 1e-15 <= expected <= found.upper + 1e-15
    assert found.width < 1e-14


def test_monomial_matrices_with_separate_walks_take_the_greatest() -> None:
    first, second = np.zeros((2, 3, 3))
    first[0, 1], first[1, 0], first[2, 2] = 2.0, 4.0, 5.0
    second[0, 0], second[1, 1], second[2, 2] = 0.5, 0.25, 0.5
    found = _proved(matrix_family([first, second]))
    expected = max((math.log(8) / 2 + math.log(1 / 8) / 2) / 2, (math.log(5) + math.log(0.5)) / 2)
    assert found.lower - 1e-15 <= expected <= found.upper + 1e-15
    second[2, 2] = 0.0
    found = _proved(matrix_family([first, second]))
    assert found.lower - 1e-15 <= 0.0 <= found.upper + 1e-15
    first[0, 1] = 0.0
    assert _proved(matrix_family([first, second])) == Enclosure(-math.inf, -math.inf)


def test_a_swap_that_may_be_impossible_is_no_walk() -> None:
    # with probability 0 of the swap the exponent is log 4, not the mean over both coordinates
    probabilities = Ball(np.array([0.001, 0.999]), np.array([0.001, 0.001]))
    family = matrix_family([[[0.0, 1.0], [1.0, 0.0]], [[4.0, 0.0], [0.0, 1.0]]], probabilities)
    assert exact.admits(family) is not None


def test_two_entries_in_a_row_are_no_walk() -> None:
    assert exact.admits(matrix_family([[[1, 1], [0, 0]], [[0, 1], [2, 0]]])) is not None
