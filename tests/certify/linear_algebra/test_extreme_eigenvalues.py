"""Smallest and largest eigenvalue: containment, width, sides that a wrong shift would break."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from certify.arithmetic import Ball
from certify.linear_algebra import extreme_eigenvalues, largest_eigenvalue, smallest_eigenvalue
from certify.linear_algebra import extreme_eigenvalues as package_export
from certify.linear_algebra.extreme_eigenvalues import certified_shift
from certify.linear_algebra.lanczos import extreme_ritz_pairs, lanczos
from certify.linear_algebra.shifted_cholesky import smallest_eigenvalue_bound
from foundation import InputError

entries = st.floats(-4, 4, width=32, allow_subnormal=False)
squares = st.integers(1, 5).flatmap(lambda n: arrays(np.float64, (n, n), elements=entries))


def _mirror(matrix):
    return np.triu(matrix) + np.triu(matrix, 1).T


@settings(deadline=None, max_examples=60)
@given(squares, st.sampled_from([0.0, 1e-8, 0.1]))
def test_both_ends_are_enclosed(exact, roots_of, inside, square, size):
    mid = _mirror(square)
    low, high = extreme_eigenvalues(Ball(mid, np.full(mid.shape, size)) if size else mid)
    roots = roots_of(exact(mid))
    assert inside(low.lower, roots[0], low.upper)
    assert inside(high.lower, roots[-1], high.upper)
    assert high.width <= 1e-12 * (np.abs(mid).sum() + 1e-290) + 2.1 * size * len(mid)


def test_adversarial_matrices(adversarial, exact, roots_of, inside):
    for name, matrix in adversarial.items():
        low, high = extreme_eigenvalues(matrix)
        roots = roots_of(exact(matrix))
        assert inside(low.lower, roots[0], low.upper), name
        assert inside(high.lower, roots[-1], high.upper), name
        assert max(low.width, high.width) <= 1e-12 * np.abs(matrix).sum() + 1e-300 or name == "largest"


@pytest.mark.parametrize("size", [40, 350])
def test_members_of_a_ball_matrix_are_enclosed(size):
    rng = np.random.default_rng(size)
    mid = _mirror(rng.standard_normal((size, size)))
    rad = _mirror(rng.random((size, size)) * 1e-3)
    low, high = extreme_eigenvalues(Ball(mid, rad))
    for sign in (1.0, -1.0):
        # the member that moves the largest eigenvalue the most, to first order
        vector = np.linalg.eigh(mid)[1][:, -1 if sign > 0 else 0]
        member = mid + sign * np.sign(np.outer(vector, vector)) * rad * 0.999
        values = np.linalg.eigvalsh(member)
        assert low.lower <= values[0] + 1e-12
        assert values[0] - 1e-12 <= low.upper
        assert high.lower <= values[-1] + 1e-12
        assert values[-1] - 1e-12 <= high.upper
    assert high.width <= 2.5 * np.linalg.norm(rad, 2)


@pytest.mark.parametrize("size", [200, 500])
def test_relative_width_of_random_matrices(size):
    matrix = _mirror(np.random.default_rng(size).standard_normal((size, size)))
    low, high = extreme_eigenvalues(matrix)
    assert high.width <= 1e-11 * high.upper
    assert low.width <= -1e-11 * low.lower
    values = np.linalg.eigvalsh(matrix)
    assert abs(high.midpoint - values[-1]) <= 1e-11 * high.upper


def test_closed_form_of_a_path():
    n = 400
    matrix = 2 * np.eye(n) - np.diag(np.ones(n - 1), 1) - np.diag(np.ones(n - 1), -1)
    low, high = extreme_eigenvalues(matrix)
    # Dirichlet Laplacian: 4 sin^2(pi k / (2(n + 1))), k = 1..n
    assert low.contains(4 * math.sin(math.pi / (2 * (n + 1))) ** 2)
    assert high.contains(4 * math.sin(math.pi * n / (2 * (n + 1))) ** 2)
    assert max(low.width, high.width) <= 1e-11


def test_a_cluster_at_the_end():
    matrix = np.eye(400)
    matrix[0, 0] = 0.0
    low, high = extreme_eigenvalues(matrix)
    assert low.contains(0.0)
    assert high.contains(1.0)
    assert max(low.width, high.width) <= 1e-11


def test_single_sides_and_one_by_one():
    matrix = np.diag([1.0, 2.0, 4.0])
    assert smallest_eigenvalue(matrix).contains(1.0)
    assert largest_eigenvalue(matrix).contains(4.0)
    assert extreme_eigenvalues([[3.0]]) == (largest_eigenvalue([[3.0]]), smallest_eigenvalue([[3.0]]))
    assert largest_eigenvalue([[3.0]]).width == 0
    assert package_export is extreme_eigenvalues


def test_unbounded_radii_give_infinite_enclosures():
    for enclosure in extreme_eigenvalues(Ball(np.zeros((2, 2)), np.array([[0.0, np.inf], [np.inf, 0.0]]))):
        assert enclosure.lower == -math.inf
        assert enclosure.upper == math.inf


def test_bad_input_is_refused():
    with pytest.raises(InputError, match="symmetric"):
        extreme_eigenvalues([[1.0, 2.0], [0.0, 1.0]])
    with pytest.raises(InputError, match="shape"):
        extreme_eigenvalues(np.zeros((0, 0)))


def test_the_cholesky_bound_holds_for_any_factor(monkeypatch):
    """A wrong factor may only weaken the bound: the proof does not rest on LAPACK."""
    matrix = _mirror(np.random.default_rng(0).standard_normal((30, 30)) * 0.1) + 3 * np.eye(30)
    truth = np.linalg.eigvalsh(matrix)[0]
    honest = smallest_eigenvalue_bound(matrix, 0.5)
    assert 0.499 < honest <= 0.5
    from certify.linear_algebra import shifted_cholesky

    def corrupted(argument, **options):
        factor, _ = original(argument, **options)
        factor[3, 7] += 10.0
        return factor, 0

    original = shifted_cholesky.lapack.dpotrf
    monkeypatch.setattr(shifted_cholesky.lapack, "dpotrf", corrupted)
    weak = smallest_eigenvalue_bound(matrix, 0.5)
    assert weak < truth - 5


def test_a_shift_beyond_the_spectrum_proves_nothing():
    matrix = np.diag([1.0, 2.0])
    assert smallest_eigenvalue_bound(matrix, 1.5) == -math.inf
    assert smallest_eigenvalue_bound(matrix, -2.5, sign=-1) <= -2.0
    assert smallest_eigenvalue_bound(matrix, -1.9, sign=-1) == -math.inf


def test_every_shift_gives_a_bound_below_the_exact_eigenvalue(exact, roots_of):
    rng = np.random.default_rng(2)
    for _ in range(30):
        matrix = _mirror(rng.integers(-8, 8, (4, 4)).astype(float)) / 8
        smallest = roots_of(exact(matrix))[0]
        for gap in (1e-15, 1e-13, 1e-6, 1.0):
            bound = smallest_eigenvalue_bound(matrix, float(smallest) - gap, iterations=int(rng.integers(0, 4)))
            assert bound == -math.inf or not smallest < bound
            assert bound == -math.inf or bound >= float(smallest) - gap - 1e-13


def test_certified_shift_never_passes_its_fallback():
    assert certified_shift(lambda alpha: alpha, 1.0, 0.5, 1.2) == 1.2
    assert certified_shift(lambda alpha: alpha if alpha > 2 else math.inf, 1.0, 0.5, 100.0) == 9.0
    assert certified_shift(lambda alpha: math.inf, 1.0, 0.5, 7.0) == 7.0


def test_ritz_pairs_find_a_crowded_end():
    rng = np.random.default_rng(0)
    factor = rng.standard_normal((320, 320))
    matrix = factor @ factor.T / 320
    values = np.linalg.eigvalsh(matrix)
    low, high = extreme_ritz_pairs(matrix, 1e-13)
    assert abs(low.value - values[0]) <= 1e-11
    assert abs(high.value - values[-1]) <= 1e-11


def test_lanczos_stops_in_an_invariant_subspace():
    low, high = lanczos(lambda x: x * np.array([1.0, 2.0, 2.0, 2.0]), np.array([1.0, 1.0, 0.0, 0.0]), 4)
    assert low.value == pytest.approx(1.0)
    assert high.value == pytest.approx(2.0)


@pytest.mark.parametrize("size", [2, 50, 200])
def test_the_rounding_of_the_residual_is_charged_even_where_it_vanishes(size):
    # R = I is exact and the residual zero; gamma_n || |R| ||^2 = gamma_n must be paid all the same
    slack = -smallest_eigenvalue_bound(np.eye(size), 0.0)
    assert size * 2.0**-53 <= slack <= 4 * size * 2.0**-53 + 1e-15
