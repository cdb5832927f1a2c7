"""Symmetric and positive definite matrices with exact integer spectra behind Householder reflections."""

from collections.abc import Callable
from fractions import Fraction

from hypothesis import strategies as st

from stabproof.testing.strategies.known import KnownMatrix
from stabproof.testing.strategies.similarity import as_floats, diagonal, reflected
from stabproof.testing.strategies.sizes import size_range, whole

_FINE = 20


def symmetric_matrices(min_size: int = 1, max_size: int = 6) -> st.SearchStrategy[KnownMatrix]:
    """Symmetric matrices with known rational eigenvalues, of any sign, multiple, and as close as 2^-20.

    An integer diagonal matrix behind up to two Householder reflections H = I - 2 v v^T / s with integer v, scaled by
    s^2 so that the entries stay integers, and by a power of two. The simplest is the 1 x 1 zero matrix.
    """
    shifts = st.sampled_from([0, 0, 0, 1, -1])
    return _matrices(min_size, max_size, st.tuples(st.integers(-8, 8), shifts, _ENTRY, _ENTRY), _shifted)


def positive_definite_matrices(
    min_size: int = 1, max_size: int = 6, *, most_halvings: int = 20
) -> st.SearchStrategy[KnownMatrix]:
    """Symmetric matrices with known positive rational eigenvalues, graded by powers of two down to 2^-most_halvings.

    The condition number reaches about 8 * 2^most_halvings, most_halvings at most 20 (more would round the entries:
    see `ill_conditioned_matrices`). The simplest is the 1 x 1 identity.
    """
    most = whole(most_halvings, "most_halvings", _FINE, "entries would be rounded") if most_halvings else 0
    return _matrices(min_size, max_size, st.tuples(st.integers(1, 8), st.integers(0, most), _ENTRY, _ENTRY), _halved)


_ENTRY = st.integers(-2, 2)
_Coordinate = tuple[int, int, int, int]


def _matrices(
    min_size: int, max_size: int, coordinates: st.SearchStrategy[_Coordinate], value: Callable[[int, int], int]
) -> st.SearchStrategy[KnownMatrix]:
    low, high = size_range(min_size, max_size)
    # One tuple a coordinate, so that Hypothesis can drop a coordinate while it shrinks.
    return st.lists(coordinates, min_size=low, max_size=high).map(lambda drawn: _assembled(drawn, value))


def _shifted(number: int, offset: int) -> int:
    """A shift by 2^-20 makes eigenvalues close."""
    return (number << _FINE) + offset


def _halved(number: int, halvings: int) -> int:
    return number << (_FINE - halvings)


def _assembled(drawn: list[_Coordinate], value: Callable[[int, int], int]) -> KnownMatrix:
    values = [value(number, offset) for number, offset, *_ in drawn]
    matrix, scale = diagonal(values), 1
    for vector in ([v for *_, v, _ in drawn], [w for *_, w in drawn]):
        matrix, squared = reflected(matrix, vector)
        scale *= squared**2
    halvings = _FINE + scale.bit_length() - 1
    spectrum = tuple(Fraction(number * scale, 2**halvings) for number in values)
    return KnownMatrix(as_floats(matrix, halvings), spectrum, "diagonal behind Householder reflections")
