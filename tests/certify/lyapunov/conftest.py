"""Families with known exponents, for the tests of every engine."""

from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from certify.lyapunov.families.family import Family, matrix_family

Rows = list[list[Fraction]]


def _sgd(gram: Rows, rate: Fraction) -> list[Rows]:
    """I - rate e_i e_i^T gram for every i."""
    side = range(len(gram))
    return [[[int(r == c) - (rate * gram[i][c] if r == i else 0) for c in side] for r in side] for i in side]


def _quadratic(first: Any, second: Any, rate: Any) -> list[Rows]:
    """The SGD family of Phi = t1 x + t2 x^2 with the two inputs."""
    features = [[Fraction(x), Fraction(x) ** 2] for x in (first, second)]
    gram = [[sum(a * b for a, b in zip(p, q, strict=True)) for q in features] for p in features]
    return _sgd(gram, Fraction(rate))


KNOWN: dict[str, tuple[list[Any], float]] = {
    # D. Viswanath, Random Fibonacci sequences and the number 1.13198824..., Math. Comp. 69 (2000)
    "fibonacci": ([[[0, 1], [1, 1]], [[0, 1], [1, -1]]], 0.12397559880335),
    # independent 20-digit computation of the two shears
    "shears": ([[[1, 1], [0, 1]], [[1, 0], [1, 1]]], 0.39621256429774456),
    "cone": (_quadratic(1, 2, Fraction(1, 25)), -0.00367856843944),
    "singular": (_quadratic(1, 2, Fraction(1, 20)), -0.004602033302672291816),
    "unstable": (_quadratic(1, 2, Fraction(9, 50)), 0.29115828539),
    "collinear": (_quadratic(3, 4, Fraction(1, 100)), -0.0022612697),
    "nearly critical": (_quadratic(4, Fraction(11, 2), Fraction(9, 2720)), -0.00052708588),
    "product": (_sgd([[Fraction(3), Fraction(1)], [Fraction(1), Fraction(3)]], Fraction(1, 6)), -0.1880720430734554388),
}
"""Matrices (probability 1/2 each) and exponents, good to the digits shown."""


@pytest.fixture
def known() -> Callable[[str], tuple[Family, float]]:
    """known(name): the family and its exponent."""
    return lambda name: (matrix_family(KNOWN[name][0]), KNOWN[name][1])


@pytest.fixture
def symmetric_square() -> Callable[[str], Family]:
    """symmetric_square(name): the action on quadratic forms; its exponent is twice that of the family."""

    def lift(rows: Any) -> Any:
        (a, b), (c, d) = rows
        return [[a * a, 2 * a * b, b * b], [a * c, a * d + b * c, b * d], [c * c, 2 * c * d, d * d]]

    return lambda name: matrix_family([lift(rows) for rows in KNOWN[name][0]])


@pytest.fixture
def tensor_square() -> Callable[[str], Family]:
    """tensor_square(name): A (x) B for independent A and B; its exponent is twice that of the family."""

    def product(a: Any, b: Any) -> Any:
        return [[a[i // 2][j // 2] * b[i % 2][j % 2] for j in range(4)] for i in range(4)]

    return lambda name: matrix_family([product(a, b) for a in KNOWN[name][0] for b in KNOWN[name][0]])
