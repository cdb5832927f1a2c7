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
from certify.lyapunov import cone, renewal
from certify.lyapunov.family import Family, family
from foundation import CertificateError


def _proved(members: Family) -> Enclosure:
    assert renewal.applies(members) is None
    return renewal.prove(members, renewal.propose(members, 0, math.inf))


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
    members = known("singular")[0]
    other = cone.prove(members, cone.propose(members, 1, math.inf))
    assert other.intersect(_proved(members)).width < 1e-16


def test_a_vanishing_word_gives_minus_infinity() -> None:
    # the projections on the axes annihilate each other
    members = family([[[1, 0], [0, 0]], [[0, 0], [0, 1]], [[2, 1], [1, 1]]])
    assert _proved(members) == Enclosure(-math.inf, -math.inf)
    # A rotates by a right angle: b . A a = 0
    assert _proved(family([[[1, 0], [0, 0]], [[0, -1], [1, 0]]])) == Enclosure(-math.inf, -math.inf)


def test_two_regular_matrices_get_a_sound_upper_bound_that_improves() -> None:
    members = family([[[1, 1], [1, 1]], [[2, 1], [1, 1]], [[1, 1], [1, 2]]])
    truth = cone.prove(members, cone.propose(members, 2, math.inf))
    bounds = [renewal.prove(members, {"length": n, "precision": 128}) for n in (1, 4, 10)]
    assert all(b.lower == -math.inf and b.upper >= truth.lower for b in bounds)
    assert bounds[0].upper > bounds[1].upper > bounds[2].upper
    assert bounds[2].upper < truth.upper + 0.1


@settings(deadline=None, max_examples=20)
@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 9), st.integers(1, 5), st.integers(1, 5))
def test_positive_families_agree_with_the_cone(a: int, b: int, c: int, p: int, q: int) -> None:
    members = family([[[p, q], [p, q]], [[a, b], [c, 1]]], [Fraction(1, 3), Fraction(2, 3)])
    first, second = _proved(members), cone.prove(members, cone.propose(members, 2, math.inf))
    assert first.intersect(second).width < 1e-9
    assert first.width < 1e-12


def test_cutting_the_series_early_widens_the_enclosure(known: Callable[[str], tuple[Family, float]]) -> None:
    members = known("singular")[0]
    early, late = (renewal.prove(members, {"length": n, "precision": 128}) for n in (3, 60))
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
    assert "rank one" in str(renewal.applies(known("cone")[0]))
    ball = family(Ball(np.array([[[1.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [0.0, 1.0]]]), np.full((2, 2, 2), 1e-9)))
    with pytest.raises(CertificateError):
        renewal.prove(ball, {"length": 5, "precision": 128})
    for witness in ({}, {"length": 0, "precision": 128}, {"length": 2.5, "precision": 128}, {"length": 3}):
        with pytest.raises(CertificateError):
            renewal.prove(known("singular")[0], witness)
