"""Pitchforks and transcritical points on branches inside of invariant subspaces, against coefficients known exactly."""

from dataclasses import replace

import numpy as np
import pytest
import sympy

import stabproof as sp
from certify.branch import prove_branch
from certify.branch.points import special_point
from certify.branch.problem import BranchProblem
from certify.certificate import check
from foundation import CertificateError

x, y, z, p = sympy.symbols("x y z p", real=True)
Q = sympy.Rational


def said(found, name):
    return found.outcome.claim(name).statement.parameters


def unstable(found):
    return [c.statement.parameters["unstable"] for c in found.claims if c.name.startswith("part")]


@pytest.fixture(scope="module")
def bent():
    """y = x^2 to lowest order, so that x' = p x - 2 x^3: the cubic coefficient is that of the centre manifold."""
    field = [p * x - x * y - x**3, x**2 - y]
    return sp.certify_branch(field, [0, 0], (p, Q(-1, 16), Q(1, 16)), variables=[x, y], symmetry=[[-1, 0], [0, 1]])


def test_a_pitchfork_on_a_bent_centre_manifold(bent):
    assert bent.verdict is sp.Verdict.PROVED
    assert said(bent, "point_1") == {"index": 1, "what": "pitchfork", "stable": 1, "unstable": 0}
    assert 0 in bent.number("point_1")
    assert 1 in bent.number("crossing_1")
    assert -2 in bent.number("coefficient_1")
    assert bent.number("coefficient_1").width < 1e-10
    assert said(bent, "coefficient_1")["criticality"] == "supercritical"
    assert unstable(bent) == [0, -1, 1]
    assert {h.name: h.status.name for h in bent.hypotheses} == {"smooth": "PROVED", "symmetry": "PROVED"}
    assert check(bent).verdict is sp.Verdict.PROVED


@pytest.mark.parametrize(("cubic", "kind"), [(-3, "supercritical"), (Q(1, 2), "subcritical")])
def test_two_that_are_coupled_leave_their_common_state(cubic, kind):
    """x = -y = u of (p x + c x^3 - y, p y + c y^3 - x): u' = (p + 1) u + c u^3, |(1, -1)|^2 = 2."""
    field = [p * x + cubic * x**3 - y, p * y + cubic * y**3 - x]
    found = sp.certify_branch(field, [0, 0], (p, Q(-17, 16), Q(-15, 16)), variables=[x, y], symmetry=[[0, 1], [1, 0]])
    assert found.verdict is sp.Verdict.PROVED
    assert -1 in found.number("point_1")
    assert Q(cubic) / 2 in found.number("coefficient_1")
    assert said(found, "coefficient_1")["criticality"] == kind


def test_a_predator_appears():
    """At p = 1/2, v = (-1, 1) and <w, D^2 F(v, v)> / 2 = -p."""
    field = [x * (1 - x) - x * y, y * (p * x - Q(1, 2))]
    found = sp.certify_branch(field, [1, 0], (p, Q(3, 8), Q(5, 8)), variables=[x, y], absent=[y])
    assert found.verdict is sp.Verdict.PROVED
    assert said(found, "point_1") == {"index": 1, "what": "transcritical", "stable": 1, "unstable": 0}
    assert Q(1, 2) in found.number("point_1")
    assert 1 in found.number("crossing_1")
    size = found.number("coefficient_1")
    assert size.lower**2 <= 1 / 8 <= size.upper**2
    assert size.width < 1e-10
    assert unstable(found) == [0, -1, 1]


def test_an_odd_map_in_small_units():
    """x -> p x - u x^3 with u = 1e24: states of size 1e-12."""
    found = sp.certify_branch([p * x - 10**24 * x**3], [0], (p, Q(3, 4), Q(5, 4)), kind="map", symmetry="odd")
    assert found.verdict is sp.Verdict.PROVED
    assert 1 in found.number("point_1")
    assert 1 in found.number("crossing_1")
    assert found.number("coefficient_1").contains(-1e24)
    assert unstable(found) == [0, -1, 1]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"symmetry": "odd"}, "not proved to be invariant"),
        ({"symmetry": [[2]]}, "entries 0, 1, -1"),
        ({"symmetry": [[1]]}, "is the identity"),
        ({"symmetry": [[1, 0]]}, "shape"),
        ({"absent": 1}, "indices from 0 to 0"),
        ({"absent": 0, "symmetry": "odd"}, "not both"),
    ],
)
def test_what_is_no_invariant_subspace_is_refused(given, message):
    with pytest.raises(sp.InputError, match=message):
        sp.certify_branch([p * x + x**2], [0], (p, -1, 1), **given)


def test_x0_lies_in_the_subspace():
    for given, message in (({"symmetry": "odd"}, "must have the symmetry"), ({"absent": 0}, "must be 0")):
        with pytest.raises(sp.InputError, match=message):
            sp.certify_branch([p * x + x**3], [1], (p, -1, 1), **given)


def test_forged_subspaces_and_points_prove_nothing(bent):
    problem, witness = dict(bent.problem), dict(bent.witness)
    for matrix in (-np.eye(2), np.eye(2), np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[-1.0, 0.5], [0.0, 1.0]])):
        with pytest.raises(CertificateError):
            prove_branch(problem | {"symmetry": matrix}, witness)
    plain = {key: value for key, value in problem.items() if key != "symmetry"}
    with pytest.raises(CertificateError):
        prove_branch(plain, witness)
    (entry,) = witness["points"]
    statement = BranchProblem.from_tree(problem)
    for change in (
        {"point": "transcritical"},
        {"point": "fold"},
        {"unknowns": entry["unknowns"] + 0.1},
        {"normal": 0 * entry["normal"]},
        {"inverse": entry["inverse"][:2]},
    ):
        with pytest.raises(CertificateError):
            special_point(statement, dict(entry) | change)
    with pytest.raises(CertificateError):
        check(replace(bent, problem=problem | {"absent": np.array([0])}))


def test_crossings_are_named_by_proved_coefficients():
    x, p = sympy.symbols("x p", real=True)
    named = [([p * x - x**2], {"absent": [0]}, "transcritical"), ([p * x - x**3], {"symmetry": [[-1]]}, "pitchfork")]
    open_ = [([p * x - 3 * x**3], {"absent": [0]}), ([p * x], {"absent": [0]}), ([p * x], {"symmetry": [[-1]]})]
    for field, options, word in named:
        said = sp.certify_branch(field, [0.0], (p, -1, 1), variables=[x], **options).claims
        assert any(f"a {word} point" in claim.statement for claim in said)
    for field, options in open_:
        said = sp.certify_branch(field, [0.0], (p, -1, 1), variables=[x], **options).claims
        assert not any("transcritical" in claim.statement or "pitchfork" in claim.statement for claim in said)
        assert any("more is not proved" in claim.statement for claim in said)
