"""Test functions on all directions of the plane."""

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.directions import cone, projective_line
from certify.lyapunov.directions.line_geometry import breakpoints, coordinate, direction
from certify.lyapunov.directions.line_pieces import LineFunction, PieceBounds, piece_bounds
from certify.lyapunov.directions.projective_line import line_function, line_spread
from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.structure import exact
from foundation import CertificateError
from search.lyapunov.directions import cone as cone_search
from search.lyapunov.directions import projective_line as projective_line_search
from search.lyapunov.structure import exact as exact_search

Known = Callable[[str], tuple[Family, float]]
_matrix = st.lists(st.floats(-2, 2).map(lambda x: round(x, 3)), min_size=4, max_size=4)


def _witness(family: Family, effort: int = 0) -> Witness:
    return projective_line_search.propose(family, effort, math.inf)


def _proved(family: Family, effort: int = 0) -> Enclosure:
    return projective_line.prove(family, _witness(family, effort))


@pytest.mark.parametrize(
    ("name", "effort", "width", "digit"),
    [
        ("fibonacci", 2, 1e-5, 1e-14),
        ("unstable", 1, 1e-5, 1e-11),
        ("collinear", 0, 1e-4, 1e-10),
        ("nearly critical", 1, 1e-4, 1e-11),
        ("shears", 0, 1e-6, 1e-16),
        ("cone", 0, 1e-7, 1e-14),
        ("product", 0, 1e-7, 1e-16),
    ],
)
def test_known_exponents(known: Known, name: str, effort: int, width: float, digit: float) -> None:
    family, truth = known(name)
    found = _proved(family, effort)
    assert found.lower - digit <= truth <= found.upper + digit
    assert found.width < width


def test_the_sign_of_the_nearly_critical_family(known: Known) -> None:
    found = _proved(known("nearly critical")[0], 1)
    assert found.is_below(0.0)


def test_singular_matrices_leave_the_upper_side(known: Known) -> None:
    family, truth = known("singular")
    found = _proved(family)
    assert found.lower == -math.inf
    assert truth <= found.upper < truth + 1e-6


def _residual(matrices: np.ndarray, nodes: np.ndarray, values: np.ndarray, t: np.ndarray) -> np.ndarray:
    """c + Qf - f in plain floating point, f by NumPy's interpolation, equal probabilities."""
    at_nodes, f = np.append(nodes, 2.0), np.append(values, values[0])
    total = -np.interp(t, at_nodes, f)
    v = np.stack([1.0 - t, np.where(t <= 1, t, 2.0 - t)])
    for matrix in matrices:
        x, y = matrix @ v
        x, y = np.where(y < 0, -x, x), np.abs(y)
        size = np.abs(x) + y
        with np.errstate(divide="ignore", invalid="ignore"):
            place = np.nan_to_num(1.0 - x / size)
            total = total + (np.log(size) + np.interp(place % 2.0, at_nodes, f)) / len(matrices)
    return total


@settings(deadline=None, max_examples=40)
@given(st.lists(_matrix, min_size=2, max_size=3), st.integers(0, 10**6))
def test_piece_bounds_hold_at_random_directions(entries: list[list[float]], seed: int) -> None:
    generator = np.random.default_rng(seed)
    matrices = np.array(entries).reshape(-1, 2, 2)
    family = matrix_family(matrices)
    nodes = np.unique(np.concatenate([[0.0, 1.0], generator.uniform(0, 2, 12)]))
    values = generator.normal(size=len(nodes))
    pieces = piece_bounds(family, LineFunction(nodes, values), 0.25)
    points = np.append(breakpoints(nodes, matrices), 2.0)
    shares = np.array([0.0, 1e-9, 0.2, 0.5, 0.8, 1.0 - 1e-9])
    sample = points[:-1, None] + shares * (points[1:] - points[:-1])[:, None]
    truth = _residual(matrices, nodes, values, sample.ravel()).reshape(sample.shape) - 0.25
    # directions near a kernel lose digits in the floating-point reference
    sizes = np.abs(np.einsum("kij,jnm->iknm", matrices, direction(sample))).sum(axis=0)
    reliable = (sizes > 1e-6).all(axis=0) & (np.diff(points) > 1e-7)[:, None]
    tolerance = 1e-8
    assert np.all((truth <= pieces.upper[:, None] + tolerance) | ~reliable)
    assert np.all((truth >= pieces.lower[:, None] - tolerance) | ~reliable)
    for i, matrix in enumerate(matrices):
        places = coordinate(np.einsum("ij,jnm->inm", matrix, direction(sample[:, 2:5])))
        expected = pieces.inside[i][:, None]
        start = np.append(nodes, 0.0)[expected]
        end = np.append(np.append(nodes[1:], 2.0), 2.0)[expected]
        # the place 0 is the place 2
        within = [(p >= start - 1e-9) & (p <= end + 1e-9) for p in (places, places + 2.0, places - 2.0)]
        assert np.all(np.any(within, axis=0) | (expected == len(nodes)) | ~reliable[:, 2:5])


@settings(deadline=None, max_examples=25)
@given(st.integers(0, 10**6), st.sampled_from([1e-6, 1e-3, 3e-2]))
def test_piece_bounds_hold_for_members_of_balls(seed: int, radius: float) -> None:
    generator = np.random.default_rng(seed)
    mid = generator.normal(size=(2, 2, 2))
    family = matrix_family(Ball(mid, np.full(mid.shape, radius)))
    nodes = np.unique(np.concatenate([[0.0, 1.0], generator.uniform(0, 2, 14)]))
    values = generator.normal(size=len(nodes))
    pieces = piece_bounds(family, LineFunction(nodes, values), 0.0)
    points = np.append(breakpoints(nodes, mid), 2.0)
    sample = points[:-1, None] + np.linspace(1e-9, 1 - 1e-9, 9) * np.diff(points)[:, None]
    for _ in range(6):
        matrices = mid + radius * generator.choice([-1.0, 0.5, 1.0], mid.shape)
        truth = _residual(matrices, nodes, values, sample.ravel()).reshape(sample.shape)
        assert np.all(truth <= pieces.upper[:, None] + 1e-8)
        assert np.all(truth >= pieces.lower[:, None] - 1e-8)
        reached = []
        for i, matrix in enumerate(matrices):
            cells = np.searchsorted(nodes, coordinate(np.einsum("ij,jnm->inm", matrix, direction(sample))), "right") - 1
            lists = (pieces.inside[i], pieces.at_start[i], pieces.at_end[i])
            inside, start, end = ((cells == x[:, None]) | (x[:, None] == len(nodes)) for x in lists)
            reached.append((inside | start, inside | end))
        at_start = np.all([pair[0] for pair in reached], axis=0)
        at_end = np.all([pair[1] for pair in reached], axis=0)
        either = np.all([pair[0] | pair[1] for pair in reached], axis=0)
        assert np.all(either)
        assert np.all(at_start | at_end | ~pieces.apart[:, None])


def test_short_pieces_whose_ends_both_stick_out_are_not_apart() -> None:
    # two nearly equal matrices: their preimages of a node are closer than the balls know them
    matrix = np.array([[1.0, 0.3], [0.2, 0.9]])
    mid = np.stack([matrix, matrix @ np.array([[1.0, 1e-11], [-1e-11, 1.0]])])
    nodes = np.linspace(0, 2, 16, endpoint=False)
    function = LineFunction(nodes, np.zeros(16))
    short = np.diff(np.append(breakpoints(nodes, mid), 2.0)) < 1e-10
    assert short.sum() >= 8
    assert not piece_bounds(matrix_family(Ball(mid, np.full(mid.shape, 1e-9))), function, 0.0).apart[short].any()
    assert piece_bounds(matrix_family(mid), function, 0.0).apart.mean() > 0.9


@settings(deadline=None, max_examples=60)
@given(st.integers(0, 10**6))
def test_the_spread_counts_all_that_a_piece_may_reach(seed: int) -> None:
    generator = np.random.default_rng(seed)
    cells, pieces, matrices = 4, 12, 2
    owner = np.sort(np.concatenate([np.arange(cells), generator.integers(0, cells, pieces - cells)]))
    inside = generator.integers(0, cells, (matrices, pieces))
    stays = generator.uniform(size=(2, matrices, pieces)) < 0.5
    at_start, at_end = (
        np.where(stay, inside, np.roll(inside, shift, 1)) for stay, shift in zip(stays, (1, -1), strict=True)
    )
    inside[0, generator.integers(pieces)] = cells
    bounds = PieceBounds(
        np.zeros(pieces), np.zeros(pieces), owner, inside, at_start, at_end, generator.uniform(size=pieces) < 0.7
    )
    weights, values = Ball.exact([0.3, 0.7]), generator.normal(size=cells)
    reach = np.append(values, values.max())
    expected = np.full(cells, -np.inf)
    for j in range(pieces):
        first, last = (np.maximum(reach[inside[:, j]], reach[x[:, j]]) for x in (at_start, at_end))
        best = max(weights.mid @ first, weights.mid @ last)
        if not bounds.apart[j]:
            best = max(best, weights.mid @ np.maximum(first, last))
        expected[owner[j]] = max(expected[owner[j]], best)
    starts = np.searchsorted(owner, np.arange(cells))
    assert np.allclose(line_spread(bounds, starts, weights)(values), expected, rtol=0, atol=1e-14)


def test_pieces_are_narrow_where_everything_is_smooth(known: Known) -> None:
    family, _ = known("fibonacci")
    nodes = np.linspace(0, 2, 2048, endpoint=False)
    pieces = piece_bounds(family, LineFunction(nodes, np.zeros(2048)), 0.0)
    # r = c there, with |c'| <= 2 and pieces shorter than 1e-3
    assert float(np.max(pieces.upper - pieces.lower)) < 2.1e-3
    assert pieces.apart.mean() > 0.99


@settings(deadline=None, max_examples=10)
@given(st.lists(st.lists(st.integers(1, 5), min_size=4, max_size=4), min_size=2, max_size=3))
def test_agreement_with_the_cone(entries: list[list[int]]) -> None:
    family = matrix_family(np.array(entries, float).reshape(-1, 2, 2))
    sharp = cone.prove(family, cone_search.propose(family, 1, math.inf))
    found = _proved(family)
    assert found.lower <= sharp.upper
    assert found.upper >= sharp.lower
    assert found.upper - sharp.upper < 1e-2
    if family.exact is not None and all(matrix.det() != 0 for matrix in family.exact):
        assert sharp.lower - found.lower < 0.5


@settings(deadline=None, max_examples=10)
@given(st.lists(st.floats(0.2, 3).map(lambda x: round(x, 2)), min_size=4, max_size=4))
def test_the_upper_side_holds_for_diagonal_families(entries: list[float]) -> None:
    family = matrix_family([[[entries[0], 0.0], [0.0, entries[1]]], [[entries[2], 0.0], [0.0, entries[3]]]])
    truth = exact.prove(family, exact_search.propose(family, 0, math.inf))
    found = _proved(family)
    assert found.upper >= truth.lower
    assert found.lower <= truth.upper


def test_ball_families_enclose_their_members(known: Known) -> None:
    family, _ = known("unstable")
    mid = family.matrices.mid
    wide = matrix_family(Ball(mid, np.full(mid.shape, 1e-7)))
    witness = _witness(family)
    found = projective_line.prove(wide, witness)
    assert found.encloses(projective_line.prove(family, witness))
    for change in (-1e-7, 1e-7):
        moved = matrix_family(mid + change)
        sharp = _proved(moved, 1)
        assert found.lower <= sharp.upper
        assert found.upper >= sharp.lower
    assert found.width < 1e-2
    thick = projective_line.prove(matrix_family(Ball(mid, np.full(mid.shape, 0.5))), witness)
    assert thick.encloses(found)


def test_a_starved_search_is_wide_but_sound(known: Known) -> None:
    for name in ("fibonacci", "unstable", "collinear", "nearly critical"):
        family, truth = known(name)
        witness = projective_line_search.propose(family, 5, -math.inf)
        found = projective_line.prove(family, witness)
        assert found.contains(truth)
        assert found.width > 1e-3


def test_wrong_test_functions_are_sound(known: Known) -> None:
    family, truth = known("fibonacci")
    good = _witness(family)
    generator = np.random.default_rng(3)
    for values in (0 * good["values"], generator.normal(size=good["values"].shape), 1e6 * good["values"]):
        for exponent in (0.0, 5.0):
            found = projective_line.prove(family, good | {"values": values, "exponent": exponent})
            assert found.contains(truth)
    unaveraged = projective_line.prove(family, good | {"rounds": 0})
    assert unaveraged.contains(truth)
    assert unaveraged.width > projective_line.prove(family, good).width


def test_bad_witnesses_are_refused(known: Known) -> None:
    family = known("fibonacci")[0]
    good = _witness(family)
    nodes = good["nodes"]
    bad = [
        {"nodes": nodes[1:], "values": good["values"][1:]},
        {"nodes": nodes[::-1]},
        {"nodes": np.append(nodes[:-1], 2.0)},
        {"nodes": np.where(nodes == 1.0, 1.0 + 1e-9, nodes)},
        {"values": good["values"][:-1]},
        {"values": np.full(nodes.shape, math.nan)},
        {"exponent": math.inf},
        {"rounds": -1},
    ]
    for change in bad:
        with pytest.raises(CertificateError):
            projective_line.prove(family, good | change)
    for name in good:
        with pytest.raises(CertificateError):
            projective_line.prove(family, {key: value for key, value in good.items() if key != name})


def test_other_dimensions_are_refused() -> None:
    family = matrix_family(np.eye(3)[None])
    assert "dimension 2" in str(projective_line.admits(family))
    with pytest.raises(CertificateError):
        projective_line.prove(family, {})


@pytest.mark.parametrize("nodes", [[0.0, 1.5, 1.0], [0.0, 1.0, 1.0], [0.0, 0.5, 1.5], [0.5, 1.0, 1.5], [0.0, 1.0, 2.0]])
def test_nodes_that_are_no_partition_are_refused(nodes: list[float]) -> None:
    with pytest.raises(CertificateError):
        line_function({"nodes": np.array(nodes), "values": np.zeros(3)})
