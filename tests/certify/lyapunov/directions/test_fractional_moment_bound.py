"""Moments with weight functions on cells of directions."""

import math
from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.lyapunov.directions import fractional_moment_bound as moment_function
from certify.lyapunov.directions.face_bounds import cell_logarithms
from certify.lyapunov.directions.face_tree import uniform_tree
from certify.lyapunov.families.family import Family, Witness, matrix_family
from foundation import CertificateError
from search.lyapunov.directions import fractional_moment_bound as moment_function_search
from search.lyapunov.directions.face_tree import images_on_faces, vectors_on_faces

Known = Callable[[str], tuple[Family, float]]


def _witness(family: Family, effort: int = 0) -> Witness:
    return moment_function_search.propose(family, effort, math.inf)


@pytest.mark.parametrize(
    ("name", "above", "below"),
    [
        ("fibonacci", 5e-3, 5e-3),
        ("unstable", 1e-2, 1e-2),
        ("collinear", 1e-3, 1e-3),
        ("nearly critical", 1e-3, 2e-3),
        ("singular", 1e-3, math.inf),
        ("cone", 1e-3, 1e-3),
        ("shears", 5e-3, 5e-3),
    ],
)
def test_known_exponents(known: Known, name: str, above: float, below: float) -> None:
    family, truth = known(name)
    found = moment_function.prove(family, _witness(family))
    assert found.contains(truth)
    assert found.upper - truth < above
    assert truth - found.lower <= below


def test_the_sign_of_the_nearly_critical_family(known: Known) -> None:
    family, truth = known("nearly critical")
    found = moment_function.prove(family, _witness(family, 1))
    assert found.contains(truth)
    assert found.is_below(0.0)


def test_one_step_moments_by_hand() -> None:
    # scalar multiples of one isometry: E|A|^p = (4^p + 4^-2p)/2, without any weight
    family = matrix_family([[[0, 4], [4, 0]], [[0, Fraction(1, 16)], [Fraction(1, 16), 0]]])
    tree = uniform_tree(2, 3)
    low, high, met = cell_logarithms(family, tree)
    assert np.all(low <= np.log([[4.0], [1 / 16]]) + 1e-12)
    power = 0.5
    bound = moment_function.moment_bound(family.probabilities, high, met, power, np.zeros(len(tree.leaves)))
    assert bound == pytest.approx(math.log((4**power + 16**-power) / 2) / power, rel=1e-9)
    assert bound >= math.log((4**power + 16**-power) / 2) / power


def test_logarithms_and_met_cells_hold_at_random_directions() -> None:
    generator = np.random.default_rng(11)
    for dimension in (2, 3, 4):
        matrices = generator.normal(size=(2, dimension, dimension))
        tree = uniform_tree(dimension, 2)
        for _ in range(2):
            tree = tree.refined(generator.choice(len(tree.leaves), len(tree.leaves) // 3, replace=False))
        low, high, met = cell_logarithms(matrix_family(matrices), tree)
        nodes = tree.leaves
        for _ in range(10):
            places = tree.low[nodes] + tree.side[nodes][:, None] * generator.uniform(size=(len(nodes), dimension - 1))
            vectors = vectors_on_faces(dimension, tree.face[nodes], places)
            for i, matrix in enumerate(matrices):
                images = matrix @ vectors
                logs = np.log(np.abs(images).max(axis=0))
                assert np.all((low[i] <= logs + 1e-12) & (logs <= high[i] + 1e-12))
                target = tree.locate(*images_on_faces(dimension, images))
                groups = np.split(met[i][0], met[i][1][1:])
                assert all(t in g or len(nodes) in g for t, g in zip(target, groups, strict=True))


def test_dimension_three_and_four(known: Known, symmetric_square: Callable[[str], Family]) -> None:
    family = symmetric_square("product")
    found = moment_function.prove(family, _witness(family))
    assert found.contains(2 * known("product")[1])
    assert found.width < 0.5
    tripled = matrix_family([np.diag([3.0, 1.0, 1.0, 0.5]), np.diag([1.0 / 3, 1.0, 1.0, 2.0])])
    assert moment_function.prove(tripled, _witness(tripled)).contains(0.0)


def test_ball_families_enclose_their_members(known: Known) -> None:
    family, truth = known("unstable")
    witness = _witness(family)
    mid = family.matrices.mid
    wide = moment_function.prove(matrix_family(Ball(mid, np.full(mid.shape, 1e-5))), witness)
    assert wide.encloses(moment_function.prove(family, witness))
    assert wide.contains(truth)
    assert wide.width < 0.1


def test_wrong_weights_are_sound(known: Known) -> None:
    family, truth = known("fibonacci")
    good = _witness(family)
    generator = np.random.default_rng(2)
    noise = generator.normal(size=good["upper_weights"].shape)
    for change in ({"upper_weights": noise, "lower_weights": noise}, {"upper_power": 8.0, "lower_power": 8.0}):
        found = moment_function.prove(family, good | change)
        assert found.contains(truth)
        assert found.width > moment_function.prove(family, good).width
    huge = moment_function.prove(family, good | {"upper_weights": 1e5 * noise})
    assert huge.upper == math.inf


def test_a_starved_search_is_wide_but_sound(known: Known) -> None:
    family, truth = known("unstable")
    found = moment_function.prove(family, moment_function_search.propose(family, 5, -math.inf))
    assert found.contains(truth)
    assert found.width > 0.05


def test_bad_witnesses_are_refused(known: Known) -> None:
    family = known("cone")[0]
    good = _witness(family)
    bad = [
        {"splits": good["splits"][:-1]},
        {"upper_power": 0.0},
        {"lower_power": -1.0},
        {"upper_weights": good["upper_weights"][:-1]},
        {"lower_weights": np.full(good["lower_weights"].shape, math.inf)},
    ]
    for change in bad:
        with pytest.raises(CertificateError):
            moment_function.prove(family, good | change)
    for name in good:
        with pytest.raises(CertificateError):
            moment_function.prove(family, {key: value for key, value in good.items() if key != name})


def test_other_dimensions_are_refused() -> None:
    family = matrix_family(np.eye(5)[None])
    assert "dimensions 2 to 4" in str(moment_function.admits(family))
    with pytest.raises(CertificateError):
        moment_function.prove(family, {})
