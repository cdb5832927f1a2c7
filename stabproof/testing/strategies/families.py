"""Families of random matrices whose top Lyapunov exponent is known exactly."""

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import numpy as np
import sympy
from hypothesis import strategies as st

from stabproof.testing.strategies.known import KnownFamily, largest
from stabproof.testing.strategies.similarity import Integers, as_floats, integers, sheared, shears
from stabproof.testing.strategies.sizes import whole

Weights = list[int]

_POSITIVE, _SIGNED = st.integers(1, 4), st.sampled_from([1, 2, 3, 0, -1, -2])
_HALVINGS, _ABOVE = st.integers(0, 3), st.integers(-4, 4)
_DIAGONAL = st.sampled_from([1, 2, 3, 4, 5, 6, -1, -2, -3])


def commuting_families(max_size: int = 3, max_count: int = 3) -> st.SearchStrategy[KnownFamily]:
    """Diagonal matrices behind one common integer change of basis: max_j sum_i p_i log|a_ij|."""
    return _triangular(whole(max_size, "max_size"), whole(max_count, "max_count"), diagonal=True)


def triangular_families(max_size: int = 3, max_count: int = 3) -> st.SearchStrategy[KnownFamily]:
    """Upper triangular matrices behind one common integer change of basis: max_j sum_i p_i log|t_jj^(i)|.

    The diagonal of a product is the product of the diagonals. An entry above it is a sum over polynomially many paths
    down the rows, each a product of at most d stretches of diagonals, so it grows no faster than the largest of them.
    """
    return _triangular(whole(max_size, "max_size"), whole(max_count, "max_count"), diagonal=False)


def rank_one_families(max_size: int = 3, max_count: int = 3) -> st.SearchStrategy[KnownFamily]:
    """A_i = u_i v_i^T: sum_ij p_i p_j log|v_i . u_j|, because A_i A_j = (v_i . u_j) u_i v_j^T; no v_i . u_j is zero."""
    return _rank_one(whole(max_size, "max_size"), whole(max_count, "max_count"))


@st.composite
def _rank_one(draw: st.DrawFn, max_size: int, max_count: int) -> KnownFamily:
    size, weights = draw(st.integers(1, max_size)), draw(_weights(max_count))
    entries, signed = _POSITIVE, _SIGNED
    pairs = st.lists(st.tuples(entries, signed), min_size=size, max_size=size)
    vectors = [tuple(zip(*draw(pairs), strict=True)) for _ in weights]
    vectors = [(u, v if any(v) else (1,) * size) for u, v in vectors]
    matrices, total = [np.outer(u, v).astype(float) for u, v in vectors], sum(weights)
    products = [[abs(int(np.dot(v, u))) for u, _ in vectors] for _, v in vectors]
    if not all(map(all, products)):  # a zero would send the exponent to -inf: use |v| instead
        matrices = [np.abs(matrix) for matrix in matrices]
        products = [[int(np.dot(np.abs(v), u)) for u, _ in vectors] for _, v in vectors]
    terms = [
        (products[i][j], Fraction(weights[i] * weights[j], total**2))
        for i in range(len(weights))
        for j in range(len(weights))
    ]
    return _known(matrices, weights, _log_sum(terms), "rank one")


def lifted_families(max_count: int = 2) -> st.SearchStrategy[KnownFamily]:
    """A family with a known exponent in a larger space, where its structure is hidden.

    Kronecker squares A (x) A (twice the exponent), two-cyclic matrices [[0, A], [I, 0]] (half of it, because two steps
    are block diagonal), direct sums with a number c (the larger of the exponent and log c) and powers of two
    times A (the exponent plus a multiple of log 2).
    """
    count = whole(max_count, "max_count")
    bases = st.one_of(commuting_families(2, count), triangular_families(2, count), rank_one_families(2, count))
    names = st.sampled_from(sorted(_lifts(1, 0, sympy.Integer(0))))
    return st.builds(_lifted, bases, st.integers(-3, 3), st.integers(1, 4), names)


def _lifts(number: int, power: int, exponent: Any) -> dict[str, tuple[Callable[[np.ndarray], np.ndarray], Any]]:
    return {
        "Kronecker square": (lambda a: np.kron(a, a), 2 * exponent),
        "two-cyclic lift": (_two_cyclic, exponent / 2),
        "direct sum with a number": (lambda a: _with_number(a, number), _larger(exponent, sympy.log(number))),
        "power of two times": (lambda a: np.ldexp(a, power), exponent + power * sympy.log(2)),
    }


def _lifted(base: KnownFamily, power: int, number: int, name: str) -> KnownFamily:
    lift, exponent = _lifts(number, power, base.exponent)[name]
    matrices = np.array([lift(matrix) for matrix in base.matrices])
    return KnownFamily(matrices, base.probabilities, exponent, f"{name}: {base.construction}")


def matrix_families() -> st.SearchStrategy[KnownFamily]:
    """Commuting, triangular, rank-one and lifted families with known exponents; the simplest are single numbers."""
    return st.one_of(commuting_families(), triangular_families(), rank_one_families(), lifted_families())


@st.composite
def _triangular(draw: st.DrawFn, max_size: int, max_count: int, diagonal: bool) -> KnownFamily:
    size, weights = draw(st.integers(1, max_size)), draw(_weights(max_count))
    halvings, entries = draw(_HALVINGS), _DIAGONAL
    diagonals = [draw(st.lists(entries, min_size=size, max_size=size)) for _ in weights]
    basis = draw(shears(size))
    matrices = []
    for values in diagonals:
        matrix = _zeros(size)
        for i in range(size):
            matrix[i, i] = values[i]
            for j in range(i + 1, size):
                matrix[i, j] = 0 if diagonal else draw(_ABOVE)
        matrices.append(as_floats(sheared(matrix, basis), halvings))
    best = _largest_mean(diagonals, weights)
    terms = [(abs(values[best]), Fraction(w, sum(weights))) for values, w in zip(diagonals, weights, strict=True)]
    exponent = _log_sum([*terms, (2, Fraction(-halvings))])
    return _known(matrices, weights, exponent, "commuting diagonal" if diagonal else "triangular")


def _larger(first: Any, second: Any) -> Any:
    """The larger of two exact SymPy numbers, as a SymPy number."""
    found = largest([first, second])
    return sympy.Rational(found.numerator, found.denominator) if isinstance(found, Fraction) else found


def _largest_mean(diagonals: list[list[int]], weights: Weights) -> int:
    """The column with the largest weighted mean of logarithms: the largest product of powers, in integers."""
    columns = range(len(diagonals[0]))
    return max(columns, key=lambda j: math.prod(abs(d[j]) ** w for d, w in zip(diagonals, weights, strict=True)))


def _log_sum(terms: list[tuple[int, Fraction]]) -> Any:
    """sum of p log(a)."""
    return sum((sympy.Rational(p.numerator, p.denominator) * sympy.log(a) for a, p in terms), sympy.Integer(0))


def _known(matrices: list[np.ndarray], weights: Weights, exponent: Any, construction: str) -> KnownFamily:
    total = sum(weights)
    return KnownFamily(np.array(matrices), tuple(Fraction(w, total) for w in weights), exponent, construction)


def _weights(max_count: int) -> st.SearchStrategy[Weights]:
    return st.lists(st.integers(1, 4), min_size=1, max_size=max_count)


def _zeros(size: int) -> Integers:
    return integers([[0] * size for _ in range(size)])


def _two_cyclic(matrix: np.ndarray) -> np.ndarray:
    size = len(matrix)
    return np.block([[np.zeros((size, size)), matrix], [np.eye(size), np.zeros((size, size))]])


def _with_number(matrix: np.ndarray, number: int) -> np.ndarray:
    size = len(matrix)
    zero = np.zeros((size, 1))
    return np.block([[matrix, zero], [zero.T, np.full((1, 1), float(number))]])
