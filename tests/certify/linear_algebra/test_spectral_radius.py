"""Spectral radii against exact characteristic polynomials and closed forms."""

import math
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx, fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.linear_algebra import ComplexBall, spectral_radius
from certify.linear_algebra.stein import stein_bound
from foundation import InputError

MATRICES = st.integers(1, 5).flatmap(
    lambda n: hnp.arrays(np.float64, (n, n), elements=st.one_of(st.integers(-2, 2).map(float), st.floats(-1e3, 1e3)))
)
NONNEGATIVE = st.integers(1, 5).flatmap(
    lambda n: hnp.arrays(np.float64, (n, n), elements=st.one_of(st.integers(0, 2).map(float), st.floats(0, 1e3)))
)


def assert_inside(enclosure: Enclosure, matrix: np.ndarray) -> None:
    rows = [[fmpq(*float(x).as_integer_ratio()) for x in row] for row in matrix]
    with ctx.workprec(2000):
        moduli = [abs(root) for root, _ in fmpq_mat(rows).charpoly().numer().complex_roots()]
        assert all(modulus.lower() <= arb(enclosure.upper) for modulus in moduli)
        assert any(modulus.upper() >= arb(enclosure.lower) for modulus in moduli)


@settings(deadline=None, max_examples=80)
@given(MATRICES)
def test_float_matrices(matrix):
    assert_inside(spectral_radius(matrix), matrix)


@settings(deadline=None, max_examples=60)
@given(NONNEGATIVE)
def test_nonnegative_matrices(matrix):
    assert_inside(spectral_radius(matrix), matrix)


@settings(deadline=None, max_examples=40)
@given(MATRICES, st.integers(-12, 0), st.integers(0, 2**32 - 1))
def test_point_matrices_in_interval_matrices(matrix, exponent, seed):
    point = matrix + np.random.default_rng(seed).standard_normal(matrix.shape) * 10.0**exponent
    assert_inside(spectral_radius(Ball(matrix, np.nextafter(np.abs(point - matrix), np.inf))), point)


@settings(deadline=None, max_examples=40)
@given(MATRICES, st.floats(0.01, 2.0))
def test_stein_bound_alone(matrix, factor):
    target = factor * max(float(np.abs(np.linalg.eigvals(matrix)).max()), 1e-3)
    assert_inside(Enclosure(0.0, stein_bound(Ball.exact(matrix), target)), matrix)


@pytest.mark.parametrize("entry", [0.1, 1 / 3, 0.7, 1e-200])
def test_constant_matrices_where_the_rounded_row_sums_lie_on_either_side(entry):
    """The spectral radius of the n x n matrix of equal entries is n times the entry, exactly."""
    for size in range(2, 60):
        result = spectral_radius(np.full((size, size), entry))
        assert result.contains(size * Fraction(entry))
        assert result.width <= 1e-12 * result.upper


def test_sharp_for_random_matrices():
    rng = np.random.default_rng(0)
    for matrix in (rng.standard_normal((80, 80)), rng.random((80, 80)), rng.standard_normal((30, 30)) * 1e-200):
        result = spectral_radius(matrix)
        assert result.width <= 1e-12 * result.upper
        assert result.lower * (1 - 1e-12) <= np.abs(np.linalg.eigvals(matrix)).max() <= result.upper * (1 + 1e-12)


def test_jordan_blocks():
    block = np.diag(np.full(40, 0.9)) + np.diag(np.ones(39), 1)
    assert spectral_radius(block) == Enclosure(0.9, 0.9)
    unitary = np.linalg.qr(np.random.default_rng(1).standard_normal((40, 40)))[0]
    hidden = spectral_radius(unitary @ block @ unitary.T)
    # rounding moves the 40 eigenvalues by (40 * 1e-16)^(1/40) = 0.44; their mean stays
    assert 0.9 - 1e-12 < hidden.lower <= 0.9 + 1e-12
    assert hidden.upper < 0.9 + 0.5
    assert_inside(spectral_radius(block[:6, :6] + 1e-9), block[:6, :6] + 1e-9)
    assert spectral_radius(block[:6, :6] + 1e-9).width < 1e-9


def test_nonnormal_matrix_gets_a_stein_bound():
    """The Grcar matrix: eigenvectors are numerically dependent, all discs meet."""
    matrix = grcar(50)
    result = spectral_radius(matrix)
    assert_inside(result, matrix)
    assert result.lower > 1.0 - 1e-9
    assert result.upper < 1.2 * np.abs(np.linalg.eigvals(matrix)).max()


def grcar(size: int) -> np.ndarray:
    return sum(np.diag(np.ones(size - k), k) for k in range(4)) - np.diag(np.ones(size - 1), -1)


def test_stein_bound_reaches_its_target():
    target = 1.1 * float(np.abs(np.linalg.eigvals(grcar(30))).max())
    assert stein_bound(Ball.exact(grcar(30)), target) <= 1.001 * target


def test_stein_bound_does_not_trust_the_approximate_inverse(monkeypatch):
    """An inverse that is 20 % off shrinks the transformed matrix; only the correction makes up for it."""
    module = __import__("certify.linear_algebra.inverse", fromlist=["inverse"])
    for factor in (1.2, 0.8, 1.4):
        monkeypatch.setattr(module, "approximate_inverse", lambda a, factor=factor: factor * np.linalg.inv(a))
        for matrix in (np.array([[0.0, -1.0], [1.0, 0.0]]), np.array([[0.5, 1.0], [0.0, 0.5]])):
            assert_inside(Enclosure(0.0, stein_bound(Ball.exact(matrix), 1.01)), matrix)


def test_complex_and_special_matrices():
    rotation = np.array([[0.0, -1.0], [1.0, 0.0]])
    assert spectral_radius(rotation).contains(1)
    assert spectral_radius(rotation).width < 1e-15
    assert spectral_radius(1j * np.eye(3)) == Enclosure(1.0, 1.0)
    complex_matrix = np.array([[1j, 2.0], [0.5, 1.0 - 1j]])
    exact = max(abs(np.linalg.eigvals(complex_matrix)))
    result = spectral_radius(complex_matrix)
    assert result.lower <= exact * (1 + 1e-15)
    assert exact * (1 - 1e-15) <= result.upper
    assert spectral_radius(ComplexBall(complex_matrix, np.full((2, 2), 1e-3))).encloses(result)
    assert spectral_radius(np.zeros((3, 3))) == Enclosure(0.0, 0.0)
    assert spectral_radius([[-2.0]]) == Enclosure(2.0, 2.0)
    defective = np.array([[1.0, 1.0], [-1.0, -1.0]])  # nilpotent
    assert spectral_radius(defective).lower == 0.0
    assert spectral_radius(defective).upper < 1e-7


def test_unbounded_radii():
    assert spectral_radius(Ball(np.eye(2), np.full((2, 2), np.inf))).upper == math.inf
    wide = spectral_radius(Ball(np.zeros((2, 2)), np.ones((2, 2))))
    assert wide.lower == 0.0
    assert 2.0 <= wide.upper <= 2.0 + 1e-9


@pytest.mark.parametrize("bad", [np.zeros((2, 3)), np.zeros((0, 0)), [[np.nan]], [[np.inf]], [1.0], [["a"]]])
def test_bad_input(bad):
    with pytest.raises(InputError):
        spectral_radius(bad)
