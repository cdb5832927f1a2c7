"""Families with matrices of rank one: renewal series."""

import math
from collections.abc import Callable
from fractions import Fraction

import flint
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.directions import cone
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.structure import nonvanishing, renewal
from foundation import CertificateError
from search.lyapunov.directions import cone as cone_search
from search.lyapunov.structure import renewal as renewal_search


def _proved(family: Family) -> Enclosure:
    assert renewal.admits(family) is None
    return renewal.prove(family, renewal_search.propose(family, 0, math.inf))


def test_the_singular_quadratic_model_against_its_series_by_hand(known: Callable[[str], tuple[Family, float]]) -> None:
    # A_2 = (1, -3/10) (1, 0)^T, and the first coordinate obeys x <- (9 x + 9/10)/10 under A_1, from x = 1
    with mpmath.workdps(40):
        terms = (
            mpmath.mpf(2) ** -(m + 2) * mpmath.log(mpmath.mpf(9) / 10 + mpmath.mpf(9) ** m / 10 ** (m + 1))
            for m in range(130)
        )
        value = Fraction(mpmath.nstr(mpmath.fsum(terms), 30))
    found = _proved(known("singular")[0])
    assert found.contains(value)
    assert found.contains(Fraction("-0.004602033302672291816"))
    assert found.width < 1e-17


def test_it_agrees_with_the_cone(known: Callable[[str], tuple[Family, float]]) -> None:
    family = known("singular")[0]
    other = cone.prove(family, cone_search.propose(family, 1, math.inf))
    assert other.intersect(_proved(family)).width < 1e-16


def test_a_vanishing_word_gives_minus_infinity() -> None:
    # the projections on the axes annihilate each other
    family = matrix_family([[[1, 0], [0, 0]], [[0, 0], [0, 1]], [[2, 1], [1, 1]]])
    assert _proved(family) == Enclosure(-math.inf, -math.inf)
    # A rotates by a right angle: b . A a = 0
    assert _proved(matrix_family([[[1, 0], [0, 0]], [[0, -1], [1, 0]]])) == Enclosure(-math.inf, -math.inf)


def test_two_regular_matrices_get_a_sound_upper_bound_that_improves() -> None:
    family = matrix_family([[[1, 1], [1, 1]], [[2, 1], [1, 1]], [[1, 1], [1, 2]]])
    truth = cone.prove(family, cone_search.propose(family, 2, math.inf))
    bounds = [renewal.prove(family, {"length": n, "precision": 128}) for n in (1, 4, 10)]
    assert all(b.lower == -math.inf and b.upper >= truth.lower for b in bounds)
    assert bounds[0].upper > bounds[1].upper > bounds[2].upper
    assert bounds[2].upper < truth.upper + 0.1


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5))
def test_positive_families_agree_with_the_cone(a: int, b: int, c: int, p: int, q: int) -> None:
    family = matrix_family([[[p, q], [p, q]], [[a, b], [c, 1]]], [Fraction(1, 3), Fraction(2, 3)])
    first, second = _proved(family), cone.prove(family, cone_search.propose(family, 2, math.inf))
    assert first.intersect(second).width < 1e-9
    assert first.width < 1e-12


def test_cutting_the_series_early_widens_the_enclosure(known: Callable[[str], tuple[Family, float]]) -> None:
    family = known("singular")[0]
    early, late = (renewal.prove(family, {"length": n, "precision": 128}) for n in (3, 60))
    assert early.encloses(late)
    assert early.width > 100 * late.width


def test_shortest_recurrences() -> None:
    def recurrence(*terms: int) -> list[int]:
        return [int(c) for c in renewal.shortest_recurrence([flint.fmpq(t) for t in terms]).coeffs()]

    assert recurrence(1, 1, 2, 3, 5, 8) == [-1, -1, 1]
    assert recurrence(1, 2, 4, 8) == [-2, 1]
    assert recurrence(3, 1, 3, 1, 3, 1) == [-1, 0, 1]
    assert recurrence(0, 0, 0, 0) == [1]


def test_it_refuses_balls_and_regular_families(known: Callable[[str], tuple[Family, float]]) -> None:
    assert "rank one" in str(renewal.admits(known("cone")[0]))
    ball = matrix_family(Ball(np.array([[[1.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 1.0]]]), np.full((2, 2, 2), 1e-9)))
    with pytest.raises(CertificateError):
        renewal.prove(ball, {"length": 5, "precision": 128})
    for witness in ({}, {"length": 0, "precision": 128}, {"length": 2.5, "precision": 128}, {"length": 3}):
        with pytest.raises(CertificateError):
            renewal.prove(known("singular")[0], witness)


def test_a_rotation_between_projections_against_its_series_by_hand() -> None:
    # (1, 1) R^m (1, 0)^T = cos(m t) + sin(m t) for the rotation by t with cos t = 3/5: no root dominates
    turn = [[Fraction(3, 5), Fraction(-4, 5)], [Fraction(4, 5), Fraction(3, 5)]]
    with mpmath.workdps(40):
        angle = mpmath.atan2(4, 3)
        terms = (
            mpmath.mpf(2) ** -(m + 2) * mpmath.log(abs(mpmath.cos(m * angle) + mpmath.sin(m * angle)))
            for m in range(140)
        )
        value = Fraction(mpmath.nstr(mpmath.fsum(terms), 30))
    found = _proved(matrix_family([[[1, 1], [0, 0]], turn]))
    assert found.contains(value)
    assert found.width < 1e-17


def test_roots_of_equal_modulus_and_whole_numbers() -> None:
    # (1, 1) R^m (1, 0)^T = +-1 for the quarter turn
    found = _proved(matrix_family([[[1, 1], [0, 0]], [[0, 1], [-1, 0]]]))
    assert found.contains(0.0)
    assert found.width < 1e-20


def test_two_regular_letters_get_a_lower_bound_by_residues() -> None:
    # modulo 2 both letters fix the only odd functional, so that no word vanishes; each term is at least log 1
    family = matrix_family([[[1, 2], [1, 2]], [[1, 2], [4, 3]], [[3, -2], [0, 1]]])
    found = _proved(family)
    assert np.isfinite(found.lower)
    shorter = renewal.prove(family, {"length": 8, "precision": 128})
    assert shorter.lower < found.lower < found.upper < shorter.upper


def test_words_that_vanish_are_not_excluded() -> None:
    quarter = flint.fmpq_mat([[0, -1], [1, 0]])
    one, zero = flint.fmpq(1), flint.fmpq(0)
    assert not nonvanishing.never_vanishes([quarter], [one, zero], [one, zero])
    assert nonvanishing.never_vanishes([quarter], [one, zero], [one, one])
    # 2^m vanishes modulo 2, but not modulo 3; 6 (1/6)^m is a whole number only after scaling
    assert nonvanishing.never_vanishes([flint.fmpq_mat([[2]])], [one], [one])
    assert nonvanishing.never_vanishes([flint.fmpq_mat([[flint.fmpq(1, 6)]])], [one], [flint.fmpq(6)])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.integers(-4, 4), min_size=12, max_size=12))
def test_no_word_vanishes_that_is_said_not_to(entries: list[int]) -> None:
    letters = [flint.fmpq_mat(2, 2, entries[:4]), flint.fmpq_mat(2, 2, entries[4:8])]
    start, functional = ([flint.fmpq(x) for x in part] for part in (entries[8:10], entries[10:]))
    if nonvanishing.never_vanishes(letters, start, functional):
        vectors = [flint.fmpq_mat(2, 1, start)]
        for _ in range(5):
            assert all((flint.fmpq_mat(1, 2, functional) * v)[0, 0] != 0 for v in vectors)
            vectors = [a * v for a in letters for v in vectors]


def test_terms_as_small_as_their_denominators_allow() -> None:
    # (1, 1) R^m (1, 2)^T = 6^-m (1 + 2 (-1)^m) for R = diag(1, -1)/6: no root dominates
    family = matrix_family([[[1, 1], [2, 2]], [[Fraction(1, 6), 0], [0, Fraction(-1, 6)]]])
    cut = renewal.prove(family, {"length": 1, "precision": 128})
    # sum over m of 2^-(m + 2) (m log(1/6) + log(2 + (-1)^m))
    exponent = -math.log(6) / 2 + math.log(3) / 3
    assert np.isfinite(cut.lower)
    assert cut.lower <= exponent <= cut.upper
    found = _proved(family)
    assert found.lower - 1e-15 <= exponent <= found.upper + 1e-15
    assert found.width < 1e-15
