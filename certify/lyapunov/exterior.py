"""Exterior powers: the minors of matrices, whose exponent is the sum of the largest exponents."""

import math
from itertools import combinations
from typing import TypeAlias

import numpy as np

from certify.arithmetic import Ball

Subset: TypeAlias = tuple[int, ...]


def exterior_dimension(dimension: int, order: int) -> int:
    """C(d, m), the size of the m-th exterior power."""
    return math.comb(dimension, order)


def exterior_power(matrices: Ball, order: int) -> Ball:
    """Balls (k, C(d, m), C(d, m)) around the m x m minors of `matrices` (k, d, d), subsets in lexicographic order.

    The product of exterior powers is the exterior power of the product (Cauchy-Binet). Laplace expansion by the first
    row; minors of the order below are reused.
    """
    dimension = matrices.shape[-1]
    cells = [(i, j) for i in range(dimension) for j in range(dimension)]
    minors: dict[tuple[Subset, Subset], Ball] = {((i,), (j,)): matrices[:, i, j] for i, j in cells}
    for size in range(2, order + 1):
        subsets = list(combinations(range(dimension), size))
        minors = {(r, c): _expanded(matrices, minors, r, c) for r in subsets for c in subsets}
    subsets = list(combinations(range(dimension), order))
    mid = np.stack([np.stack([minors[r, c].mid for c in subsets], axis=-1) for r in subsets], axis=-2)
    rad = np.stack([np.stack([minors[r, c].rad for c in subsets], axis=-1) for r in subsets], axis=-2)
    return Ball(mid, rad)


def _expanded(matrices: Ball, minors: dict[tuple[Subset, Subset], Ball], rows: Subset, columns: Subset) -> Ball:
    total = Ball.exact(np.zeros(matrices.shape[0]))
    for place, column in enumerate(columns):
        rest = columns[:place] + columns[place + 1 :]
        term = matrices[:, rows[0], column] * minors[rows[1:], rest]
        total = total - term if place % 2 else total + term
    return total
