"""Counted discs against exact characteristic polynomials, whose roots Arb isolates with their multiplicity."""

import math

import numpy as np
import pytest
import scipy.linalg
from flint import acb, acb_mat, arb, ctx, fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.arithmetic import Ball
from certify.linear_algebra import ComplexBall, eigenvalues
from certify.linear_algebra.discs import Eigenvalues
from certify.linear_algebra.gershgorin import counted_discs
from foundation import InputError

SMALL_INTEGERS = st.integers(1, 5).flatmap(
    lambda n: hnp.arrays(np.float64, (n, n), elements=st.integers(-3, 3).map(float))
)
ANY_FLOATS = st.integers(1, 4).flatmap(
    lambda n: hnp.arrays(np.float64, (n, n), elements=st.floats(-1e3, 1e3, allow_subnormal=True))
)


def exact_roots(matrix: np.ndarray) -> list[tuple[acb, int]]:
    """Eigenvalues with multiplicity, to about 90 digits."""
    rows = [[fmpq(*float(x).as_integer_ratio()) for x in row] for row in matrix]
    with ctx.workprec(400):
        polynomial = fmpq_mat(rows).charpoly().numer()
        return [(acb(root), multiplicity) for root, multiplicity in polynomial.complex_roots()]


def assert_counted(discs: Eigenvalues, roots: list[tuple[acb, int]]) -> None:
    """Each root, a ball of about 400 bits, meets exactly one disc, and the counts and bounds agree."""
    with ctx.workprec(400):
        found = np.zeros(len(discs), int)
        for root, multiplicity in roots:
            inside = [
                k
                for k, (center, radius) in enumerate(zip(discs.centers, discs.radii, strict=True))
                if math.isinf(radius) or abs(root - acb(center.real, center.imag)).abs_lower() <= arb(radius)
            ]
            assert len(inside) == 1, (root, discs)
            k = inside[0]
            found[k] += multiplicity
            for value, (lower, upper) in ((abs(root), discs.moduli[k]), (root.real, discs.real_parts[k])):
                assert math.isinf(lower) or not value < arb(lower)
                assert math.isinf(upper) or not value > arb(upper)
            assert not discs.is_real[k] or root.imag.contains(0)
        assert found.tolist() == discs.counts.tolist()


@settings(deadline=None, max_examples=80)
@given(SMALL_INTEGERS)
def test_integer_matrices_with_multiple_and_defective_eigenvalues(matrix):
    assert_counted(eigenvalues(matrix), exact_roots(matrix))


@settings(deadline=None, max_examples=60)
@given(ANY_FLOATS)
def test_float_matrices(matrix):
    assert_counted(eigenvalues(matrix), exact_roots(matrix))


@settings(deadline=None, max_examples=40)
@given(SMALL_INTEGERS, st.integers(-12, 0), st.integers(0, 2**32 - 1))
def test_point_matrices_in_interval_matrices(matrix, exponent, seed):
    rng = np.random.default_rng(seed)
    rad = rng.random(matrix.shape) * 10.0**exponent
    point = np.clip(matrix + rad * rng.choice([-1, 1, 0.3], matrix.shape), matrix - rad, matrix + rad)
    rad = np.maximum(np.nextafter(np.abs(point - matrix), np.inf), rad)
    assert_counted(eigenvalues(Ball(matrix, rad)), exact_roots(point))


@pytest.mark.parametrize("size", [1, 2, 7, 40])
def test_jordan_blocks_are_exact(size):
    block = np.diag(np.full(size, 0.9)) + np.diag(np.ones(size - 1), 1)
    for matrix in (block, block.T):
        discs = eigenvalues(matrix)
        assert discs.centers.tolist() == [0.9]
        assert discs.radii.tolist() == [0.0]
        assert discs.counts.tolist() == [size]


@pytest.mark.parametrize("size", [2, 3, 5, 8, 12])
def test_hidden_jordan_block_gives_the_best_possible_disc(size):
    """The rounded similarity moves the eigenvalues by about eps^(1/k); the disc may not be much wider."""
    rng = np.random.default_rng(size)
    unitary = np.linalg.qr(rng.standard_normal((size, size)))[0]
    matrix = unitary @ (np.diag(np.full(size, 0.9)) + np.diag(np.ones(size - 1), 1)) @ unitary.T
    discs = eigenvalues(matrix)
    assert_counted(discs, exact_roots(matrix))
    assert discs.radii.max() < 3 * (size * 1e-15) ** (1 / size)


def test_hidden_jordan_block_of_size_40():
    rng = np.random.default_rng(1)
    unitary = np.linalg.qr(rng.standard_normal((40, 40)))[0]
    matrix = unitary @ (np.diag(np.full(40, 0.9)) + np.diag(np.ones(39), 1)) @ unitary.T
    discs = eigenvalues(matrix)
    assert discs.counts.tolist() == [40]
    assert 0 < discs.radii[0] < 0.6
    # the mean of the eigenvalues is tr A / n
    assert abs(np.trace(matrix) / 40 - discs.centers[0]) < discs.radii[0]


def test_clusters_are_counted_apart():
    rng = np.random.default_rng(2)
    blocks = scipy.linalg.block_diag(
        np.diag(np.full(3, 2.0)) + np.diag(np.ones(2), 1), -np.eye(2), np.array([[0.0, 4.0], [-4.0, 0.0]]), [[7.0]]
    )
    basis = rng.integers(-3, 4, (8, 8)) + 8 * np.eye(8)
    matrix = basis @ blocks @ np.linalg.inv(basis)
    discs = eigenvalues(matrix)
    assert_counted(discs, exact_roots(matrix))
    assert sorted(discs.counts.tolist()) == [1, 1, 1, 2, 3]
    assert discs.radii.max() < 1e-3


@pytest.mark.parametrize("size", [10, 60])
def test_random_matrices_are_sharp_and_contain_the_values_of_arb(size):
    rng = np.random.default_rng(size)
    matrix = rng.standard_normal((size, size))
    discs = eigenvalues(matrix)
    assert discs.counts.tolist() == [1] * size
    with ctx.workprec(128):
        values = acb_mat(matrix.tolist()).eig()
        for center, radius in zip(discs.centers, discs.radii, strict=True):
            near = [v for v in values if abs(v - acb(center.real, center.imag)) <= arb(radius)]
            assert len(near) == 1
    assert discs.radii.max() < 1e-12
    computed = np.linalg.eigvals(matrix)
    assert discs.is_real.sum() == (computed.imag == 0).sum()


def test_wrong_proposals_cost_width_not_soundness(monkeypatch):
    """Eigenvalues 1 % off, eigenvectors turned, the inverse 20 % off: the discs must still hold the truth."""
    module = __import__("certify.linear_algebra.similarity", fromlist=["similarity"])
    matrix = np.diag([1.0, 4.0, 9.0]) + 0.1 * np.ones((3, 3))
    exact = exact_roots(matrix)
    values, vectors = np.linalg.eig(matrix)
    a = ComplexBall.exact(matrix)
    for factor in (0.7, 1.0, 1.2):
        monkeypatch.setattr(module, "approximate_inverse", lambda x, factor=factor: factor * np.linalg.inv(x))
        for drift in (0.0, 0.01, -0.02):
            form = module.diagonalised(a, values * (1 + drift), vectors + drift, True)
            discs = counted_discs(form.centers, form.bound, np.ones(3), True)
            assert_counted(discs, exact)
            assert math.isfinite(discs.radii.max())


def test_conjugate_pairs_give_the_bounds_of_the_general_computation():
    """Poor proposals, so that the bounds are far above rounding: half of the rows must determine the others."""
    module = __import__("certify.linear_algebra.similarity", fromlist=["similarity"])
    rng = np.random.default_rng(8)
    matrix = rng.standard_normal((9, 9))
    values, vectors = np.linalg.eig(matrix)
    upper = np.flatnonzero(values.imag > 0)
    assert 0 < len(upper) < 4.5
    vectors = (np.eye(9) + 0.05 * rng.standard_normal((9, 9))) @ vectors
    vectors[:, upper + 1] = vectors[:, upper].conj()
    vectors[:, values.imag == 0] = vectors[:, values.imag == 0].real
    a = ComplexBall.exact(matrix)
    fast, general = (module.diagonalised(a, values * 1.01, vectors, real) for real in (True, False))
    assert np.allclose(fast.centers, general.centers, rtol=0, atol=1e-12)
    off = ~np.eye(9, dtype=bool)
    assert general.bound[off].min() > 1e-6
    assert np.allclose(fast.bound[off], general.bound[off], rtol=1e-6)
    exact = exact_roots(matrix)
    for form in (fast, general):
        assert_counted(counted_discs(form.centers, form.bound, np.ones(9), True), exact)


def test_complex_matrices():
    rng = np.random.default_rng(3)
    matrix = rng.standard_normal((12, 12)) + 1j * rng.standard_normal((12, 12))
    discs = eigenvalues(matrix)
    with ctx.workprec(128):
        values = acb_mat([[acb(z.real, z.imag) for z in row] for row in matrix]).eig()
        for center, radius in zip(discs.centers, discs.radii, strict=True):
            assert sum(bool(abs(v - acb(center.real, center.imag)) <= arb(radius)) for v in values) == 1
    assert discs.radii.max() < 1e-13
    assert eigenvalues(ComplexBall.exact(matrix)).dimension == 12
    wide = eigenvalues(ComplexBall(matrix, np.full((12, 12), 1e-6)))
    assert all((np.abs(wide.centers - c) <= wide.radii).any() for c in discs.centers)


@pytest.mark.parametrize("scale", [2.0**1000, 2.0**-1000, 2.0**-1060, 1.0])
def test_scales(scale):
    rng = np.random.default_rng(4)
    matrix = rng.integers(-9, 9, (5, 5)) * scale
    discs = eigenvalues(matrix)
    assert_counted(discs, exact_roots(matrix))
    assert discs.radii.max() <= 1e-12 * np.abs(matrix).max() + 1e-320


def test_graded_and_companion_matrices():
    rng = np.random.default_rng(5)
    grading = 10.0 ** np.arange(-6, 7, 2)
    graded = grading[:, None] * rng.standard_normal((7, 7)) / grading
    assert_counted(eigenvalues(graded), exact_roots(graded))
    assert eigenvalues(graded).radii.max() < 1e-10
    companion = scipy.linalg.companion(np.poly(np.arange(1.0, 13.0)))
    discs = eigenvalues(companion)
    assert_counted(discs, exact_roots(companion))
    assert discs.is_real.all()
    assert discs.radii.max() < 1e-5


def test_symmetric_matrices_give_real_intervals():
    rng = np.random.default_rng(6)
    matrix = rng.standard_normal((6, 6))
    matrix = matrix + matrix.T
    discs = eigenvalues(matrix)
    assert discs.is_real.all()
    assert_counted(discs, exact_roots(matrix))
    assert eigenvalues(np.eye(4)).counts.tolist() == [4]


def test_counts_for_stability():
    discs = eigenvalues(np.diag([-2.0, -0.5, 0.5, 3.0, 0.0]))
    assert discs.count_by_real_part() == (2, 2, 1)
    assert discs.count_by_modulus() == (3, 2, 0)
    assert discs.spectral_abscissa.upper == 3.0
    spiral = eigenvalues(np.array([[-0.1, 1.0], [-1.0, -0.1]]))
    assert spiral.count_by_real_part() == (2, 0, 0)
    assert not spiral.is_real.any()


def test_unbounded_and_wide_radii_are_sound():
    assert math.isinf(eigenvalues(Ball(np.zeros((2, 2)), np.full((2, 2), np.inf))).radii.max())
    triangular = Ball(np.array([[1.0, 0.0], [0.0, 2.0]]), np.array([[0.0, np.inf], [0.0, 0.0]]))
    assert sorted(eigenvalues(triangular).centers.real.tolist()) == [1.0, 2.0]
    wide = eigenvalues(Ball(np.diag([1.0, 2.0, 3.0]), np.ones((3, 3))))
    assert wide.dimension == 3
    assert wide.spectral_radius.upper >= 6.0  # diag(2, 3, 4) + (ones - eye) lies in the ball
    zero = eigenvalues(Ball(np.zeros((2, 2)), np.ones((2, 2))))
    assert zero.spectral_radius.lower == 0.0
    assert zero.spectral_radius.upper >= 2.0


@pytest.mark.parametrize(
    "bad", [np.zeros((2, 3)), np.zeros((0, 0)), np.array([[np.nan]]), np.array([[np.inf + 0j]]), "ab", np.zeros(3)]
)
def test_bad_input(bad):
    with pytest.raises(InputError):
        eigenvalues(bad)
