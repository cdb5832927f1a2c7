"""Families whose products vanish or shrink faster than any exponential: the exponent is -infinity."""

from fractions import Fraction

import numpy as np
import sympy
from hypothesis import strategies as st

from stabproof.testing.strategies.known import KnownFamily
from stabproof.testing.strategies.similarity import as_floats, diagonal, sheared, shears
from stabproof.testing.strategies.sizes import whole

_ENTRY = st.integers(-4, 4)


def vanishing_families(max_size: int = 3, max_count: int = 3) -> st.SearchStrategy[KnownFamily]:
    """Families with the exponent -oo (`-sympy.oo`). The simplest is the number 0.

    Strictly triangular matrices behind one integer change of basis: every product of d of them is 0. And rank-one
    matrices u_i v_i^T with v_1 . u_2 = 0: the pair A_1 A_2 = 0 comes up almost surely.
    """
    size, count = whole(max_size, "max_size"), whole(max_count, "max_count")
    weights = st.lists(st.integers(1, 4), min_size=1, max_size=count)
    kinds = [st.builds(lambda n, p, data: _nilpotent(n, p, data), st.integers(1, size), weights, _filling(size, count))]
    if size > 1 and count > 1:
        pair = st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(1, 4), st.integers(1, 4))
        kinds.append(st.builds(_orthogonal, st.integers(2, size), pair))
    return st.one_of(kinds)


def _filling(size: int, count: int) -> st.SearchStrategy[tuple[list[int], list[tuple[int, int, int]]]]:
    entries = count * size * size
    return st.tuples(st.lists(_ENTRY, min_size=entries, max_size=entries), shears(size))


def _nilpotent(size: int, weights: list[int], filling: tuple[list[int], list[tuple[int, int, int]]]) -> KnownFamily:
    entries, basis = filling
    rest, matrices = iter(entries), []
    for _ in weights:
        matrix = diagonal([0] * size)
        for i, j in zip(*np.triu_indices(size, 1), strict=True):
            matrix[i, j] = next(rest)
        matrices.append(as_floats(sheared(matrix, basis)))
    return _known(matrices, weights, "strictly triangular")


def _orthogonal(size: int, numbers: tuple[int, int, int, int]) -> KnownFamily:
    """u_1 = v_2 = (1, ..., 1) and v_1 = (a, -b, 0...), u_2 = (b c, a c, d...): v_1 . u_2 = 0."""
    a, b, c, d = numbers
    ones, rest = np.ones(size), np.zeros(size - 2)
    first = np.outer(ones, np.concatenate([[a, -b], rest]))
    second = np.outer(np.concatenate([[b * c, a * c], rest + d]), ones)
    return _known([first, second], [1, 1], "rank one, one product zero")


def _known(matrices: list[np.ndarray], weights: list[int], construction: str) -> KnownFamily:
    shares = tuple(Fraction(weight, sum(weights)) for weight in weights)
    return KnownFamily(np.array(matrices), shares, -sympy.oo, construction)
