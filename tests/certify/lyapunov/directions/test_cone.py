"""Invariant cones in the plane with Chebyshev trial functions."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from flint import arb, ctx, fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.directions import chebyshev, cone
from certify.lyapunov.families.family import Family, matrix_family
from foundation import CertificateError
from search.lyapunov.directions import cone as cone_search
from search.lyapunov.directions.invariant_cone import invariant_cone

Known = Callable[[str], tuple[Family, float]]


def _proved(family: Family, effort: int = 2) -> Enclosure:
    return cone.prove(family, cone_search.propose(family, effort, math.inf))


@pytest.mark.parametrize(
    ("name", "digits"),
    [
        ("cone", "-0.00367856843944"),
        ("singular", "-0.004602033302672291816"),
        ("product", "-0.1880720430734554388"),
        ("shears", "0.39621256429774455909"),
    ],
)
def test_known_exponents_to_the_last_digits(known: Known, name: str, digits: str) -> None:
    found = _proved(known(name)[0])
    assert found.width < 1e-14
    unit = Fraction(1, 10 ** len(digits.split(".")[1]))
    assert Fraction(found.lower) - unit <= Fraction(digits) <= Fraction(found.upper) + unit


def _mean_growth(matrices: np.ndarray, steps: int) -> float:
    """E log of the sum of entries of all words of `steps` letters, minus the same with one letter fewer."""
    means, vectors = [], np.ones((2, 1))
    for _ in range(steps):
        vectors = np.concatenate([matrix @ vectors for matrix in matrices], axis=1)
        means.append(np.log(vectors.sum(axis=0)).mean())
    return float(means[-1] - means[-2])


@settings(deadline=None, max_examples=15)
@given(st.lists(st.lists(st.integers(1, 6), min_size=4, max_size=4), min_size=2, max_size=2))
def test_positive_families_against_all_words(entries: list[list[int]]) -> None:
    matrices = np.array(entries, float).reshape(-1, 2, 2)
    found = _proved(matrix_family(matrices), 1)
    # Birkhoff's contraction of matrices with entries in [1, 6] is at most (6 - 1)/(6 + 1) a step
    assert abs(found.midpoint - _mean_growth(matrices, 15)) < 1e-9 + 20 * (5 / 7) ** 14
    assert found.width < 1e-11


def test_signs_do_not_matter() -> None:
    family = matrix_family([[[-2, -1], [-1, -1]], [[3, 1], [1, 2]]])
    plain = matrix_family([[[2, 1], [1, 1]], [[3, 1], [1, 2]]])
    assert _proved(family).intersect(_proved(plain)).width < 1e-13


def test_ball_input_is_an_enclosure_of_every_member() -> None:
    mid = np.array([[[2.0, 1.0], [1.0, 1.0]], [[1.0, 3.0], [1.0, 2.0]]])
    family = matrix_family(Ball(mid, np.full(mid.shape, 1e-6)))
    found = _proved(family)
    assert 1e-7 < found.width < 1e-3
    for change in (-1e-6, 1e-6):
        assert found.encloses(_proved(matrix_family(mid + change)))
    same_witness = cone.prove(matrix_family(mid), cone_search.propose(family, 1, math.inf))
    assert found.encloses(same_witness)


def test_probability_balls_are_respected() -> None:
    mid = np.array([[[2.0, 1.0], [1.0, 1.0]], [[1.0, 3.0], [1.0, 2.0]]])
    found = _proved(matrix_family(mid, Ball(np.array([0.5, 0.5]), np.array([0.01, 0.01]))))
    for p in (0.49, 0.51):
        assert found.encloses(_proved(matrix_family(mid, [p, 1 - p])))


@pytest.mark.parametrize("name", ["fibonacci", "unstable", "collinear"])
def test_families_without_a_cone_are_left_open(known: Known, name: str) -> None:
    assert invariant_cone(known(name)[0].matrices.mid) is None
    assert _proved(known(name)[0]) == Enclosure(-math.inf, math.inf)


def test_a_starved_search_is_wide_but_sound(known: Known) -> None:
    family, truth = known("shears")
    witness = cone_search.propose(family, 0, -math.inf)
    witness["coefficients"] = witness["coefficients"][:3]
    witness["corrections"] = witness["corrections"][:3]
    found = cone.prove(family, witness)
    assert found.contains(truth)
    assert found.width > 1e-4


def test_a_wrong_trial_function_gives_a_wide_sound_enclosure(known: Known) -> None:
    family, truth = known("cone")
    witness = cone_search.propose(family, 1, math.inf)
    witness["coefficients"] = witness["coefficients"] + np.linspace(0.3, -0.2, len(witness["coefficients"]))
    found = cone.prove(family, witness)
    assert found.contains(truth)
    assert found.width > 0.1


def test_bad_witnesses_are_refused(known: Known) -> None:
    family = known("cone")[0]
    good = cone_search.propose(family, 0, math.inf)
    bad = [
        {"basis": np.eye(2)},
        {"basis": np.array([[1.0, 2.0], [1.0, 2.0]])},
        {"basis": np.eye(3)},
        {"rho": 1.0},
        {"rho": 1e5},
        {"rho": math.nan},
        {"points": 0},
        {"precision": 10},
        {"coefficients": np.array([math.nan, 1.0])},
        {"corrections": np.zeros(2)},
    ]
    for change in bad:
        with pytest.raises(CertificateError):
            cone.prove(family, good | change)
    for name in good:
        with pytest.raises(CertificateError):
            cone.prove(family, {key: value for key, value in good.items() if key != name})


def test_the_cone_of_another_family_is_refused(known: Known) -> None:
    witness = cone_search.propose(known("cone")[0], 0, math.inf)
    with pytest.raises(CertificateError):
        cone.prove(known("fibonacci")[0], witness)


def test_a_cone_that_one_matrix_leaves_is_refused() -> None:
    # the quadrant: the second matrix moves (1, 0) out of it, with positive sums of coordinates
    family = matrix_family([[[2, 1], [1, 1]], [[2, 1], [-1, 3]]])
    good = cone_search.propose(matrix_family([[[2, 1], [1, 1]], [[2, 1], [0, 3]]]), 0, math.inf)
    with pytest.raises(CertificateError, match="not proved to be invariant"):
        cone.prove(family, good | {"basis": np.eye(2)})


@settings(deadline=None, max_examples=25)
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=12), st.integers(12, 30))
def test_interpolation_bounds_contain_the_range(coefficients: list[float], count: int) -> None:
    with ctx.workprec(200):
        series = [arb(c) for c in coefficients]
        values = [chebyshev.evaluate(series, t) for t in chebyshev.chebyshev_points(count)]
        bound = chebyshev.bound_on_ellipse(series, arb(3))
        ball = chebyshev.interpolation_bounds(values, bound, arb(3))
        for t in np.linspace(-1, 1, 101):
            assert ball.contains(chebyshev.evaluate(series, arb(float(t))).mid())


def test_interpolation_bounds_see_what_the_points_miss() -> None:
    # T_10 is 1 at all points cos(j pi/5)
    with ctx.workprec(200):
        series = [arb(0)] * 10 + [arb(1)]
        values = [chebyshev.evaluate(series, t) for t in chebyshev.chebyshev_points(5)]
        ball = chebyshev.interpolation_bounds(values, chebyshev.bound_on_ellipse(series, arb(2)), arb(2))
        assert ball.contains(-1)
        assert ball.contains(1)


def test_ellipses() -> None:
    with ctx.workprec(100):
        rho = arb(1.75)
        arcs = chebyshev.ellipse_arcs(rho, 16)
        for angle in np.linspace(0, math.pi, 50):
            w = 1.75 * complex(math.cos(angle), math.sin(angle))
            z = (w + 1 / w) / 2
            assert any(
                abs(float(a.real.mid()) - z.real) <= float(a.real.rad()) + 1e-12
                and abs(float(a.imag.mid()) - z.imag) <= float(a.imag.rad()) + 1e-12
                for a in arcs
            )
        for arc in arcs:
            assert float(chebyshev.ellipse_parameter(arc)) >= 1.75


@pytest.mark.parametrize(
    "change", [[[3, 1], [7, 5]], [[2, -7], [11, 3]], [[100, 1], [99, 1]], [[1, 0], [Fraction(1, 3), 1]]]
)
def test_touching_cones_in_other_coordinates(change: list[list[Any]]) -> None:
    # the cone of the shears is spanned by the eigenvectors of its double eigenvalues, here with whole coordinates
    (a, b), (c, d) = change
    determinant = Fraction(a * d - b * c)
    base, inverse = fmpq_mat([[_fmpq(x) for x in row] for row in change]), [[d, -b], [-c, a]]
    back = fmpq_mat([[_fmpq(Fraction(x) / determinant) for x in row] for row in inverse])
    letters = [base * fmpq_mat(m) * back for m in ([[1, 1], [0, 1]], [[1, 0], [1, 1]])]
    found = _proved(matrix_family(letters), 0)
    assert found.lower <= 0.39621256429774456 <= found.upper
    assert found.width < 1e-13


def test_a_thin_neighbourhood_of_the_cone_needs_a_high_degree() -> None:
    # product-features at s = 11/10, eta = 1/3; every degree gives a sharper enclosure of one number
    eta, s = Fraction(1, 3), Fraction(11, 10)
    letters = [[[1 - eta * (s + 1), -eta * (s - 1)], [0, 1]], [[1, 0], [-eta * (s - 1), 1 - eta * (s + 1)]]]
    rough, sharp = (_proved(matrix_family(letters), effort) for effort in (0, 1))
    assert sharp.width < 1e-14 < rough.width + 1e-14
    assert rough.lower <= sharp.lower <= sharp.upper <= rough.upper


def _fmpq(value: Fraction | int) -> fmpq:
    return fmpq(Fraction(value).numerator, Fraction(value).denominator)


@pytest.mark.parametrize("sign", [1, -1])
def test_a_reflection_attracts_no_direction(sign: int) -> None:
    """The exchange of coordinates keeps the positive quadrant, also with its sign turned; its eigenvalues are 1, -1."""
    matrices = np.array([[[0.0, sign], [sign, 0.0]], [[3.0, 1.0], [1.0, 2.0]], [[1.0, 2.0], [1.0, 3.0]]])
    basis = invariant_cone(matrices)
    assert basis is not None
    inside = np.linalg.solve(basis, matrices @ basis)
    assert all((image > -1e-15).all() or (image < 1e-15).all() for image in inside)
