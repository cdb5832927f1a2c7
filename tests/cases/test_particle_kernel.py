"""The kernel of the network's motion: ranks on both sides, the identity at finite n, the erratum, a planted error."""

from fractions import Fraction

import flint
import numpy as np
import pytest
import sympy

from cases.particle_kernel import case as particle_kernel
from cases.particle_kernel import proofs as feature_rank
from cases.particle_kernel.units import UNITS, seeded_points
from certify.verdict import Verdict
from foundation import InputError
from stabproof import comparison
from symbolic import Outcome, all_passed

_RANK, _BEYOND = "rank of M on the points", "M is positive definite on one point more"


@pytest.mark.parametrize(
    ("parameters", "rank"),
    [
        ({}, 12),
        ({"unit": "cauchy", "dimension": 3, "particles": 3, "points": 15}, 12),
        ({"unit": "sigmoid", "points": 20}, 16),
        ({"unit": "tangent", "dimension": 3, "points": 14}, 12),
        ({"particles": 12, "dimension": 1, "points": 30}, 24),
        ({"unit": "cauchy", "dimension": 3, "particles": 5, "charges": "1,0,0,2,1", "points": 16}, 14),
        ({"positions": "0,0;1,1;0,0", "charges": "1,2,3", "points": 8}, 6),
        ({"unit": "sigmoid", "dimension": 1, "positions": "1,1/2;-1,-1/2;0,1", "charges": "1,2,3"}, 5),
        ({"points": 3}, 3),
    ],
)
def test_the_views_agree_and_the_rank_is_proved(parameters, rank):
    """Ranks counted by hand: places times 1 + N, less N without charge; mirrored sigmoids share h', x h'."""
    found = comparison.crosscheck("particle-kernel", **parameters)
    assert found.agrees, str(found)
    assert {result.outcome for checked in found.derivations for result in checked.results} == {Outcome.PASSED}
    row = next(row for row in found.rows if row.quantity == _RANK)
    assert (row.certified.lower, row.certified.upper) == (rank, rank)


def test_rational_gram_matrices_have_the_exact_rank():
    """The exact rank of A^T A by SymPy, and definiteness of blocks by its minors."""
    particles = feature_rank.Particles(
        UNITS["cauchy"],
        Fraction(1),
        (Fraction(1), Fraction(-2)),
        seeded_points(2, 1, 5, on_sphere=False),
        seeded_points(6, 1, 3, on_sphere=False),
    )
    rows = sympy.Matrix(
        [[sympy.Rational(t.numerator, t.denominator) for t in row] for row in particles.rational_rows()]
    )
    gram = rows.T * rows
    assert gram.rank() == feature_rank.rank_bounds(particles)[0] == 4
    assert gram[:4, :4].is_positive_definite
    assert feature_rank.definite(particles, [0, 1, 2, 3]) is Verdict.PROVED
    assert feature_rank.definite(particles, [0, 1, 2, 3, 4]) is Verdict.REFUTED


@pytest.mark.parametrize("name", UNITS)
def test_gradients_are_derivatives(name):
    unit = UNITS[name]
    x = [float(t) for t in seeded_points(1, 3, 1, on_sphere=unit.on_sphere)[0]]
    y = np.array([float(t) for t in seeded_points(1, 3 + unit.extra, 2, on_sphere=unit.on_sphere)[0]])
    slopes = unit.value(x, list(y), 0.75, np.exp)[1]
    for direction in np.eye(len(y)):
        along = direction - (direction @ y) * y if unit.on_sphere else direction
        ahead, behind = (unit.value(x, list(y + t * along), 0.75, np.exp)[0] for t in (1e-6, -1e-6))
        assert np.dot(slopes, along) == pytest.approx((ahead - behind) / 2e-6, rel=1e-7, abs=1e-9)


def test_the_erratum_is_proved():
    assert all_passed(particle_kernel.CASE.errata[0].proof({}).verify())


@pytest.mark.parametrize(
    "parameters",
    [
        {"unit": "relu"},
        {"unit": "tangent", "dimension": 1},
        {"unit": "tangent", "positions": "1,1"},
        {"charges": "1"},
        {"positions": "1"},
        {"points": 0},
        {"rate": "inf"},
        {"seed": -1},
        {"kernel": 1},
    ],
)
def test_bad_input_is_refused(parameters):
    with pytest.raises(InputError):
        comparison.crosscheck("particle-kernel", **parameters)


def test_a_planted_error_is_seen(monkeypatch):
    """A gradient with the wrong sign breaks the identity of both sides of (2.37)."""
    wrong = UNITS["cauchy"].value
    planted = feature_rank.Unit("wrong", 0, 0, lambda *a: (wrong(*a)[0], [t / 2 for t in wrong(*a)[1]]), rational=True)
    monkeypatch.setitem(UNITS, "cauchy", planted)
    assert not comparison.crosscheck("particle-kernel", unit="cauchy").agrees


@pytest.mark.parametrize(("matrix", "positive"), [([[2, 1], [1, 2]], True), ([[1, 2], [2, 1]], False), ([[0]], False)])
def test_pivots_of_both_signs(matrix, positive):
    entries = np.array([[flint.arb(entry) for entry in row] for row in matrix], dtype=object)
    assert feature_rank._pivots_are_positive(entries) is positive
