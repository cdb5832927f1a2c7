"""What the verified matrix routines accept: square and symmetric matrices of numbers or balls."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball, ball
from certify.arithmetic.rounding import next_up
from foundation import InputError, real_array

_BLOCK = 256


def matrix_ball(value: Any, name: str = "matrix") -> Ball:
    """`value` as an m x n ball matrix with m, n >= 1; numbers are exact. Raises `InputError` otherwise."""
    matrix = ball(value, name)
    if matrix.ndim != 2 or matrix.size == 0:
        raise InputError(f"{name} must be a matrix with at least one row and column, but has shape {matrix.shape}")
    return matrix


def square_ball(value: Any, name: str = "matrix") -> Ball:
    """`value` as an n x n ball matrix with n >= 1; numbers are exact. Raises `InputError` otherwise."""
    matrix = ball(value, name)
    if matrix.ndim != 2 or matrix.shape[0] != matrix.shape[1] or matrix.size == 0:
        raise InputError(f"{name} must be a square matrix with at least one row, but has shape {matrix.shape}")
    return matrix


def symmetric_ball(value: Any, name: str = "matrix") -> Ball:
    """`value` as a ball matrix with exactly symmetric midpoints and radii.

    Numbers must be symmetric exactly. A ball matrix stands for the *symmetric* matrices in it: the entry
    (i, j) of each of them lies in the balls (i, j) and (j, i), and the one with the smaller radius is kept.
    Raises `InputError`, with the largest asymmetry, when there is no symmetric matrix to speak of.
    """
    matrix = square_ball(value, name)
    if not isinstance(value, Ball) and not matrix.is_exact and not _is_exactly_symmetric(real_array(value, name)):
        raise InputError(f"{name} must be symmetric, but is not, exactly; pass (A + A.T) / 2 in the same numbers")
    if _is_symmetric(matrix.mid) and (matrix.is_exact or _is_symmetric(matrix.rad)):
        return matrix
    _refuse_disjoint(matrix, name)
    mid, rad = matrix.mid, matrix.rad
    upper = np.triu(np.ones(matrix.shape, bool))
    keep = (rad < rad.T) | ((rad == rad.T) & upper)
    return Ball._unchecked(np.where(keep, mid, mid.T), np.minimum(rad, rad.T))


def symmetric_pair(first: Any, second: Any, names: tuple[str, str]) -> tuple[Ball, Ball]:
    """Two symmetric ball matrices of one size; raises `InputError` when the sizes differ."""
    a, b = symmetric_ball(first, names[0]), symmetric_ball(second, names[1])
    if a.shape != b.shape:
        raise InputError(f"{names[0]} and {names[1]} must have one size, but have shapes {a.shape} and {b.shape}")
    return a, b


def is_bounded(matrix: Ball) -> bool:
    """Whether every radius is finite."""
    return matrix.is_exact or bool(np.isfinite(matrix.rad).all())


def _is_symmetric(matrix: np.ndarray) -> bool:
    """Exact symmetry, compared in blocks that fit the cache."""
    starts = range(0, len(matrix), _BLOCK)
    return all(
        np.array_equal(matrix[i : i + _BLOCK, j : j + _BLOCK], matrix[j : j + _BLOCK, i : i + _BLOCK].T)
        for i in starts
        for j in starts
        if i <= j
    )


def _is_exactly_symmetric(array: np.ndarray) -> bool:
    return bool((array == array.T).all())


def _refuse_disjoint(matrix: Ball, name: str) -> None:
    with np.errstate(over="ignore"):
        distance = np.abs(matrix.mid - matrix.mid.T)
        reach = (
            0.0 if matrix.is_exact else np.where(matrix.rad + matrix.rad.T > 0, next_up(matrix.rad + matrix.rad.T), 0)
        )
    apart = distance > reach
    if apart.any():
        i, j = (int(k) for k in np.unravel_index(np.argmax(np.where(apart, distance, -1.0)), matrix.shape))
        raise InputError(
            f"{name} must be symmetric, but entries ({i}, {j}) and ({j}, {i}) differ by {distance[i, j]:.6g}, the "
            f"largest asymmetry; pass (A + A.T) / 2, or a ball matrix that contains a symmetric one"
        )
