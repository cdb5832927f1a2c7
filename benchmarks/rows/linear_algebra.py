"""Verified linear algebra against NumPy, SciPy and, where it is installed, crlin."""

import importlib
from collections.abc import Callable
from typing import Any

import numpy as np
import scipy.linalg
from row import Row
from timing import ratio

Measure = Callable[[int], tuple[float, str]]


def square(size: int, seed: int = 0) -> np.ndarray:
    """Standard normal entries."""
    return np.random.default_rng(seed).standard_normal((size, size))


def symmetric(size: int, seed: int = 1) -> np.ndarray:
    """The symmetric part of such a matrix."""
    matrix = square(size, seed)
    return (matrix + matrix.T) / 2


def definite(size: int) -> np.ndarray:
    """A Gram matrix plus the identity."""
    matrix = square(size)
    gram = matrix @ matrix.T / size + np.eye(size)
    return (gram + gram.T) / 2


def against(
    verified: str, peer: Callable[[np.ndarray], Any], made: Callable[[], np.ndarray], note: Callable[[Any], str]
) -> Measure:
    """A routine of `certify.linear_algebra` with one matrix against an unverified one."""

    def measure(runs: int) -> tuple[float, str]:
        routine = getattr(importlib.import_module("certify.linear_algebra"), verified)
        matrix = made()
        figure, detail = ratio(lambda: peer(matrix), lambda: routine(matrix), runs)
        return figure, f"{detail}, {note(routine(matrix))}"

    return measure


def ulps(ball: Any) -> str:
    """Median and largest width in units of the last place."""
    width = 2 * ball.rad / np.spacing(np.abs(ball.mid))
    return f"{np.median(width):.1f} ulps median, {width.max():.0f} at most"


def solve_against_numpy(size: int) -> Measure:
    """Linear systems with one right-hand side."""

    def measure(runs: int) -> tuple[float, str]:
        from certify.linear_algebra import solve

        matrix, target = square(size), np.random.default_rng(1).standard_normal(size)
        figure, detail = ratio(lambda: np.linalg.inv(matrix), lambda: solve(matrix, target), runs)
        return figure, f"{detail}, {ulps(solve(matrix, target))}"

    return measure


def width_of(routine: str, size: int) -> Measure:
    """The median width, in units of the last place."""

    def measure(runs: int) -> tuple[float, str]:
        from certify import linear_algebra

        matrix = square(size)
        if routine == "solve":
            found = linear_algebra.solve(matrix, np.random.default_rng(1).standard_normal(size))
        else:
            found = linear_algebra.inverse(matrix)
        return float(np.median(2 * found.rad / np.spacing(np.abs(found.mid)))), ulps(found)

    return measure


def conditioned(exponent: int) -> Measure:
    """The largest relative width of the solution of a system with condition number 10^exponent; inf: not solved."""

    def measure(runs: int) -> tuple[float, str]:
        from certify.linear_algebra import solve

        size = 50
        left, right = (np.linalg.qr(square(size, seed))[0] for seed in (2, 3))
        # a product of floats scaled by exact powers of two keeps its condition number when it is rounded
        scales = 2.0 ** np.round(np.linspace(0, -exponent * np.log2(10.0) / 2, size))
        matrix = (left * scales) @ np.triu(right) * scales
        found = solve(matrix, np.ones(size))
        width = 2 * found.rad / np.maximum(np.abs(found.mid), 1e-300)
        return float(width.max()), f"condition number {np.linalg.cond(matrix):.0e} in floats"

    return measure


def relative(found: Any) -> str:
    return f"relative width {found.width / np.abs(found.upper).max():.1e}"


def extremes(found: Any) -> str:
    low, high = found
    return f"relative width {max(low.width, high.width) / high.upper:.1e}"


def discs(found: Any) -> str:
    return f"{len(found)} discs, largest radius {found.radii.max():.1e}"


_svdvals = lambda a: np.linalg.svd(a, compute_uv=False)  # noqa: E731

ROWS = (
    Row("solve-ulps", "solve, n = 1000, median width", "one ulp", 1, width_of("solve", 1000), unit="u"),
    Row("inverse-ulps", "inverse, n = 1000, median width", "one ulp", 1, width_of("inverse", 1000), unit="u"),
    Row("solve-1000", "solve, n = 1000", "numpy.linalg.inv", None, solve_against_numpy(1000)),
    Row(
        "inverse-1000", "inverse, n = 1000", "inv", None, against("inverse", np.linalg.inv, lambda: square(1000), ulps)
    ),
    Row("solve-condition-15", "solve, condition number 1e15, width", "relative", 1e-15, conditioned(15), unit=" "),
    Row("solve-condition-30", "solve, condition number 1e30, width", "relative", 1e-15, conditioned(30), unit=" "),
    Row(
        "symmetric-eigenvalues-1000",
        "symmetric_eigenvalues, n = 1000",
        "numpy.linalg.eigh",
        2.5,
        against("symmetric_eigenvalues", np.linalg.eigh, lambda: symmetric(1000), relative),
    ),
    Row(
        "symmetric-eigenvalues-2000",
        "symmetric_eigenvalues, n = 2000",
        "numpy.linalg.eigh",
        2.5,
        against("symmetric_eigenvalues", np.linalg.eigh, lambda: symmetric(2000), relative),
        heavy=True,
    ),
    Row(
        "positive-definite-2000",
        "is_positive_definite, n = 2000",
        "scipy cholesky",
        2,
        against("is_positive_definite", scipy.linalg.cholesky, lambda: definite(2000), str),
    ),
    Row(
        "eigenvalues-1000",
        "eigenvalues, n = 1000",
        "numpy.linalg.eig",
        2,
        against("eigenvalues", np.linalg.eig, lambda: square(1000), discs),
        heavy=True,
    ),
    Row(
        "extreme-eigenvalues-2000",
        "extreme_eigenvalues, n = 2000",
        "scipy eigvalsh",
        1.5,
        against("extreme_eigenvalues", scipy.linalg.eigvalsh, lambda: symmetric(2000), extremes),
        heavy=True,
    ),
    Row(
        "spectral-norm-1000",
        "spectral_norm, n = 1000",
        "singular values",
        None,
        against("spectral_norm", _svdvals, lambda: square(1000), lambda e: f"width {e.width:.1e}"),
    ),
    Row(
        "singular-values-1000",
        "singular_values, n = 1000",
        "numpy.linalg.svd",
        None,
        against("singular_values", np.linalg.svd, lambda: square(1000), lambda v: f"width {np.ptp(v.upper):.1e}"),
        heavy=True,
    ),
    Row(
        "spectral-radius-1000",
        "spectral_radius, n = 1000",
        "numpy.linalg.eig",
        None,
        against("spectral_radius", np.linalg.eig, lambda: square(1000), lambda e: f"width {e.width:.1e}"),
        heavy=True,
    ),
)
