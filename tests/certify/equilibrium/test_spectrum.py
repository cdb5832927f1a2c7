"""Stated discs: what the computed discs prove, and what they do not."""

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.equilibrium.spectrum import stated_eigenvalues
from certify.linear_algebra import eigenvalues
from search.equilibrium.discs import proposed_discs

MATRIX = np.array([[-1.0, 2.0, 0.0], [-2.0, -1.0, 0.0], [1.0, 0.0, 3.0]])  # -1 +- 2i and 3


@pytest.fixture(scope="module")
def found():
    return eigenvalues(Ball(MATRIX, np.full((3, 3), 1e-9)))


def test_proposed_discs_are_proved(found):
    stated = stated_eigenvalues(found, proposed_discs(found))
    assert stated is not None
    assert stated.dimension == 3
    for exact in (-1 + 2j, -1 - 2j, 3 + 0j):
        assert (np.abs(stated.centers - exact) <= stated.radii).sum() == 1
    assert stated.radii.max() < 1e-7


@pytest.mark.parametrize(
    "spoil",
    [
        lambda d: d | {"radii": d["radii"] / 4},
        lambda d: d | {"real": d["real"] + 1e-6},
        lambda d: d | {"counts": d["counts"][::-1] * np.array([2, 1, 0])},
        lambda d: d | {"radii": d["radii"] + 10.0},
        lambda d: {key: value[:2] for key, value in d.items()},
        lambda d: d | {"radii": -d["radii"]},
        lambda d: {key: value for key, value in d.items() if key != "counts"},
    ],
)
def test_other_discs_are_refused(found, spoil):
    assert stated_eigenvalues(found, spoil(proposed_discs(found))) is None


def test_unbounded_discs_are_not_proposed():
    nothing = eigenvalues(Ball(np.zeros((2, 2)), np.full((2, 2), np.inf)))
    assert proposed_discs(nothing) == {}
