"""Zeros and spectra by norms: against Newton's method, eigenvalues and norms with 40 digits, and against the proof by
entries."""

from fractions import Fraction

import mpmath
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.linear_algebra import extreme_eigenvalues
from certify.linear_algebra.extreme_eigenvalues import extremes_of_floats
from certify.minimum.existence import symmetric_part
from certify.minimum.gram_zero import _centred, _gram, prove_gram_zero
from certify.zeros import ZeroProof, prove_zero

DIGITS = 40


class Quadratic:
    """F(x) = A x + (B x)^2 - c with exact float data."""

    def __init__(self, m: int, d: int, bend: float, residual: float, seed: int) -> None:
        rng = np.random.default_rng(seed)
        self.a, self.b = rng.normal(size=(m, d)), bend * rng.normal(size=(m, d))
        self.x = rng.normal(size=d) / 4
        self.c = self.a @ self.x + (self.b @ self.x) ** 2 + residual * rng.choice([-1.0, 1.0], size=m)

    def value(self, x: Ball) -> Ball:
        return Ball.exact(self.a) @ x + (Ball.exact(self.b) @ x).square() - Ball.exact(self.c)

    def jacobian(self, x: Ball) -> Ball:
        return Ball.exact(self.a) + 2.0 * (Ball.exact(self.b) @ x).reshape(-1, 1) * Ball.exact(self.b)

    def exact_jacobian(self, x: mpmath.matrix) -> mpmath.matrix:
        a, b = mpmath.matrix(self.a.tolist()), mpmath.matrix(self.b.tolist())
        inner = b * x
        return mpmath.matrix(a.rows, a.cols) + mpmath.matrix(
            [[a[i, k] + 2 * inner[i] * b[i, k] for k in range(a.cols)] for i in range(a.rows)]
        )

    def exact_zero(self, right: mpmath.matrix) -> mpmath.matrix:
        """Newton's method in the slice x + B y."""
        x, y = mpmath.matrix(self.x.tolist()), mpmath.matrix(right.cols, 1)
        a, b = mpmath.matrix(self.a.tolist()), mpmath.matrix(self.b.tolist())
        for _ in range(12):
            at = x + right * y
            inner = b * at
            value = a * at + mpmath.matrix([inner[i] ** 2 - mpmath.mpf(self.c[i]) for i in range(a.rows)])
            y = y - mpmath.lu_solve(self.exact_jacobian(at) * right, value)
        return x + right * y

    def prove(self) -> tuple:
        middle = self.jacobian(Ball.exact(self.x)).mid
        inverse = np.linalg.inv(middle @ middle.T)
        found = prove_gram_zero(self.value(Ball.exact(self.x)), self.jacobian, self.x, inverse)
        return found, mpmath.matrix((inverse.T @ middle).T.tolist()), inverse


@pytest.mark.parametrize(
    ("m", "d", "bend", "residual"), [(1, 3, 0.2, 1e-4), (3, 8, 0.1, 1e-4), (6, 20, 0.05, 1e-5), (4, 4, 0.05, 1e-6)]
)
def test_zero_contraction_and_spectrum_contain_the_exact_ones(m: int, d: int, bend: float, residual: float) -> None:
    problem = Quadratic(m, d, bend, residual, seed=m)
    found, right, _ = problem.prove()
    assert found is not None
    proof, rng = found.proof, np.random.default_rng(0)
    with mpmath.workdps(DIGITS):
        zero = problem.exact_zero(right)
        moved = [abs(zero[k] - mpmath.mpf(problem.x[k])) for k in range(d)]
        assert all(moved[k] <= proof.box[k] for k in range(d))
        assert mpmath.norm(mpmath.matrix(moved)) <= proof.distance
        # the slice's own points, at its rim
        for _ in range(6):
            direction = rng.normal(size=m)
            y = mpmath.matrix((direction / np.linalg.norm(direction) * proof.radius * (1 - 1e-12)).tolist())
            point = mpmath.matrix(problem.x.tolist()) + right * y
            jacobian = problem.exact_jacobian(point)
            assert mpmath.mnorm(mpmath.eye(m) - jacobian * right, "f") / mpmath.sqrt(m) <= proof.contraction
        corners = rng.choice([-1.0, 1.0], size=(20, d)) * proof.box * (1 - 1e-12)
        for corner in corners:
            jacobian = problem.exact_jacobian(mpmath.matrix(problem.x.tolist()) + mpmath.matrix(corner.tolist()))
            values = mpmath.eigsy(jacobian * jacobian.T, eigvals_only=True)
            assert found.smallest.lower <= values[0] <= found.smallest.upper
            assert found.largest.lower <= values[m - 1] <= found.largest.upper


def test_the_box_in_one_equation_is_that_of_the_slice() -> None:
    problem = Quadratic(1, 5, 0.1, 1e-3, seed=2)
    found, right, _ = problem.prove()
    rim = np.array([abs(float(right[k, 0])) for k in range(5)]) * found.proof.radius
    assert (found.proof.box >= rim).all()
    assert (found.proof.box <= rim * (1 + 1e-9)).all()


@pytest.mark.parametrize(("m", "d"), [(5, 40), (30, 200), (60, 300)])
def test_nothing_is_wider_than_by_entries(m: int, d: int) -> None:
    problem = Quadratic(m, d, 0.05, 1e-13, seed=d)
    found, _, inverse = problem.prove()
    value = problem.value(Ball.exact(problem.x))
    other = prove_zero(value, problem.jacobian, problem.x, gram_inverse=inverse)
    assert found is not None
    assert isinstance(other, ZeroProof)
    rows = problem.jacobian(Ball(problem.x, other.box))
    smallest, largest = extreme_eigenvalues(symmetric_part(rows @ rows.T))
    assert found.largest.width <= 1.02 * largest.width
    assert found.smallest.width <= 1.02 * smallest.width
    assert found.proof.distance <= 1.01 * other.distance


def test_wrong_witnesses_and_far_points_prove_nothing() -> None:
    problem = Quadratic(3, 8, 0.1, 1e-6, seed=1)
    value = problem.value(Ball.exact(problem.x))
    for inverse in (np.zeros((3, 3)), np.eye(3), np.full((3, 3), 1e300)):
        assert prove_gram_zero(value, problem.jacobian, problem.x, inverse) is None
    assert Quadratic(3, 8, 1.0, 1.0, seed=1).prove()[0] is None
    double = Quadratic(2, 6, 0.1, 1e-9, seed=3)
    double.a[1], double.b[1] = double.a[0], double.b[0]
    with np.errstate(all="ignore"):
        assert prove_gram_zero(double.value(Ball.exact(double.x)), double.jacobian, double.x, np.eye(2)) is None


def test_a_sum_of_squares_without_zero_proves_nothing() -> None:
    """(b x)^2 + (b x_0)^2 / 2: Newton's step from x_0 is contracting by no more than 3/4."""
    problem = Quadratic(1, 4, 1.0, 0.0, seed=6)
    problem.a = np.zeros((1, 4))
    problem.c = -((problem.b @ problem.x) ** 2) / 2
    assert problem.prove()[0] is None


def test_a_ball_is_centred_anew_with_its_shift() -> None:
    over, middle = Ball(np.array([1.0, 2.0]), np.array([0.25, 0.5])), np.array([0.5, 2.0])
    found = _centred(over, middle)
    assert (found.lower <= over.lower).all()
    assert (found.upper >= over.upper).all()
    assert (found.rad <= np.array([0.75, 0.5]) * (1 + 1e-14)).all()


@pytest.mark.parametrize("inner", [3, 300, 700])
def test_the_error_of_the_gram_matrix_is_covered(inner: int) -> None:
    middle = np.random.default_rng(inner).normal(size=(4, inner))
    gram, error = _gram(middle)
    rows = [[Fraction(x) for x in row] for row in middle.tolist()]
    exact = [[sum((x * y for x, y in zip(p, q, strict=True)), Fraction(0)) for q in rows] for p in rows]
    off = np.array([[float(Fraction(gram[i, j]) - exact[i][j]) for j in range(4)] for i in range(4)])
    assert np.array_equal(gram, gram.T)
    assert np.linalg.norm(off, 2) <= error <= 1e-13 * float(np.trace(gram)) * max(1.0, inner / 256)


@pytest.mark.parametrize("size", [2, 9, 60, 200])
def test_extremes_from_an_inverse_are_those_of_the_matrix(size: int) -> None:
    rng = np.random.default_rng(size)
    basis = np.linalg.qr(rng.normal(size=(size, size)))[0]
    matrix = (basis * np.geomspace(1e-6, 10.0, size)) @ basis.T
    matrix = (matrix + matrix.T) / 2
    (low, _), (high, _) = extremes_of_floats(matrix, np.linalg.inv(matrix))
    expected = extreme_eigenvalues(matrix)
    for found, other in zip((low, high), expected, strict=True):
        assert max(found.lower, other.lower) <= min(found.upper, other.upper)
        assert found.width <= 1.5 * other.width + 1e-15
    # a useless guess costs width and no truth
    (low, _), _ = extremes_of_floats(matrix, np.eye(size))
    assert low.lower <= expected[0].upper
    assert expected[0].lower <= low.upper
