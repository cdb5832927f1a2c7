"""Gershgorin's discs: textbook cases with known eigenvalues."""

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.linear_algebra import ComplexBall, gershgorin_discs
from certify.linear_algebra.discs import merged
from certify.linear_algebra.gershgorin import counted_discs
from foundation import InputError


def test_separate_and_merged_discs():
    """Eigenvalues of [[10, 1], [1, 0]] are 5 +- 26^(1/2): one in each disc."""
    discs = gershgorin_discs(np.array([[10.0, 1.0], [1.0, 0.0]]))
    assert discs.counts.tolist() == [1, 1]
    assert discs.is_real.all()
    for exact in (5 + np.sqrt(26.0), 5 - np.sqrt(26.0)):
        assert (np.abs(discs.centers - exact) <= discs.radii).sum() == 1
    # the discs |z - 1| <= 1 and |z + 1| <= 1 touch: they may not be counted apart
    touching = gershgorin_discs(np.array([[1.0, 1.0], [1.0, -1.0]]))
    assert touching.counts.tolist() == [2]
    assert touching.radii[0] >= 2.0


def test_isolated_discs_shrink_quadratically():
    """The off-diagonal 1e-5 moves the eigenvalues 0 and 1 by about 1e-10."""
    discs = gershgorin_discs(np.array([[0.0, 1e-5], [1e-5, 1.0]]))
    assert discs.radii.max() < 1e-9
    shift = 2e-10 / (1 + np.sqrt(1 + 4e-10))
    assert (np.abs(discs.centers - (1 + shift)) <= discs.radii).any()
    assert (np.abs(discs.centers + shift) <= discs.radii).any()


def test_scaling_must_not_shift_the_growth_to_the_wrong_disc():
    """A triangular coupling costs nothing in one direction: eigenvalues are exactly 0 and 1."""
    for matrix in (np.array([[0.0, 0.9], [0.0, 1.0]]), np.array([[0.0, 0.0], [0.9, 1.0]])):
        discs = gershgorin_discs(matrix)
        assert discs.dimension == 2
        assert all((np.abs(discs.centers - exact) <= discs.radii).any() for exact in (0.0, 1.0))


@pytest.mark.parametrize(("above", "below"), [(0.5, 1e-3), (1e-3, 0.5)])
def test_scaling_is_limited_by_the_column_not_by_the_row(above, below):
    """The eigenvalues of [[0, b], [c, 1]] are (1 +- (1 + 4 b c)^(1/2)) / 2."""
    discs = gershgorin_discs(np.array([[0.0, above], [below, 1.0]]))
    root = np.sqrt(1 + 4 * above * below)
    assert all((np.abs(discs.centers - exact) <= discs.radii).any() for exact in ((1 + root) / 2, (1 - root) / 2))


def test_scaling_keeps_the_diagonal_of_the_bound():
    """N = diag(1/2, 1/2) is one of the matrices in question."""
    discs = counted_discs(np.array([0.0, 10.0]), np.array([[0.5, 0.1], [0.1, 0.5]]), np.array([1.0, 2.0]), True)
    assert all((np.abs(discs.centers - exact) <= discs.radii).any() for exact in (0.5, 10.5))


def test_a_disc_on_the_real_axis_need_not_hold_a_real_eigenvalue():
    """The pair +- 0.12 i of a real matrix lies in these discs; the first one touches the real axis."""
    discs = merged(np.array([0.1j, -0.13j]), np.array([0.1, 0.02]), np.ones(2, int), True)
    assert discs.counts.tolist() == [1, 1]
    assert not discs.is_real.any()
    apart = merged(np.array([0.1j, 3.0 + 0j]), np.array([0.1, 0.02]), np.ones(2, int), True)
    assert apart.is_real.all()
    assert not merged(np.array([0.1j, 3.0 + 0j]), np.array([0.1, 0.02]), np.ones(2, int), False).is_real.any()


def test_diagonal_scaling_of_a_jordan_block():
    bound = np.diag(np.ones(3), 1) + 1e-12
    discs = counted_discs(np.zeros(4), bound, 1e-3 ** np.arange(4.0), True)
    assert discs.counts.tolist() == [4]
    assert 1e-3 < discs.radii[0] < 3e-3


def test_merging_is_transitive_and_covers():
    centers, radii = np.array([0, 1.9, 3.8, 10 + 1j]), np.array([1.0, 1.0, 1.0, 0.5])
    discs = merged(centers, radii, np.ones(4, int), False)
    assert sorted(discs.counts.tolist()) == [1, 3]
    big = int(np.argmax(discs.counts))
    assert all(abs(discs.centers[big] - c) + r <= discs.radii[big] for c, r in zip(centers[:3], radii[:3], strict=True))
    assert discs.spectral_radius.lower <= abs(10 + 1j) - 0.5
    # what the parts know stays known: no part reaches beyond modulus 4.8
    assert discs.moduli[big, 1] < 4.8 + 1e-12


def test_covering_disc_that_meets_a_third_one_is_merged_again():
    centers, radii = np.array([-1.0, 1.0, 1.2j]), np.array([1.0, 1.0, 0.05])
    assert merged(centers, radii, np.ones(3, int), False).counts.tolist() == [3]


def test_balls_complex_and_bad_input():
    wide = gershgorin_discs(Ball(np.diag([0.0, 9.0]), np.ones((2, 2))))
    assert (wide.radii >= 2.0 - 1e-9).all() or (wide.radii >= 1.0).all()
    assert wide.counts.tolist() == [1, 1]
    assert gershgorin_discs(ComplexBall.exact(np.diag([1j, 2.0]))).radii.max() == 0.0
    for bad in (np.zeros((1, 2)), [[np.nan]], np.zeros((0, 0)), ComplexBall.exact(np.zeros((1, 2)))):
        with pytest.raises(InputError):
            gershgorin_discs(bad)
