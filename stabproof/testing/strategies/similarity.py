"""Exact changes of basis: integer matrices conjugated so that every entry stays an integer below 2^52."""

from collections.abc import Iterable
from typing import TypeAlias

import numpy as np
from hypothesis import strategies as st

Integers: TypeAlias = np.ndarray
"""An object array of Python integers."""

_LARGEST = 2**52


def integers(rows: object) -> Integers:
    """The entries as Python integers, which never overflow."""
    return np.array(rows, dtype=object)


def diagonal(values: list[int]) -> Integers:
    """The square matrix with these integers on its diagonal."""
    matrix = np.zeros((len(values), len(values)), dtype=object)
    matrix[range(len(values)), range(len(values))] = values
    return matrix


def fits(matrix: Integers) -> bool:
    """Whether every entry is an exact float."""
    return all(abs(entry) <= _LARGEST for entry in matrix.flat)


def as_floats(matrix: Integers, halvings: int = 0) -> np.ndarray:
    """matrix / 2^halvings in float64, exactly, for entries that fit."""
    return np.ldexp(matrix.astype(np.float64), -halvings)


def sheared(matrix: Integers, shears: Iterable[tuple[int, int, int]]) -> Integers:
    """S A S^-1 for each elementary matrix S = I + c E_ij in turn, i != j; a shear that would not fit is left out."""
    for i, j, factor in shears:
        if i == j or max(i, j) >= len(matrix):
            continue
        new = matrix.copy()
        new[i, :] += factor * new[j, :]
        new[:, j] -= factor * new[:, i]
        matrix = new if fits(new) else matrix
    return matrix


def reflected(matrix: Integers, vector: Iterable[int]) -> tuple[Integers, int]:
    """(s^2 H A H, s) for Householder's reflection H = I - 2 v v^T / s, s = v^T v; (A, 1) for v = 0 or when too large.

    s^2 H A H = (s I - 2 v v^T) A (s I - 2 v v^T) has integer entries; its eigenvalues are s^2 times those of A.
    """
    v = integers(list(vector))
    squared = int(v @ v)
    if squared == 0:
        return matrix, 1
    reflection = householder(v, squared)
    new = reflection @ matrix @ reflection
    return (new, squared) if fits(new) else (matrix, 1)


def householder(v: Integers, squared: int) -> Integers:
    """s H = s I - 2 v v^T, whose square is s^2 I for s = v^T v; I for v = 0."""
    return squared * diagonal([1] * len(v)) - 2 * np.outer(v, v) if squared else diagonal([1] * len(v))


def relabelled(matrix: Integers, order: Iterable[int]) -> Integers:
    """P A P^T: rows and columns in another order."""
    index = list(order)
    return matrix[np.ix_(index, index)]


def shears(size: int) -> st.SearchStrategy[list[tuple[int, int, int]]]:
    """Elementary changes of basis; the simplest is none."""
    index = st.integers(0, size - 1)
    return st.lists(st.tuples(index, index, st.integers(-2, 2)), max_size=2 * size)
