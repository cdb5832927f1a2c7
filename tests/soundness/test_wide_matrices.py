"""Interval matrices so wide that terms of second order decide, with the extreme members worked out by hand."""

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.linear_algebra import (
    determinant,
    eigenvalues,
    inverse,
    matrix_exponential,
    spectral_norm,
    symmetric_eigenvalues,
)


@pytest.mark.parametrize("radius", [0.05, 0.1, 0.2, 0.3, 0.4])
def test_determinant_near_the_identity(radius: float) -> None:
    # det [[1 + a, b], [c, 1 + d]] = (1 + a)(1 + d) - b c over |a|, |b|, |c|, |d| <= r: from (1 - r)^2 - r^2 up
    enclosure = determinant(Ball(np.eye(2), np.full((2, 2), radius)))
    assert enclosure.lower <= 1 - 2 * radius + 1e-15
    assert enclosure.upper >= (1 + radius) ** 2 + radius**2 - 1e-15


@pytest.mark.parametrize("radius", [0.05, 0.2, 0.4])
def test_inverse_near_the_identity(radius: float) -> None:
    # [[1 - r, r], [r, 1 - r]] has the inverse [[1 - r, -r], [-r, 1 - r]] / (1 - 2 r)
    result = inverse(Ball(np.eye(2), np.full((2, 2), radius)))
    assert result.upper[0, 0] >= (1 - radius) / (1 - 2 * radius) - 1e-14
    assert result.lower[0, 1] <= -radius / (1 - 2 * radius) + 1e-14


@pytest.mark.parametrize("radius", [0.1, 0.5, 2.0])
def test_spectra_of_wide_balls_around_zero(radius: float) -> None:
    # the matrix of all r has the eigenvalues n r and 0, its negative -n r and 0; [[0, r], [-r, 0]] has +- i r
    wide = Ball(np.zeros((3, 3)), np.full((3, 3), radius))
    assert symmetric_eigenvalues(wide).upper[-1] >= 3 * radius
    assert symmetric_eigenvalues(wide).lower[0] <= -3 * radius
    assert spectral_norm(wide).upper >= 3 * radius
    assert spectral_norm(wide).lower == 0
    discs = eigenvalues(wide)
    assert discs.dimension == 3
    assert np.any(np.abs(discs.centers - 3 * radius) <= discs.radii * (1 + 1e-15))
    assert np.any(np.abs(discs.centers - 1j * radius) <= discs.radii * (1 + 1e-15))


@pytest.mark.parametrize("radius", [0.1, 1.0])
def test_exponential_of_a_wide_ball(radius: float) -> None:
    # exp of the 2 x 2 matrix of all r: 1/2 (e^(2 r) + 1) on the diagonal
    result = matrix_exponential(Ball(np.zeros((2, 2)), np.full((2, 2), radius)))
    assert result.upper[0, 0] >= (np.exp(2 * radius) + 1) / 2 * (1 - 1e-14)
    assert result.upper[0, 1] >= (np.exp(2 * radius) - 1) / 2 * (1 - 1e-14)


@pytest.mark.parametrize("size", [1, 2, 17, 60])
def test_norm_of_a_matrix_of_ones(size: int) -> None:
    # exactly n; of n x 2 n, sqrt(2) n
    assert spectral_norm(np.ones((size, size))).contains(size)
    wide = spectral_norm(np.ones((size, 2 * size)))
    assert wide.lower**2 <= 2 * size**2 * (1 + 1e-15)
    assert wide.upper**2 >= 2 * size**2 * (1 - 1e-15)
