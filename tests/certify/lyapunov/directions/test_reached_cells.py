"""Bounds over the cells that a leaf reaches: singular members up to rounding, closed sets, damaged starts."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from certify.lyapunov.directions import half_sphere_cells as half_sphere
from certify.lyapunov.directions.face_bounds import CellBounds
from certify.lyapunov.directions.face_functions import reached, restricted
from certify.lyapunov.families.family import Family, matrix_family
from foundation import CertificateError
from search.lyapunov.directions import half_sphere_cells as half_sphere_search

Known = Callable[[str], tuple[Family, float]]
ROOT = math.sqrt(2.0)


def turned_squares(family: Family, turn: int) -> Family:
    """Sym^2 in an orthonormal basis, turned at random, with all the rounding errors."""
    rows = []
    for (a, b), (c, d) in family.matrices.mid:
        rows.append([[a * a, ROOT * a * b, b * b], [ROOT * a * c, a * d + b * c, ROOT * b * d], [c * c, ROOT * c * d, d * d]])  # fmt: skip # noqa: E501
    q = np.linalg.qr(np.random.default_rng(turn).normal(size=(3, 3)))[0]
    return matrix_family(q @ np.array(rows) @ q.T)


def test_a_member_that_is_singular_up_to_rounding(known: Known) -> None:
    """Near its kernel nothing bounds log|A v| from below; the directions that are visited keep away from it."""
    family, exponent = known("singular")
    lifted = turned_squares(family, 4)
    witness = half_sphere_search.propose(lifted, 0, math.inf)
    found = half_sphere.prove(lifted, witness)
    assert found.lower < 2 * exponent < found.upper
    assert found.width < 1e-3
    assert half_sphere.prove(lifted, witness | {"start": -1.0}).lower < found.lower - 1.0
    # whatever the start, the bounds hold: a start near the kernel reaches all that its images reach
    for start in range(0, len(witness["values"]), 500):
        other = half_sphere.prove(lifted, witness | {"start": float(start)})
        assert other.lower < 2 * exponent < other.upper


def chain() -> CellBounds:
    """Leaf 0 meets 1 and 2, 1 meets 0, 2 meets 2, 3 meets 0 and 4, 4 may be sent anywhere (the number 5)."""
    leaves, starts = np.array([1, 2, 0, 2, 0, 4, 5]), np.array([0, 2, 3, 4, 6])
    identity = (np.arange(5), np.arange(5))
    return CellBounds(np.arange(5.0), np.arange(10.0, 15.0), [(leaves, starts), identity])


def test_what_a_leaf_reaches() -> None:
    bounds = chain()
    assert reached(bounds, 2).tolist() == [False, False, True, False, False]
    assert reached(bounds, 1).tolist() == [True, True, True, False, False]
    assert reached(bounds, 3).all()


def test_leaves_are_numbered_anew() -> None:
    bounds = chain()
    leaves = np.array([True, False, True, False, False])
    # leaf 0 without what it meets, to see the numbers only
    found = restricted(CellBounds(bounds.lower, bounds.upper, [(np.array([0, 2, 2, 2, 2]), np.arange(5))]), leaves)
    assert found.lower.tolist() == [0.0, 2.0]
    assert found.upper.tolist() == [10.0, 12.0]
    assert [entry.tolist() for entry in found.met[0]] == [[0, 1], [0, 1]]
    kept = reached(bounds, 1)
    found = restricted(bounds, kept)
    assert [entry.tolist() for entry in found.met[0]] == [[1, 2, 0, 2], [0, 2, 3]]
    assert restricted(bounds, np.ones(5, dtype=bool)) is bounds


def test_damaged_starts_are_refused(known: Known) -> None:
    lifted = turned_squares(known("cone")[0], 1)
    witness = half_sphere_search.propose(lifted, 0, -math.inf)
    for start in (-2.0, float(len(witness["values"])), 0.5, math.nan, "x"):
        with pytest.raises(CertificateError):
            half_sphere.prove(lifted, witness | {"start": start})
