"""Test functions on the directions of four-dimensional space."""

import math
from collections.abc import Callable

import numpy as np
import pytest

from certify.lyapunov.directions import three_sphere_cells as three_sphere
from certify.lyapunov.families.family import Family, matrix_family
from foundation import CertificateError
from search.lyapunov.directions import three_sphere_cells as three_sphere_search

Known = Callable[[str], tuple[Family, float]]


@pytest.mark.parametrize(("name", "width"), [("product", 2.5), ("shears", math.inf)])
def test_tensor_squares_have_twice_the_exponent(
    known: Known, tensor_square: Callable[[str], Family], name: str, width: float
) -> None:
    family = tensor_square(name)
    found = three_sphere.prove(family, three_sphere_search.propose(family, 0, math.inf))
    assert found.contains(2 * known(name)[1])
    assert found.width <= width
    assert found.upper < 3.0


@pytest.mark.slow
def test_more_effort_is_sharper(known: Known, tensor_square: Callable[[str], Family]) -> None:
    family = tensor_square("product")
    found = three_sphere.prove(family, three_sphere_search.propose(family, 1, math.inf))
    assert found.contains(2 * known("product")[1])
    assert found.width < 0.6


def test_multiples_of_isometries_are_exact() -> None:
    # signed permutations times 2 and 1/4: every vector changes by log(2/4)/2 a step in the maximum norm
    cycle = np.roll(np.eye(4), 1, axis=0)
    signs = np.diag([1.0, -1.0, 1.0, 1.0])
    family = matrix_family([2 * cycle, signs @ cycle.T / 4])
    found = three_sphere.prove(family, three_sphere_search.propose(family, 0, math.inf))
    assert found.contains(-math.log(2) / 2)
    assert found.width < 0.5


def test_other_dimensions_are_refused(known: Known) -> None:
    assert "dimension 4" in str(three_sphere.admits(known("cone")[0]))
    with pytest.raises(CertificateError):
        three_sphere.prove(known("cone")[0], {})
