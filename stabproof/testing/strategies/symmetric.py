"""Symmetric and positive definite matrices with exact integer spectra behind Householder reflections."""

from fractions import Fraction

from hypothesis import strategies as st

from stabproof.testing.strategies.known import KnownMatrix
from stabproof.testing.strategies.similarity import as_floats, integers, reflected
from stabproof.testing.strategies.sizes import size_range

_FINE = 20


def symmetric_matrices(min_size: int = 1, max_size: int = 6) -> st.SearchStrategy[KnownMatrix]:
    """Symmetric matrices with known rational eigenvalues, of any sign, multiple, and as close as 2^-20.

    An integer diagonal matrix behind up to two Householder reflections H = I - 2 v v^T / s with integer v, scaled by
    s^2 so that the entries stay integers, and by a power of two. The simplest is the 1 x 1 zero matrix.
    """
    return _symmetric(*size_range(min_size, max_size), least=-8, most_halvings=0)


def positive_definite_matrices(
    min_size: int = 1, max_size: int = 6, *, most_halvings: int = 20
) -> st.SearchStrategy[KnownMatrix]:
    """Symmetric matrices with known positive rational eigenvalues, graded by powers of two down to 2^-most_halvings.

    The condition number reaches about 8 * 2^most_halvings. The simplest is the 1 x 1 identity.
    """
    return _symmetric(*size_range(min_size, max_size), least=1, most_halvings=min(most_halvings, _FINE))


@st.composite
def _symmetric(draw: st.DrawFn, low: int, high: int, least: int, most_halvings: int) -> KnownMatrix:
    entry = st.integers(-2, 2)
    # One tuple a coordinate, so that Hypothesis can drop a coordinate while it shrinks.
    coordinates = st.tuples(st.integers(least, 8), _offset(most_halvings), entry, entry)
    drawn = draw(st.lists(coordinates, min_size=low, max_size=high))
    values = [
        (whole << _FINE) + offset if not most_halvings else whole << (_FINE - offset) for whole, offset, *_ in drawn
    ]
    matrix, scale = integers([[0] * len(drawn) for _ in drawn]), 1
    for i, value in enumerate(values):
        matrix[i, i] = value
    for vector in ([v for *_, v, _ in drawn], [w for *_, w in drawn]):
        matrix, squared = reflected(matrix, vector)
        scale *= squared**2
    halvings = _FINE + scale.bit_length() - 1
    spectrum = tuple(Fraction(value * scale, 2**halvings) for value in values)
    return KnownMatrix(as_floats(matrix, halvings), spectrum, "diagonal behind Householder reflections")


def _offset(most_halvings: int) -> st.SearchStrategy[int]:
    """How often an eigenvalue is halved; or, where none is, a shift by 2^-20 that makes eigenvalues close."""
    return st.integers(0, most_halvings) if most_halvings else st.sampled_from([0, 0, 0, 1, -1])
