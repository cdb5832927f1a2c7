"""Exact truth for matrices of floats: rational characteristic polynomials, roots isolated by Arb."""

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx, fmpq, fmpq_mat


def rational_matrix(matrix: np.ndarray) -> fmpq_mat:
    rows = [[Fraction(float(x)) for x in row] for row in np.asarray(matrix, np.float64)]
    return fmpq_mat([[fmpq(x.numerator, x.denominator) for x in row] for row in rows])


def real_roots(matrix: fmpq_mat, bits: int = 400) -> list[arb]:
    """Eigenvalues, known to be real, ascending and with multiplicity, as balls of `bits` bits."""
    with ctx.workprec(bits):
        roots = [root.real for root, count in matrix.charpoly().numer().complex_roots() for _ in range(count)]
        return sorted(roots, key=lambda x: Fraction(*_ratio(x.mid())))


def _ratio(x: arb) -> tuple[int, int]:
    mantissa, exponent = (int(part) for part in x.man_exp())
    return (mantissa << exponent, 1) if exponent >= 0 else (mantissa, 1 << -exponent)


def is_inside(lower: float, value: arb, upper: float) -> bool:
    """Whether lower <= value <= upper up to the radius of `value`, which is below 1e-90 relative."""
    with ctx.workprec(2300):
        return not (value < arb(lower)) and not (value > arb(upper))


@pytest.fixture(scope="session")
def exact() -> Callable[[np.ndarray], fmpq_mat]:
    return rational_matrix


@pytest.fixture(scope="session")
def roots_of() -> Callable[[fmpq_mat], list[arb]]:
    return real_roots


@pytest.fixture(scope="session")
def inside() -> Callable[[float, arb, float], bool]:
    return is_inside


def _symmetric(matrix: np.ndarray) -> np.ndarray:
    return np.triu(matrix) + np.triu(matrix, 1).T


@pytest.fixture(scope="session")
def adversarial() -> dict[str, np.ndarray]:
    """Symmetric matrices that break careless bounds: clusters, grading, near-singularity, the ends of the range."""
    rng = np.random.default_rng(5)
    q = np.linalg.qr(rng.standard_normal((6, 6)))[0]
    hilbert = 1.0 / (np.arange(7)[:, None] + np.arange(7)[None, :] + 1.0)
    base = _symmetric(rng.standard_normal((5, 5)))
    grades = 10.0 ** -np.arange(0, 25, 5)
    return {
        "zero": np.zeros((4, 4)),
        "negative zero": -np.zeros((3, 3)),
        "identity": np.eye(5),
        "one by one": np.array([[-2.5]]),
        "hilbert": hilbert,
        "cluster": _symmetric((q * np.array([1, 1 + 1e-15, 1 + 2e-15, 1 + 1e-13, 2, 3])) @ q.T),
        "graded": _symmetric(grades[:, None] * base * grades[None, :]),
        "rank one": np.ones((5, 5)),
        "nearly singular": np.ones((4, 4)) + 2.0**-52 * np.eye(4),
        "huge": base * 1e150,
        "largest": np.sign(base) * 1e306,
        "tiny": base * 1e-150,
        "tiny squares": base * 1e-200,
        "subnormal": np.round(base * 100) * 5e-324,
        "mixed": np.diag([1e150, 1e-150, -1.0]),
        "indefinite": np.array([[0.0, 1.0], [1.0, 0.0]]),
        "wilkinson": np.diag(np.abs(np.arange(-5.0, 6.0))) + np.diag(np.ones(10), 1) + np.diag(np.ones(10), -1),
    }
