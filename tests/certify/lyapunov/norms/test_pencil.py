"""Eigenvalue bounds of symmetric pencils: containment against high precision, width, and honest failure."""

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.arithmetic import Ball
from certify.lyapunov.logarithms import log_lower, log_magnitude, log_upper
from certify.lyapunov.norms.pencil import pencil_bounds


def exact_range(matrix: np.ndarray, metric: np.ndarray) -> tuple[float, float]:
    """Extreme eigenvalues of P^-1 M from the Cholesky factor of P in 60 digits."""
    with mpmath.workdps(60):
        root = mpmath.cholesky(mpmath.matrix(metric.tolist()))
        inverse = root**-1
        values = mpmath.eigsy(inverse * mpmath.matrix(matrix.tolist()) * inverse.T, eigvals_only=True)
        return mpmath.mpf(min(values)), mpmath.mpf(max(values))


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10**6), st.integers(1, 5), st.floats(-6, 0))
def test_bounds_contain_and_are_narrow(seed: int, size: int, exponent: float) -> None:
    rng = np.random.default_rng(seed)
    matrix = rng.standard_normal((size, size))
    matrix = matrix + matrix.T
    root = rng.standard_normal((size, size)) * 10 ** (exponent * rng.random(size))
    metric = root @ root.T + 10**exponent * np.eye(size)
    metric = (metric + metric.T) / 2
    low, high = pencil_bounds(Ball.exact(matrix), Ball.exact(metric))
    exact_low, exact_high = exact_range(matrix, metric)
    assert low <= exact_low
    assert exact_high <= high
    condition = np.linalg.cond(metric)
    if condition < 1e8:
        assert high - float(exact_high) <= 1e-13 * condition * (abs(float(exact_high)) + abs(float(exact_low)) + 1)


def test_stacks_and_balls() -> None:
    matrices = Ball(np.array([np.diag([1.0, 2.0]), np.diag([-3.0, 5.0])]), np.full((2, 2, 2), 0.25))
    metric = Ball.exact(np.array([np.eye(2), 2 * np.eye(2)]))
    low, high = pencil_bounds(matrices, metric)
    # rank-one perturbations of size 1/4 in every entry move the ends by at most 1/2
    assert np.all(low <= [0.75, -1.625])
    assert np.all(low >= [0.49, -1.76])
    assert np.all(high >= [2.25, 2.625])
    assert np.all(high <= [2.51, 2.76])


@pytest.mark.parametrize("metric", [np.diag([1.0, -1.0]), np.zeros((2, 2)), np.array([[1.0, 1.0], [1.0, 1.0]])])
def test_without_a_metric_nothing_is_proved(metric: np.ndarray) -> None:
    low, high = pencil_bounds(Ball.exact(np.eye(2)), Ball.exact(metric))
    assert low == -np.inf
    assert high == np.inf


def test_wide_balls_prove_nothing() -> None:
    low, high = pencil_bounds(Ball.exact(np.eye(2)), Ball(np.eye(2), np.full((2, 2), 0.6)))
    assert (low, high) == (-np.inf, np.inf)
    low, high = pencil_bounds(Ball(np.zeros((2, 2)), np.full((2, 2), np.inf)), Ball.exact(np.eye(2)))
    assert (low, high) == (-np.inf, np.inf)


@settings(deadline=None, max_examples=60)
@given(st.floats(1e-300, 1e300))
def test_logarithms_enclose(x: float) -> None:
    low, high = float(log_lower(np.asarray(x))), float(log_upper(np.asarray(x)))
    with mpmath.workdps(60):
        assert mpmath.mpf(low) <= mpmath.log(mpmath.mpf(x)) <= mpmath.mpf(high)
    assert high - low <= 1e-15 * (abs(high) + 1)


def test_logarithms_at_the_ends() -> None:
    assert log_upper(np.array([0.0, np.inf])).tolist() == [-np.inf, np.inf]
    low, high = log_magnitude(Ball(np.array([0.0, -2.0]), np.array([1.0, 0.5])))
    assert low[0] == -np.inf
    assert high[0] >= 0
    assert low[1] <= np.log(1.5)
    assert high[1] >= np.log(2.5)


@pytest.mark.parametrize("angle", [0.02, 0.3, 0.7])
def test_a_basis_of_wrong_directions_is_sound(monkeypatch: pytest.MonkeyPatch, angle: float) -> None:
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    monkeypatch.setattr("certify.lyapunov.norms.pencil._approximate_eigenvectors", lambda matrix, metric: turn)
    low, high = pencil_bounds(Ball.exact(np.diag([1.0, 3.0])), Ball.exact(np.eye(2)))
    # Gershgorin's discs of the turned matrix: centres 2 -+ cos 2a, radii sin 2a
    reach = np.cos(2 * angle) + np.sin(2 * angle)
    assert low <= 1 < 3 <= high
    assert np.isclose([low, high], [2 - reach, 2 + reach]).all()
