"""Inverse branches prove chaos where it is known, and nothing where there is none."""

import math
from dataclasses import replace

import numpy as np
import pytest
import sympy
from hypothesis import given, settings
from hypothesis import strategies as st

import stabproof as sp
from certify.arithmetic import Ball
from certify.horseshoe import (
    HorseshoeStatement,
    InverseBranch,
    entropy_lower_bound,
    inverse_branch,
    prove_horseshoe,
)
from certify.horseshoe.prove import _disjoint
from certify.program import trace
from certify.zeros import Undecided
from stabproof.expressions import program_of

x, y = sympy.symbols("x y")
LOGISTIC = HorseshoeStatement(program_of([4 * x * (1 - x)], [x]))


def preimage(value, side):
    """The exact preimages (1 -+ sqrt(1 - v)) / 2 of the logistic map at 4."""
    return (1 + side * math.sqrt(1 - value)) / 2


def branch(value, sides):
    orbit = []
    for side in sides:
        value = preimage(value, side)
        orbit.insert(0, [value])
    return np.array(orbit)


@pytest.mark.parametrize("sides", [(1, 1, 1), (1, -1, 1, 1), (-1, 1, 1)])
def test_a_branch_contains_the_exact_preimages_and_little_more(sides):
    centre, radius = np.array([0.75]), 0.05
    found = inverse_branch(LOGISTIC, branch(0.75, sides), centre, radius)
    assert found.steps == len(sides)
    ends = [branch(value, sides)[0, 0] for value in np.linspace(0.7, 0.8, 41)]
    assert found.image.lower[0] <= min(ends)
    assert max(ends) <= found.image.upper[0]
    assert 2 * found.image.rad[0] < 1.6 * (max(ends) - min(ends))


def test_a_branch_over_the_fold_is_undecided():
    found = inverse_branch(LOGISTIC, branch(0.75, (1, 1)), np.array([0.75]), 0.3)  # the cube reaches beyond 1
    assert isinstance(found, Undecided)


def test_a_linear_expansion_in_a_skew_frame_is_followed_exactly():
    statement = HorseshoeStatement(program_of([3 * x + y, -2 * y], [x, y]))
    matrix = np.array([[3.0, 1.0], [0.0, -2.0]])
    found = inverse_branch(statement, np.zeros((5, 2)), np.zeros(2), 1.0)
    corners = np.array([[1.0, 1.0], [1.0, -1.0]])
    extent = np.abs(np.linalg.matrix_power(np.linalg.inv(matrix), 5) @ corners.T).max(axis=1)
    assert (found.image.rad >= extent).all()
    assert (found.image.rad <= 1.02 * extent).all()


@pytest.mark.parametrize("steps", [(1, 1), (2, 3), (5, 5, 5), (1, 7)])
def test_the_entropy_bound_solves_its_equation(steps):
    bound = entropy_lower_bound(steps)
    assert sum(math.exp(-bound * k) for k in steps) == pytest.approx(1.0, abs=1e-12)
    assert entropy_lower_bound((1, 1)) <= math.log(2)
    assert entropy_lower_bound((3,)) == 0.0


@pytest.mark.parametrize("parameter", ["4", "39/10", "37/10"])
def test_the_logistic_map_beyond_its_snap_back_value_is_chaotic(parameter, tmp_path):
    # The fixed point 1 - 1/a has homoclinic orbits for a > 3.6786 [Marotto 1978].
    a = sympy.Rational(parameter)
    certificate = sp.certify_horseshoe([a * x * (1 - x)], [float(1 - 1 / a)])
    assert certificate.verdict is sp.Verdict.PROVED
    entropy = certificate.number("entropy")
    assert 0 < entropy.lower <= math.log(2)  # the entropy of a unimodal map is at most log 2
    certificate.save(tmp_path / "chaos.json")
    assert sp.check(tmp_path / "chaos.json").verdict is sp.Verdict.PROVED


def test_below_its_snap_back_value_nothing_is_proved():
    a = sympy.Rational(16, 5)  # the fixed point repels, all orbits tend to a 2-cycle or land on the fixed points
    certificate = sp.certify_horseshoe([a * x * (1 - x)], [float(1 - 1 / a)], budget=1.0)
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert certificate.reason
    assert certificate.next_step


@pytest.fixture(scope="module")
def proved():
    return sp.certify_horseshoe([4 * x * (1 - x)], [0.75])


@pytest.mark.parametrize(
    "change",
    [
        {"radius": 0.2},  # the cube reaches beyond the map's largest value
        {"radius": 1e-9},  # the branches leave it
    ],
)
def test_changed_witnesses_prove_nothing(proved, change):
    outcome = prove_horseshoe(proved.problem, proved.witness | change)
    assert outcome.verdict is sp.Verdict.UNDECIDED


def test_one_branch_twice_is_no_horseshoe(proved):
    twice = [proved.witness["branches"][0]] * 2
    assert prove_horseshoe(proved.problem, proved.witness | {"branches": twice}).verdict is sp.Verdict.UNDECIDED


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("centre", np.zeros(3)),
        ("radius", math.nan),
        ("radius", -1.0),
        ("branches", []),
        ("branches", [np.zeros(2)] * 2),
    ],
)
def test_defective_witnesses_are_refused(proved, entry, value):
    with pytest.raises(sp.CertificateError):
        sp.check(replace(proved, witness=proved.witness | {entry: value}))


def test_a_larger_entropy_is_refused(proved):
    claims = tuple(
        replace(claim, enclosure=sp.Enclosure(0.5, math.inf)) if claim.name == "entropy" else claim
        for claim in proved.claims
    )
    with pytest.raises(sp.CertificateError, match="entropy"):
        sp.check(replace(proved, outcome=replace(proved.outcome, claims=claims)))


def test_points_that_do_not_repel_are_refused():
    with pytest.raises(sp.InputError, match="does not repel"):
        sp.certify_horseshoe([sympy.Rational(5, 2) * x * (1 - x)], [0.6])
    with pytest.raises(sp.InputError, match="start closer"):
        sp.certify_horseshoe([4 * x * (1 - x)], [0.3])
    with pytest.raises(sp.InputError, match="period"):
        sp.certify_horseshoe([4 * x * (1 - x)], [0.75], period=0)


def test_values_and_slopes_are_enclosed():
    box = Ball(np.array([[0.3]]), np.array([[0.1]]))
    for point in np.linspace(0.2, 0.4, 11):
        assert LOGISTIC.values(box).contains(4 * point * (1 - point)).all()
        assert LOGISTIC.slopes(box).contains(4 - 8 * point).all()


def test_jumps_on_a_branch_are_no_chaos():
    """Orbits that stay in [-1, 1] leave [-1/2, -1/6) upwards at once and never come back: the entropy is 0."""

    def jumping(v):
        left, middle, right = ((v >= place).astype(float) for place in (-0.5, 0.0, 0.5))
        return 3 * v + 100 * (1 - left) + 1.5 * (left - middle) + 100 * (middle - right) - 1.5 * right

    problem = HorseshoeStatement(trace(jumping, np.zeros(1))).as_tree()
    witness = {"centre": np.zeros(1), "radius": 1.0, "branches": [np.array([[-0.5]]), np.array([[0.5]])]}
    outcome = prove_horseshoe(problem, witness)
    assert outcome.verdict is sp.Verdict.UNDECIDED
    assert not outcome.claims


def test_a_search_that_leaves_the_domain_goes_on():
    """4x(1 - x) + log(x)/1000: far from its fixed point orbits become negative; Marotto's condition holds near it."""
    certificate = sp.certify_horseshoe([4 * x * (1 - x) + sympy.log(x) / 1000], [0.75])
    assert certificate.verdict is sp.Verdict.PROVED
    assert certificate.number("entropy").lower > 0


@pytest.mark.parametrize(
    ("map", "point"), [([sympy.log(x) - 5], -1.0), ([1 / x - x], 0.0), ([sympy.sqrt(x - 2) * 3], 1.0)]
)
def test_points_outside_of_the_domain_are_refused(map, point):
    with pytest.raises(sp.InputError, match="has no value at x"):
        sp.certify_horseshoe(map, [point])


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.integers(-30, 30), st.integers(-30, 30), st.integers(0, 4)), min_size=2, max_size=12))
def test_every_two_images_are_compared(corners):
    """Squares on a grid: they are told to be disjoint exactly when every two of them are."""
    images = [Ball(np.array([a, b], float), np.full(2, float(r))) for a, b, r in corners]
    apart = all(
        max(abs(p[0] - q[0]), abs(p[1] - q[1])) > p[2] + q[2] for i, p in enumerate(corners) for q in corners[:i]
    )
    assert _disjoint([InverseBranch(image, 1) for image in images]) is apart
