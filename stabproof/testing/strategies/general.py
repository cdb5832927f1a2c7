"""Non-normal and defective matrices with exact spectra behind integer changes of basis."""

import functools
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from hypothesis import strategies as st

from stabproof.testing.strategies.known import ExactNumber, KnownMatrix
from stabproof.testing.strategies.similarity import Integers, as_floats, integers, sheared, shears
from stabproof.testing.strategies.sizes import size_range

_HALVINGS = 4


@st.composite
def _non_normal(draw: st.DrawFn, low: int, high: int, complex_pairs: bool) -> KnownMatrix:
    size, halvings = draw(st.integers(low, high)), draw(st.integers(0, _HALVINGS))
    matrix = integers([[0] * size for _ in range(size)])
    spectrum = _fill_diagonal(draw, matrix, halvings, complex_pairs)
    for i, j in zip(*np.triu_indices(size, 1), strict=True):
        if matrix[j, i] == 0:
            matrix[i, j] += draw(st.integers(-8, 8)) << draw(st.integers(0, 6))
    if _is_normal(matrix):
        matrix[0, size - 1] += 1 << draw(st.integers(6, 10))
    changed = sheared(matrix, draw(shears(size)))
    matrix = matrix if _is_normal(changed) else changed
    return KnownMatrix(as_floats(matrix, halvings), spectrum, "block triangular behind integer shears")


def non_normal_matrices(
    min_size: int = 2, max_size: int = 6, *, complex_pairs: bool = True
) -> st.SearchStrategy[KnownMatrix]:
    """Matrices with A A^T != A^T A and known eigenvalues: rational, and pairs a +- b i when `complex_pairs`.

    Block upper triangular integer matrices behind unimodular changes of basis, scaled by a power of two. The
    simplest is 2 x 2 with eigenvalues 0, 0 and one entry off the diagonal.
    """
    return _non_normal(*size_range(min_size, max_size, 2), complex_pairs)


def defective_matrices(min_size: int = 2, max_size: int = 6) -> st.SearchStrategy[KnownMatrix]:
    """Matrices without a basis of eigenvectors: known Jordan blocks, the first of size >= 2, behind integer shears.

    The eigenvalues are rational; the simplest is the nilpotent 2 x 2 block.
    """
    return _defective(*size_range(min_size, max_size, 2))


@st.composite
def _defective(draw: st.DrawFn, low: int, high: int) -> KnownMatrix:
    size, halvings = draw(st.integers(low, high)), draw(st.integers(0, _HALVINGS))
    matrix = integers([[0] * size for _ in range(size)])
    blocks: list[tuple[int, int]] = []
    start = 0
    while start < size:
        length = draw(st.integers(2 if start == 0 else 1, size - start))
        value = draw(st.integers(-8, 8))
        for i in range(start, start + length):
            matrix[i, i] = value
            if i > start:
                matrix[i - 1, i] = 1
        blocks.append((value, length))
        start += length
    exact = tuple((Fraction(value, 2**halvings), length) for value, length in blocks)
    spectrum = tuple(value for value, length in exact for _ in range(length))
    changed = sheared(matrix, draw(shears(size)))
    return KnownMatrix(as_floats(changed, halvings), spectrum, "Jordan blocks behind integer shears", exact)


def _fill_diagonal(draw: st.DrawFn, matrix: Integers, halvings: int, pairs: bool) -> tuple[ExactNumber, ...]:
    """Write real eigenvalues and blocks [[a, -4^m b], [b, a]], with eigenvalues a +- 2^m b i, on the diagonal."""
    spectrum: list[ExactNumber] = []
    while (i := len(spectrum)) < len(matrix):
        real = draw(st.integers(-8, 8))
        matrix[i, i] = real
        if pairs and i + 1 < len(matrix) and draw(st.booleans()):
            b, m = draw(st.integers(1, 8)), draw(st.integers(1 if len(matrix) == 2 else 0, 3))
            matrix[i + 1, i + 1], matrix[i, i + 1], matrix[i + 1, i] = real, -b * 4**m, b
            spectrum += [_complex(real, sign * b * 2**m, halvings) for sign in (1, -1)]
        else:
            spectrum.append(Fraction(real, 2**halvings))
    return tuple(spectrum)


@functools.cache
def _complex(real: int, imaginary: int, halvings: int) -> Any:
    return sympy.Rational(real, 2**halvings) + sympy.I * sympy.Rational(imaginary, 2**halvings)


def _is_normal(matrix: Integers) -> bool:
    return bool(np.array_equal(matrix @ matrix.T, matrix.T @ matrix))
