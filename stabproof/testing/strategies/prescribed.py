"""Matrices with the spectrum that a test prescribes, and rectangular ones with known singular values."""

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

from foundation import InputError, exact_number
from stabproof.testing.strategies.known import KnownMatrix, KnownRectangle
from stabproof.testing.strategies.similarity import (
    as_floats,
    diagonal,
    fits,
    householder,
    integers,
    reflected,
    sheared,
    shears,
)
from stabproof.testing.strategies.sizes import InvalidSetting, size_range

# An integer eigenvalue beyond it leaves no room for a change of basis.
_LARGEST = 2**45
_VECTORS = [[1, 1, 1, 1], [1, -1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [2, 2, 2, 2]]
_ENTRY = st.integers(-2, 2)


def matrices_with_spectrum(eigenvalues: Sequence[Any], *, symmetric: bool = False) -> st.SearchStrategy[KnownMatrix]:
    """Matrices whose eigenvalues are exactly these floats or rationals, each as often as it is listed.

    They are numbers j / 2^k with one k for all and |j| <= 2^45. In general: triangular matrices behind unimodular
    integer changes of basis. symmetric: behind reflections H = I - 2 v v^T / v^T v with v = (+-1, +-1, +-1, +-1) in any
    four coordinates, which are dyadic; fewer than four eigenvalues are only permuted. The simplest is diagonal.
    """
    values, halvings = _integers(eigenvalues)
    if symmetric:
        count = len(values)
        places = st.lists(st.permutations(range(count)).map(lambda p: p[:4]), max_size=2 if count >= 4 else 0)
        turns = places.flatmap(
            lambda sets: st.tuples(*(st.tuples(st.just(s), st.sampled_from(_VECTORS)) for s in sets))
        )
        return st.builds(lambda order, turn: _symmetric(values, halvings, order, turn), st.permutations(values), turns)
    upper = st.lists(_ENTRY, min_size=len(values) ** 2, max_size=len(values) ** 2)
    return st.builds(
        lambda order, above, basis: _triangular(order, halvings, above, basis),
        st.permutations(values),
        upper,
        shears(len(values)),
    )


def rectangular_matrices(min_size: int = 1, max_size: int = 6) -> st.SearchStrategy[KnownRectangle]:
    """Matrices (m, n) with known rational singular values, zeros and multiple ones included.

    A diagonal integer matrix between two Householder reflections, scaled by s = v^T v of each so that the entries stay
    integers, and by a power of two. Sizes m and n in [min_size, max_size]. The simplest is the 1 x 1 zero matrix.
    """
    low, high = size_range(min_size, max_size)
    sizes = st.tuples(st.integers(low, high), st.integers(low, high))
    return sizes.flatmap(
        lambda s: st.builds(
            _rectangle,
            st.lists(st.integers(0, 8), min_size=min(s), max_size=min(s)),
            st.lists(_ENTRY, min_size=s[0], max_size=s[0]),
            st.lists(_ENTRY, min_size=s[1], max_size=s[1]),
        )
    )


def _rectangle(values: list[int], left: list[int], right: list[int]) -> KnownRectangle:
    middle = integers([[0] * len(right) for _ in left])
    for i, value in enumerate(values):
        middle[i, i] = value
    u, v = integers(left), integers(right)
    first, second = int(u @ u), int(v @ v)
    scale = (first or 1) * (second or 1)
    halvings = scale.bit_length() - 1
    matrix = householder(u, first) @ middle @ householder(v, second)
    exact = sorted((Fraction(value * scale, 2**halvings) for value in values), reverse=True)
    construction = "diagonal between Householder reflections"
    return KnownRectangle(as_floats(matrix, halvings), tuple(exact), construction)


def _triangular(values: list[int], halvings: int, above: list[int], basis: Any) -> KnownMatrix:
    matrix = diagonal(values)
    for i, j in zip(*np.triu_indices(len(values), 1), strict=True):
        matrix[i, j] = above[i * len(values) + j]
    spectrum = tuple(Fraction(value, 2**halvings) for value in values)
    changed = as_floats(sheared(matrix, basis), halvings)
    return KnownMatrix(changed, spectrum, "prescribed spectrum behind integer shears")


def _symmetric(values: list[int], halvings: int, order: list[int], turns: Any) -> KnownMatrix:
    matrix, shift = diagonal(order), 0
    for places, entries in turns:
        vector = [0] * len(values)
        for place, entry in zip(places, entries, strict=True):
            vector[place] = entry
        new, squared = reflected(matrix, vector)
        if squared > 1:
            matrix, shift = new, shift + 2 * (squared.bit_length() - 1)
    if not fits(matrix):
        matrix, shift = diagonal(order), 0
    spectrum = tuple(Fraction(value, 2**halvings) for value in order)
    return KnownMatrix(as_floats(matrix, halvings + shift), spectrum, "prescribed spectrum behind dyadic reflections")


def _integers(eigenvalues: Sequence[Any]) -> tuple[list[int], int]:
    """The eigenvalues times 2^k, and k."""
    try:
        exact = [exact_number(value, "an eigenvalue") for value in eigenvalues]
    except InputError as error:
        raise InvalidSetting(str(error)) from None
    if not exact:
        raise InvalidSetting("eigenvalues is empty; list at least one")
    unit = max(value.denominator for value in exact)
    values = [value * unit for value in exact]
    if unit & (unit - 1) or any(value.denominator != 1 or abs(value) > _LARGEST for value in values):
        raise InvalidSetting("the eigenvalues must be j / 2^k with one k for all and integers |j| up to 2^45")
    return [int(value) for value in values], unit.bit_length() - 1
