"""Positive definite matrices of condition numbers up to 1e30, and any matrices at any scale that floats have."""

import math
from fractions import Fraction
from typing import Any

import sympy
from hypothesis import assume
from hypothesis import strategies as st

from foundation import InputError
from stabproof.testing.strategies.known import ExactNumber, KnownMatrix
from stabproof.testing.strategies.similarity import Integers, as_floats, diagonal, relabelled
from stabproof.testing.strategies.sizes import between, size_range

_SMALLEST, _LARGEST = 2.0**-1000, 2.0**1000
# The entry k^2 + 1 is a float up to this k, and k^4 is 2^104.
_LARGEST_K = 2**26


def ill_conditioned_matrices(
    min_size: int = 2, max_size: int = 6, *, max_condition: float = 1e30
) -> st.SearchStrategy[KnownMatrix]:
    """Symmetric positive definite matrices of determinant 1, blocks [[1, k], [k, k^2 + 1]] with rows in any order.

    A block has the eigenvalues (t +- sqrt(t^2 - 4)) / 2 with t = k^2 + 2, whose product is 1: the condition number is
    the square of the larger one, about k^4. The entries are exact integers. max_condition: in [7, 2e31]; condition
    numbers near 1, near it, and between occur. An odd size has a last eigenvalue 1.
    """
    low, high = size_range(min_size, max_size, 2)
    most = min(_largest_k(between(max_condition, "max_condition", 7, 2e31)), _LARGEST_K)
    exponents = st.integers(0, most.bit_length() - 1)
    factor = exponents.map(lambda e: 2**e) | st.just(most)
    sizes = st.integers(low, high)
    return sizes.flatmap(
        lambda n: st.builds(_blocks, st.lists(factor, min_size=n // 2, max_size=n // 2), st.permutations(range(n)))
    )


def at_scales(
    matrices: st.SearchStrategy[KnownMatrix], smallest: float = 1e-300, largest: float = 1e300
) -> st.SearchStrategy[KnownMatrix]:
    """The matrices of another strategy times powers of two in [smallest, largest], with their exact spectra.

    A product that would be rounded or overflow is left out. The simplest is not scaled.
    """
    low = between(smallest, "smallest", _SMALLEST, 1.0)
    high = between(largest, "largest", 1.0, _LARGEST)
    powers = st.integers(math.ceil(math.log2(low)), math.floor(math.log2(high)))
    return st.builds(_scaled, matrices, powers)


def _scaled(known: KnownMatrix, power: int) -> KnownMatrix:
    try:
        return known.scaled(Fraction(2) ** power)
    except InputError:
        assume(False)
        raise


def _largest_k(condition: float) -> int:
    """The largest k whose block has at most this condition number: t^2 - 2 = (l^2 + l^-2) grows with k."""
    k = max(math.isqrt(math.isqrt(int(condition))), 1)
    while k > 1 and Fraction(_condition_below(k)) > Fraction(condition):
        k -= 1
    return k


def _condition_below(k: int) -> int:
    """An integer above the condition number l^2 = t^2 - 2 - l^-2 of the block of k."""
    return (k * k + 2) ** 2 - 2


def _blocks(factors: list[int], order: Any) -> KnownMatrix:
    matrix: Integers = diagonal([1] * len(order))
    spectrum: list[ExactNumber] = []
    for i, k in enumerate(factors):
        matrix[2 * i, 2 * i + 1] = matrix[2 * i + 1, 2 * i] = k
        matrix[2 * i + 1, 2 * i + 1] = k * k + 1
        # t^2 - 4 = k^2 (k^2 + 4)
        root = k * sympy.sqrt(k * k + 4)
        spectrum += [(k * k + 2 + sign * root) / 2 for sign in (1, -1)]
    spectrum += [Fraction(1)] * (len(order) % 2)
    construction = f"blocks of determinant 1, k = {', '.join(map(str, factors))}"
    return KnownMatrix(as_floats(relabelled(matrix, order)), tuple(spectrum), construction)
