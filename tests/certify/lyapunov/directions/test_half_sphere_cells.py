"""Test functions on the directions of space."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov.directions import half_sphere_cells as half_sphere
from certify.lyapunov.directions.face_bounds import cell_bounds
from certify.lyapunov.directions.face_tree import FaceTree, multilinear, uniform_tree
from certify.lyapunov.families.family import Family, Witness, matrix_family
from foundation import CertificateError
from search.lyapunov.directions import half_sphere_cells as half_sphere_search
from search.lyapunov.directions.face_tree import images_on_faces, vectors_on_faces

Known = Callable[[str], tuple[Family, float]]
Lift = Callable[[str], Family]


def _witness(family: Family, effort: int = 0) -> Witness:
    return half_sphere_search.propose(family, effort, math.inf)


@pytest.mark.parametrize(
    ("name", "width"),
    [("fibonacci", 0.6), ("cone", 0.6), ("product", 0.4), ("shears", 0.6), ("unstable", 2.5), ("collinear", math.inf)],
)
def test_symmetric_squares_have_twice_the_exponent(
    known: Known, symmetric_square: Lift, name: str, width: float
) -> None:
    family = symmetric_square(name)
    found = half_sphere.prove(family, _witness(family))
    assert found.contains(2 * known(name)[1])
    assert found.width <= width
    assert found.upper - 2 * known(name)[1] < 1.5


def test_more_effort_is_sharper(known: Known, symmetric_square: Lift) -> None:
    family = symmetric_square("fibonacci")
    widths = [half_sphere.prove(family, _witness(family, effort)).width for effort in (0, 1)]
    assert widths[1] < 0.6 * widths[0]


def test_the_sign_of_a_three_point_family() -> None:
    # rotations times 2 and 1/3 with probability 1/2: every vector grows by log(2/3)/2 a step
    turn = np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0], [0.0, 0.0, 1.0]])
    other = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, -1.0], [0.0, 1.0, 0.0]])
    family = matrix_family([2 * turn, other / 4])
    found = half_sphere.prove(family, _witness(family, 1))
    assert found.contains(-math.log(2) / 2)
    assert found.is_below(0.0)


def _residual(
    matrices: np.ndarray, tree: FaceTree, values: np.ndarray, face: np.ndarray, places: np.ndarray
) -> np.ndarray:
    """c + Qf - f in plain floating point, equal probabilities, maximum norm."""

    def test_function(on: np.ndarray, at: np.ndarray) -> np.ndarray:
        leaf = tree.locate(on, at)
        nodes = tree.leaves[leaf]
        return multilinear(values[leaf].T, ((at - tree.low[nodes]) / tree.side[nodes][:, None]).T)

    vectors = vectors_on_faces(tree.dimension, face, places)
    total = -test_function(face, places)
    for matrix in matrices:
        images = matrix @ vectors
        size = np.abs(images).max(axis=0)
        total = total + (np.log(size) + test_function(*images_on_faces(tree.dimension, images))) / len(matrices)
    return total


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from([2, 3, 4]))
def test_cell_bounds_hold_at_random_directions(seed: int, dimension: int) -> None:
    generator = np.random.default_rng(seed)
    matrices = generator.normal(size=(2, dimension, dimension))
    family = matrix_family(matrices)
    tree = uniform_tree(dimension, 2)
    for _ in range(2):
        tree = tree.refined(generator.choice(len(tree.leaves), len(tree.leaves) // 4, replace=False))
    values = generator.normal(size=(len(tree.leaves), 1 << (dimension - 1)))
    smooth = vectors_on_faces(dimension, *_corners(tree)).sum(axis=0).reshape(values.shape)
    for f in (values, smooth):
        bounds = cell_bounds(family, tree, f, 0.5)
        nodes = tree.leaves
        for _ in range(8):
            shares = generator.uniform(1e-9, 1 - 1e-9, (len(nodes), dimension - 1))
            places = tree.low[nodes] + tree.side[nodes][:, None] * shares
            truth = _residual(matrices, tree, f, tree.face[nodes], places) - 0.5
            assert np.all(truth <= bounds.upper + 1e-9)
            assert np.all(truth >= bounds.lower - 1e-9)


def _corners(tree: FaceTree) -> tuple[np.ndarray, np.ndarray]:
    offsets = np.stack(np.meshgrid(*([[0.0, 1.0]] * (tree.dimension - 1)), indexing="ij"), axis=-1)
    offsets = offsets.reshape(-1, tree.dimension - 1)
    nodes = tree.leaves
    places = tree.low[nodes][:, None, :] + tree.side[nodes][:, None, None] * offsets
    return np.repeat(tree.face[nodes], len(offsets)), places.reshape(-1, tree.dimension - 1)


def test_images_meet_the_listed_cells() -> None:
    generator = np.random.default_rng(5)
    matrices = generator.normal(size=(2, 3, 3))
    tree = uniform_tree(3, 2)
    for _ in range(3):
        tree = tree.refined(generator.choice(len(tree.leaves), len(tree.leaves) // 3, replace=False))
    bounds = cell_bounds(matrix_family(matrices), tree, np.zeros((len(tree.leaves), 4)), 0.0)
    nodes = tree.leaves
    for i, matrix in enumerate(matrices):
        leaves, starts = bounds.met[i]
        groups = np.split(leaves, starts[1:])
        assert np.mean([len(g) for g in groups]) < 30
        for _ in range(20):
            places = tree.low[nodes] + tree.side[nodes][:, None] * generator.uniform(size=(len(nodes), 2))
            target = tree.locate(*images_on_faces(3, matrix @ vectors_on_faces(3, tree.face[nodes], places)))
            assert all(t in g or len(nodes) in g for t, g in zip(target, groups, strict=True))


def test_bounds_of_a_smooth_function_are_of_second_order(symmetric_square: Lift) -> None:
    family = matrix_family(np.array([[[3.0, 0.2, 0.1], [0.1, 2.0, 0.3], [0.2, 0.1, 1.5]]]))
    medians = []
    for levels in (4, 5):
        tree = uniform_tree(3, levels)
        smooth = np.sin(vectors_on_faces(3, *_corners(tree)).sum(axis=0)).reshape(-1, 4)
        bounds = cell_bounds(family, tree, smooth, 0.0)
        corners = 4 * tree.side[tree.leaves]
        medians.append(float(np.median(bounds.upper - bounds.lower) / corners[0]))
    # the corner values themselves differ to first order; what is proved beyond them does not
    assert medians[1] < 1.05 * medians[0]
    assert medians[0] < 2.0


def test_trees() -> None:
    tree = uniform_tree(3, 2)
    assert len(tree.leaves) == 48
    finer = tree.refined(np.array([0, 7, 47]))
    assert len(finer.leaves) == 48 + 9
    assert float((finer.side[finer.leaves] ** 2).sum()) == 12.0
    again = FaceTree.from_splits(3, finer.splits)
    assert np.array_equal(again.low, finer.low)
    assert np.array_equal(again.leaves, finer.leaves)
    for flags in (np.array([True, False, False]), np.zeros(4, dtype=bool), np.zeros(2, dtype=bool)):
        with pytest.raises(CertificateError):
            FaceTree.from_splits(3, flags)


def test_ball_families_enclose_their_members(known: Known, symmetric_square: Lift) -> None:
    family = symmetric_square("product")
    mid = family.matrices.mid
    witness = _witness(family)
    point = half_sphere.prove(matrix_family(mid), witness)
    wide = half_sphere.prove(matrix_family(Ball(mid, np.full(mid.shape, 1e-4))), witness)
    assert wide.encloses(point)
    assert wide.width < point.width + 0.5


def test_wrong_test_functions_are_sound(known: Known, symmetric_square: Lift) -> None:
    family, truth = symmetric_square("fibonacci"), 2 * known("fibonacci")[1]
    good = _witness(family)
    generator = np.random.default_rng(1)
    for values in (np.zeros_like(good["values"]), generator.normal(size=good["values"].shape)):
        found = half_sphere.prove(family, good | {"values": values, "exponent": 1.0})
        assert found.contains(truth)
        assert found.width > 0.2


def test_singular_matrices_leave_an_upper_side() -> None:
    family = matrix_family(np.array([[[1.0, 0.2, 0.0], [0.0, 0.5, 0.1], [0.0, 0.0, 0.0]], np.diag([0.5, 0.25, 0.125])]))
    # triangular: max((log 1 + log 1/2)/2, ...) = -log(2)/2
    found = half_sphere.prove(family, _witness(family, 1))
    assert found.upper >= -math.log(2) / 2
    assert found.upper < 1.0


def test_bad_witnesses_are_refused(symmetric_square: Lift) -> None:
    family = symmetric_square("product")
    good = _witness(family)
    bad = [
        {"splits": good["splits"][:-1]},
        {"splits": np.zeros(2)},
        {"values": good["values"][:-1]},
        {"values": np.full(good["values"].shape, math.nan)},
        {"exponent": math.nan},
        {"rounds": -1},
    ]
    for change in bad:
        with pytest.raises(CertificateError):
            half_sphere.prove(family, good | change)
    for name in good:
        with pytest.raises(CertificateError):
            half_sphere.prove(family, {key: value for key, value in good.items() if key != name})


def test_other_dimensions_are_refused(known: Known) -> None:
    assert "dimension 3" in str(half_sphere.admits(known("cone")[0]))
    with pytest.raises(CertificateError):
        half_sphere.prove(known("cone")[0], {})


@pytest.mark.parametrize("axis", [0, 1])
def test_the_bend_along_either_axis_counts(axis: int) -> None:
    """On face 0 the image lies on face 1 with leading coordinate 1 + 0.9 x; f interpolates its logarithm there."""
    matrix = np.diag([0.0, 0.0, 0.0])
    matrix[1, 0], matrix[1, 1 + axis] = 1.0, 0.9
    matrix[0, 1], matrix[2, 2] = 0.05, 0.05
    tree = uniform_tree(3, 1)
    vectors = vectors_on_faces(3, *_corners(tree))
    values = np.log(np.abs(matrix @ vectors)[1] + 1e-300).reshape(-1, 4)
    values[tree.face[tree.leaves] != 0] = 0.0
    bounds = cell_bounds(matrix_family(matrix[None]), tree, values, 0.0)
    for leaf in np.flatnonzero(tree.face[tree.leaves] == 0):
        x = tree.low[tree.leaves[leaf]][axis] + np.linspace(0, 1, 101)
        ends = np.log(1 + 0.9 * x[[0, -1]])
        residual = np.log(1 + 0.9 * x) - np.interp(x, x[[0, -1]], ends)
        assert residual.max() > 0.05
        assert bounds.upper[leaf] >= residual.max()
        assert bounds.lower[leaf] <= 0
        assert bounds.upper[leaf] < 5
