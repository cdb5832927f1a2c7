"""Batches of zeros: what is proved holds for planted zeros, and near misses are not proved."""

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.equilibrium.boxes import BoxField
from certify.equilibrium.known_zeros import KnownZero
from certify.equilibrium.many_verdicts import verdicts_of
from certify.equilibrium.many_zeros import find_zeros, prove_zeros
from certify.equilibrium.verdicts import decide
from certify.equilibrium.zero_table import ZeroTable
from certify.linear_algebra import eigenvalues
from certify.program import trace
from certify.verdict import Verdict

ROOTS = np.array([[-1.0, 0.75], [-0.5, 2.0]])
ZEROS = np.array([[a, b] for a in ROOTS[0] for b in ROOTS[1]])
MIXING = np.array([[1.0, 0.5], [-0.25, 1.0]])


def planted(x):
    return jnp.array(MIXING) @ ((x - ROOTS[:, 0]) * (x - ROOTS[:, 1]))


@pytest.fixture(scope="module", params=["flow", "map"])
def field(request):
    is_map = request.param == "map"
    return BoxField(trace(lambda x: planted(x) + (x if is_map else 0), np.zeros(2)), is_map)


def inverses(points):
    slopes = [MIXING @ np.diag(2 * p - ROOTS.sum(axis=1)) for p in points]
    return np.array([np.linalg.inv(matrix) for matrix in slopes])


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(-1e-3, 1e-3), min_size=8, max_size=8))
def test_each_box_holds_its_zero(field, offsets):
    points = ZEROS + np.array(offsets).reshape(4, 2)
    for zero, exact in zip(prove_zeros(field, points, inverses(points), np.full(4, 0.01)), ZEROS, strict=True):
        assert zero is not None
        assert (zero.lower <= exact).all()
        assert (exact <= zero.upper).all()
        assert (zero.upper - zero.lower).max() <= 0.01


def test_exact_zeros_have_no_width(field):
    assert all((z.box.rad == 0).all() for z in prove_zeros(field, ZEROS, inverses(ZEROS), np.full(4, 0.1)))


@pytest.mark.parametrize(
    ("point", "scale", "radius"),
    [
        ((-0.9, -0.4), 1.0, 0.01),  # the zero is farther away than the cube reaches
        ((-1.0, -0.5), 1.0, 1.3),  # the cube holds (0.75, -0.5) too? its half-width 1.75 / 2 makes DF singular
        ((-1.0, -0.5), 0.0, 0.1),  # no inverse
        ((-1.0, -0.5), -1.0, 0.1),  # a wrong one
        ((-0.125, 0.75), 1.0, 0.1),  # DF is singular
        ((5.0, 5.0), 1.0, 0.1),
        ((-1.0, -0.5), 1.0, np.nan),
        ((-1.0, -0.5), 1.0, np.inf),
        ((-1.0, -0.5), 1.0, -1.0),
    ],
)
def test_nothing_is_proved_without_ground(field, point, scale, radius):
    good = inverses(ZEROS[:1])
    both = prove_zeros(
        field,
        np.array([ZEROS[3], point]),
        np.concatenate([inverses(ZEROS[3:]), scale * good]),
        np.array([0.1, radius]),
    )
    assert both[0] is not None
    assert both[1] is None


def test_newton_finds_them(field):
    """From starts near each of them, and from one where DF vanishes: the same four, each with a cube of its own."""
    starts = np.concatenate([ZEROS + 0.05, ZEROS - 0.05, ROOTS.mean(axis=1)[None]])
    found = ZeroTable(2)
    for zero in find_zeros(field, starts):
        found.add(zero)
    assert len(found) == 4
    assert sorted(np.round(z.point, 12).tolist() for z in found.zeros) == ZEROS.tolist()
    for zero in found.zeros:
        low, high = zero.cube
        assert sum(bool(((low <= z) & (z <= high)).all()) for z in ZEROS) == 1
        assert zero.radius > 0.1


def test_points_beyond_the_domain():
    roots = BoxField(trace(lambda x: jnp.log(x) - 1, np.zeros(1)), False)
    found = prove_zeros(roots, np.array([[-1.0], [np.e], [0.0]]), np.full((3, 1, 1), np.e), np.full(3, 0.1))
    assert [zero is not None for zero in found] == [False, True, False]
    assert found[1].box.rad.max() < 1e-15
    assert len(find_zeros(roots, np.array([[-1.0], [2.0]]))) == 1


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6))
def test_the_table_compares_as_one_by_one(seed):
    rng = np.random.default_rng(seed)
    points = rng.integers(-6, 7, size=(40, 2)) / 2
    table = ZeroTable(2)
    for point in points:
        enclosure = Ball(point, rng.choice([0.0, 0.125, 0.25], size=2))
        before = table.zeros[:]
        apart = all(((z.upper < enclosure.lower) | (enclosure.upper < z.lower)).any() for z in before)
        assert table.add(KnownZero(point, np.eye(2), float(rng.choice([0.3, 0.5])), enclosure)) is apart
    low = rng.integers(-12, 12, size=(150, 2)) / 4
    high = low + rng.integers(0, 5, size=(150, 2)) / 4
    boxes = Ball.from_bounds(low, high)
    inner = np.nextafter(boxes.mid - boxes.rad, np.inf), np.nextafter(boxes.mid + boxes.rad, -np.inf)
    holds = [
        any((a <= z.lower).all() and (z.upper <= b).all() for z in table.zeros) for a, b in zip(*inner, strict=True)
    ]
    np.testing.assert_array_equal(table.holds_one(boxes), holds)
    outside = [not any((z.cube[0] <= a).all() and (b <= z.cube[1]).all() for z in table.zeros)
               for a, b in zip(low, high, strict=True)]  # fmt: skip
    left = table.outside((low, high))
    np.testing.assert_array_equal(left[0], low[outside])
    np.testing.assert_array_equal(left[1], high[outside])


@settings(deadline=None, max_examples=15)
@given(st.integers(0, 10**6), st.sampled_from(["flow", "map"]))
def test_verdicts_are_those_of_the_spectrum(seed, kind):
    """Similar to triangular integer matrices (exactly): the diagonal decides; a boundary value never does."""
    rng = np.random.default_rng(seed)
    values = rng.choice([-3.0, -2.0, -0.5, 0.0, 0.5, 1.0, 2.0], size=(6, 3))
    upper = np.array([np.diag(v) for v in values]) + np.triu(rng.integers(-2, 3, size=(6, 3, 3)), 1)
    change = np.tril(rng.integers(-1, 2, size=(6, 3, 3)), -1) + np.eye(3)
    matrices = np.round(change @ upper @ np.round(np.linalg.inv(change)))
    matrices = np.where(values.any(axis=1)[:, None, None], change @ upper @ np.round(np.linalg.inv(change)), matrices)
    found = verdicts_of(Ball(matrices, np.full(matrices.shape, 1e-12)), kind)
    for k, verdict in enumerate(found):
        sizes = np.abs(values[k]) - 1 if kind == "map" else values[k]
        if verdict is Verdict.STABLE:
            assert (sizes < 0).all()
        if verdict is Verdict.UNSTABLE:
            assert (sizes > 0).any()
        assert verdict is decide(eigenvalues(Ball(matrices[k], np.full((3, 3), 1e-12))), kind, "none").verdict
    assert verdicts_of(Ball(np.zeros((1, 2, 2)), np.full((1, 2, 2), np.inf)), kind) == [Verdict.UNDECIDED]


def test_wide_balls_stay_undecided():
    """[[-0.1, a], [a, -2]] with |a| <= 1/2 is unstable for a = 1/2; likewise the map of 0.9 and 0.1 beside a."""
    reach = np.array([[[0.0, 0.5], [0.5, 0.0]]])
    for middle, kind in (((-0.1, -2.0), "flow"), ((0.9, 0.1), "map"), ((2.0, -0.1), "flow")):
        found = verdicts_of(Ball(np.diag(middle)[None], reach), kind)
        assert found == [Verdict.UNSTABLE if middle[0] == 2 else Verdict.UNDECIDED]
        assert verdicts_of(Ball(np.diag(middle)[None], reach / 64), kind) != [Verdict.UNDECIDED]
