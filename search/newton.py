"""Newton's method in floating point: the one loop behind the searches for equilibria, cycles and critical points."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

Function = Callable[[np.ndarray], np.ndarray]


class NewtonResult(NamedTuple):
    """The best point that was visited, the Euclidean norm of the residual there, and the norm at the start."""

    point: np.ndarray
    size: float
    first: float


def newton(
    start: np.ndarray,
    residual: Function,
    derivative: Function,
    *,
    steps: int,
    near: Callable[[np.ndarray], bool] = lambda point: True,
    still: float = 2.0**-52,
) -> NewtonResult:
    """At most `steps` steps from `start` (any shape); an estimate.

    residual(point): entries as many as the point has, NaN or infinite where there is no value. derivative(point): the
    square matrix of their derivatives. The method ends before a step to a point that is not finite or not `near`, where
    the residual vanishes, and after a step of at most `still` times the point's size.
    """
    point, first = start, _size(value := residual(start))
    best = NewtonResult(start, first, first)
    for _ in range(steps):
        if best.size == 0:
            break
        moved = point + newton_step(derivative(point), value).reshape(point.shape)
        if not np.isfinite(moved).all() or not near(moved):
            break
        short = float(np.abs(moved - point).max()) <= still * float(np.abs(moved).max())
        point, value = moved, residual(moved)
        if _size(value) < best.size:
            best = NewtonResult(point, _size(value), first)
        if short:
            break
    return best


def newton_step(matrix: np.ndarray, value: np.ndarray) -> np.ndarray:
    """-matrix^-1 value; the least-squares step of least norm where the matrix is singular."""
    with np.errstate(all="ignore"):
        try:
            return -np.linalg.solve(matrix, value)
        except np.linalg.LinAlgError:
            if not (np.isfinite(matrix).all() and np.isfinite(value).all()):
                return np.full(value.shape, np.nan)
            return -np.asarray(np.linalg.lstsq(matrix, value, rcond=None)[0])


def inverse_or_identity(matrix: np.ndarray) -> np.ndarray:
    """An approximate inverse, a pseudo-inverse of a singular matrix, the identity where neither is finite."""
    with np.errstate(all="ignore"):
        try:
            inverse = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            inverse = np.linalg.pinv(matrix)
    return inverse if np.isfinite(inverse).all() else np.eye(len(matrix))


def _size(value: np.ndarray) -> float:
    """Infinite where some entry has no value."""
    with np.errstate(over="ignore"):  # what overflows is far from a zero
        return float(np.linalg.norm(value)) if np.isfinite(value).all() else float("inf")
