"""All eigenvalues: containment against exact characteristic polynomials, widths, indices and bad input."""

from fractions import Fraction
from itertools import pairwise

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from certify.arithmetic import Ball
from certify.linear_algebra import symmetric_eigenvalues
from certify.linear_algebra.symmetric_eigenvalues import two_product
from foundation import InputError

entries = st.floats(-4, 4, width=32, allow_subnormal=False)
squares = st.integers(1, 5).flatmap(lambda n: arrays(np.float64, (n, n), elements=entries))


def _mirror(matrix):
    return np.triu(matrix) + np.triu(matrix, 1).T


@settings(deadline=None, max_examples=60)
@given(squares)
def test_each_interval_contains_the_eigenvalue_of_its_index(exact, roots_of, inside, square):
    matrix = _mirror(square)
    result = symmetric_eigenvalues(matrix)
    roots = roots_of(exact(matrix))
    assert len(roots) == len(result)
    assert all(inside(*bounds) for bounds in zip(result.lower, roots, result.upper, strict=True))
    assert result.width <= 1e-14 * max(np.abs(matrix).sum(), 1e-300) + 1e-300


@settings(deadline=None, max_examples=40)
@given(squares, st.sampled_from([1e-9, 1e-3, 0.5, 10.0]), st.integers(0, 2**32 - 1))
def test_a_ball_matrix_encloses_the_eigenvalues_of_its_members(exact, roots_of, inside, square, size, seed):
    rng = np.random.default_rng(seed)
    mid = _mirror(square)
    rad = _mirror(size * rng.random(mid.shape))
    result = symmetric_eigenvalues(Ball(mid, rad))
    corners = np.where(_mirror(rng.random(mid.shape)) < 0.5, -1.0, 1.0)
    for share in (corners, _mirror(rng.uniform(-1, 1, mid.shape))):
        member = mid + share * rad * (1 - 1e-12)
        inside_ball = np.abs(member - mid) <= rad
        member = np.where(inside_ball, member, mid)
        roots = roots_of(exact(member))
        assert all(inside(*bounds) for bounds in zip(result.lower, roots, result.upper, strict=True))


def test_adversarial_matrices(adversarial, exact, roots_of, inside):
    for name, matrix in adversarial.items():
        result = symmetric_eigenvalues(matrix)
        roots = roots_of(exact(matrix))
        assert all(inside(*bounds) for bounds in zip(result.lower, roots, result.upper, strict=True)), name
        assert result.width <= 1e-13 * np.abs(matrix).sum() + 1e-320, name


def test_clusters_are_counted_and_disjoint(adversarial):
    result = symmetric_eigenvalues(adversarial["cluster"])
    ranges = result.clusters
    assert ranges[0][0] == 0
    assert ranges[-1][1] == len(result)
    assert all(a[1] == b[0] for a, b in pairwise(ranges))
    assert all(result.upper[a[0] : a[1]].max() < result.lower[b[0] : b[1]].min() for a, b in pairwise(ranges))
    assert (4, 5) in ranges
    assert (5, 6) in ranges
    with mpmath.workdps(50):
        truth = sorted(mpmath.eigsy(mpmath.matrix(adversarial["cluster"].tolist()), eigvals_only=True))
        for a, b in ranges:
            assert all(result.lower[a:b].min() <= x <= result.upper[a:b].max() for x in truth[a:b])


def test_isolated_eigenvalues_are_enclosed_to_a_few_units_in_the_last_place():
    rng = np.random.default_rng(3)
    matrix = _mirror(rng.standard_normal((60, 60)))
    result = symmetric_eigenvalues(matrix)
    largest = np.maximum(np.abs(result.lower), np.abs(result.upper))
    assert (result.upper - result.lower <= 8 * np.spacing(largest) + 1e-16).all()


def test_closed_form_of_a_long_path():
    # the path graph's Laplacian has eigenvalues 2 - 2 cos(pi k / n) = 4 sin^2(pi k / (2n)), k = 0..n-1
    n = 300
    matrix = 2 * np.eye(n) - np.diag(np.ones(n - 1), 1) - np.diag(np.ones(n - 1), -1)
    matrix[0, 0] = matrix[-1, -1] = 1
    result = symmetric_eigenvalues(matrix)
    truth = 4 * np.sin(np.pi * np.arange(n) / (2 * n)) ** 2
    assert (result.lower <= truth + 4e-15).all()
    assert (truth - 4e-15 <= result.upper).all()
    assert result.width <= 1e-14


def test_a_smaller_ball_is_not_enclosed_more_widely():
    rng = np.random.default_rng(1)
    mid = _mirror(rng.standard_normal((20, 20)))
    outer = symmetric_eigenvalues(Ball(mid, np.full(mid.shape, 1e-3)))
    inner = symmetric_eigenvalues(Ball(mid, np.full(mid.shape, 1e-6)))
    assert (outer.lower <= inner.lower).all()
    assert (inner.upper <= outer.upper).all()


def test_unbounded_radii_give_infinite_intervals():
    result = symmetric_eigenvalues(Ball(np.zeros((2, 2)), np.full((2, 2), np.inf)))
    assert np.isneginf(result.lower).all()
    assert np.isposinf(result.upper).all()


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        ([[1.0, 2.0], [2.5, 1.0]], "differ by 0.5"),
        ([[np.nan]], "nan"),
        ([[1.0, np.inf], [np.inf, 1.0]], "inf"),
        (np.zeros((0, 0)), "shape"),
        (np.zeros((2, 3)), "shape"),
        (np.zeros(3), "shape"),
        ([["a"]], "real numbers"),
    ],
)
def test_bad_input_is_refused(matrix, words):
    with pytest.raises(InputError, match=words):
        symmetric_eigenvalues(matrix)


def test_a_ball_matrix_needs_a_symmetric_member():
    mid = np.array([[1.0, 2.0], [2.1, 1.0]])
    with pytest.raises(InputError, match=r"differ by 0\.1"):
        symmetric_eigenvalues(Ball(mid, np.full((2, 2), 0.01)))
    assert len(symmetric_eigenvalues(Ball(mid, np.full((2, 2), 0.06)))) == 2


def test_the_error_of_a_product_is_exact():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(1000) * 10.0 ** rng.integers(-40, 40, 1000), rng.standard_normal(1000)
    head, tail = two_product(x, y)
    assert (tail.rad == 0).all()
    pairs = zip(x, y, head, tail.mid, strict=True)
    assert all(Fraction(a) * Fraction(b) == Fraction(h) + Fraction(t) for a, b, h, t in pairs)


def test_the_error_of_a_tiny_product_is_enclosed():
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal(2000) * 2.0 ** rng.integers(-560, -440, 2000), rng.standard_normal(2000) * 2.0**-480
    head, tail = two_product(x, y)
    rows = zip(x, y, head, tail.mid, tail.rad, strict=True)
    assert all(abs(Fraction(a) * Fraction(b) - Fraction(h) - Fraction(t)) <= Fraction(r) for a, b, h, t, r in rows)
