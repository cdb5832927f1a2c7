"""Exact vectors that span a subspace: rows of rational numbers."""

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

import flint
import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball

Vectors: TypeAlias = Sequence[Sequence[Fraction]]
"""An n x k matrix: row i holds the coordinate i of the k vectors."""


def exact_vectors(array: np.ndarray) -> list[list[Fraction]]:
    """A matrix of floats as exact numbers."""
    return [[Fraction(entry) for entry in row] for row in array.tolist()]


def vectors_ball(vectors: Vectors) -> Ball:
    """The matrix in balls, shape (n, k)."""
    array = np.empty((len(vectors), len(vectors[0])), dtype=object)
    for i, row in enumerate(vectors):
        array[i] = list(row)
    return rational_ball(array)


def annihilator(vectors: Vectors) -> list[list[Fraction]]:
    """Rows n_1, ..., n_(n-r) that span the linear forms that vanish on the vectors (exact)."""
    transposed = flint.fmpq_mat(
        [[flint.fmpq(e.numerator, e.denominator) for e in column] for column in _columns(vectors)]
    )
    reduced, rank = transposed.rref()
    n = len(vectors)
    pivots = [next(j for j in range(n) if reduced[i, j] != 0) for i in range(rank)]
    rows = []
    for free in (j for j in range(n) if j not in set(pivots)):
        row = [Fraction(0)] * n
        row[free] = Fraction(1)
        for i, pivot in enumerate(pivots):
            row[pivot] = -_fraction(reduced[i, free])
        rows.append(row)
    return rows


def complement(vectors: Vectors) -> list[list[Fraction]]:
    """A basis of the orthogonal complement, as an n x (n - r) matrix."""
    rows = annihilator(vectors)
    return [[row[i] for row in rows] for i in range(len(vectors))]


def rank(vectors: Vectors) -> int:
    """The exact rank."""
    return int(exact_matrix(vectors).rref()[1])


def product(left: Vectors, right: Vectors) -> flint.fmpq_mat:
    """The exact matrix product."""
    return exact_matrix(left) * exact_matrix(right)


def _columns(vectors: Vectors) -> list[list[Fraction]]:
    return [list(column) for column in zip(*vectors, strict=True)]


def exact_matrix(rows: Vectors) -> flint.fmpq_mat:
    """The matrix with exact rational entries."""
    return flint.fmpq_mat([[flint.fmpq(e.numerator, e.denominator) for e in row] for row in rows])


def _fraction(value: flint.fmpq) -> Fraction:
    return Fraction(int(value.p), int(value.q))
