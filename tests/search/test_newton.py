"""Newton's method: quadratic convergence to known roots, and the ends of its road."""

import numpy as np

from search.newton import inverse_or_identity, newton, newton_step


def circle_and_line(point: np.ndarray) -> np.ndarray:
    """x^2 + y^2 = 2 and x = y: roots (1, 1) and (-1, -1)."""
    x, y = point
    return np.array([x * x + y * y - 2, x - y])


def slopes(point: np.ndarray) -> np.ndarray:
    x, y = point
    return np.array([[2 * x, 2 * y], [1.0, -1.0]])


def test_it_finds_the_nearest_root() -> None:
    found = newton(np.array([2.0, 0.5]), circle_and_line, slopes, steps=20)
    assert np.abs(found.point - 1).max() < 1e-15
    assert found.first == np.hypot(2.25, 1.5)
    assert found.size < 1e-15


def test_it_stays_near() -> None:
    found = newton(np.array([2.0, 0.5]), circle_and_line, slopes, steps=20, near=lambda p: abs(p[0] - 2.0) < 0.1)
    assert found.point.tolist() == [2.0, 0.5]
    assert found.size == found.first


def test_the_best_point_is_kept_where_the_steps_diverge() -> None:
    """arctan from 2: each step overshoots further."""
    found = newton(np.array([2.0]), np.arctan, lambda x: np.diag(1 / (1 + x**2)), steps=5)
    assert found.point.tolist() == [2.0]


def test_it_does_not_leave_the_domain() -> None:
    def root(x: np.ndarray) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return np.sqrt(x)

    found = newton(np.array([1.0]), root, lambda x: np.diag(0.5 / root(x)), steps=9)
    assert found.point.tolist() == [1.0]
    assert newton(np.array([-1.0]), root, lambda x: np.diag(0.5 / root(x)), steps=9).size == np.inf


def test_a_grid_of_unknowns_keeps_its_shape() -> None:
    found = newton(
        np.full((2, 3), 2.0), lambda x: (x**2 - 4.5).reshape(-1), lambda x: np.diag(2 * x.reshape(-1)), steps=9
    )
    assert found.point.shape == (2, 3)
    assert np.abs(found.point - np.sqrt(4.5)).max() < 1e-15


def test_singular_matrices_give_the_step_of_least_norm() -> None:
    assert np.allclose(newton_step(np.ones((2, 2)), np.array([2.0, 2.0])), [-1.0, -1.0])
    assert np.isnan(newton_step(np.full((2, 2), np.nan), np.ones(2))).all()


def test_inverses_are_finite() -> None:
    assert np.allclose(inverse_or_identity(np.diag([2.0, 4.0])), np.diag([0.5, 0.25]))
    assert np.allclose(inverse_or_identity(np.ones((2, 2))), np.full((2, 2), 0.25))
    assert np.array_equal(inverse_or_identity(np.full((2, 2), 1e-320)), np.eye(2))
