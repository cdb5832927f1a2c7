"""Symmetric and positive definite matrices with exact integer spectra behind Householder reflections."""

import itertools
from collections.abc import Iterable
from fractions import Fraction

import numpy as np
from hypothesis import strategies as st

from stabproof.testing.strategies.known import KnownMatrix
from stabproof.testing.strategies.sizes import size_range, whole

_FINE = 20
# Entries up to it are floats, and the sums that lead to them stay below 2^63.
_LARGEST = 2**52
_Pair = tuple[int, int]


def symmetric_matrices(min_size: int = 1, max_size: int = 6) -> st.SearchStrategy[KnownMatrix]:
    """Symmetric matrices with known rational eigenvalues, of any sign, multiple, and as close as 2^-20.

    An integer diagonal matrix behind up to two Householder reflections H = I - 2 v v^T / s with integer v, scaled by
    s^2 so that the entries stay integers, and by a power of two. The simplest is the 1 x 1 zero matrix.
    """
    low, high = size_range(min_size, max_size)
    # Whole coordinates, so that Hypothesis can drop one while it shrinks.
    coordinates = st.lists(_COORDINATES, min_size=low, max_size=high)
    return coordinates.map(lambda drawn: _assembled([_shifted(*pair) for pair, _ in drawn], [e for _, e in drawn]))


def positive_definite_matrices(
    min_size: int = 1, max_size: int = 6, *, most_halvings: int = 20
) -> st.SearchStrategy[KnownMatrix]:
    """Symmetric matrices with known positive rational eigenvalues, graded by powers of two down to 2^-most_halvings.

    The condition number reaches about 8 * 2^most_halvings, most_halvings at most 20 (more would round the entries:
    see `ill_conditioned_matrices`). The simplest is the 1 x 1 identity.
    """
    most = whole(most_halvings, "most_halvings", _FINE, "entries would be rounded") if most_halvings else 0
    low, high = size_range(min_size, max_size)
    coordinates = st.lists(st.tuples(st.integers(1, 8), st.integers(0, most), _ENTRIES), min_size=low, max_size=high)
    return coordinates.map(lambda drawn: _assembled([_halved(a, k) for a, k, _ in drawn], [e for *_, e in drawn]))


def _simplest_first(pairs: Iterable[_Pair]) -> list[_Pair]:
    return sorted(pairs, key=lambda pair: (abs(pair[1]), abs(pair[0]), pair[0] < 0, pair[1] < 0))


# What belongs together is one draw, because a draw costs as much as a product of matrices. Of eigenvalues three in five
# are not shifted. The simplest vectors come first, and among them the simplest eigenvalues.
_VECTORS = _simplest_first(itertools.product(range(-2, 3), range(-2, 3)))
_NUMBERS = _simplest_first(itertools.product(range(-8, 9), (0, 0, 0, 1, -1)))
_ENTRIES = st.sampled_from(_VECTORS)
_COORDINATES = st.sampled_from([(number, entries) for entries in _VECTORS for number in _NUMBERS])


def _shifted(number: int, offset: int) -> int:
    """A shift by 2^-20 makes eigenvalues close."""
    return (number << _FINE) + offset


def _halved(number: int, halvings: int) -> int:
    return number << (_FINE - halvings)


def _assembled(values: list[int], entries: list[_Pair]) -> KnownMatrix:
    """Diagonal `values`, behind the reflections of the vectors of first and of second entries."""
    matrix, scale = np.diag(np.array(values, np.int64)), 1
    for vector in np.array(entries, np.int64).T:
        matrix, squared = _reflected(matrix, vector)
        scale *= squared**2
    halvings = _FINE + scale.bit_length() - 1
    spectrum = tuple(Fraction(number * scale, 2**halvings) for number in values)
    return KnownMatrix(np.ldexp(matrix, -halvings), spectrum, "diagonal behind Householder reflections")


def _reflected(matrix: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, int]:
    """`similarity.reflected` in machine integers: s^2 ||A|| bounds the result, and five times that each sum."""
    squared = int(v @ v)
    if not squared or squared**2 * len(v) * int(np.abs(matrix).max()) > _LARGEST:
        return matrix, 1
    left = squared * matrix - 2 * np.outer(v, v @ matrix)
    return squared * left - 2 * np.outer(left @ v, v), squared
