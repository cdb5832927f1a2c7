"""The search for a common invariant subspace, in rationals: random elements of the algebra and their null spaces."""

import numpy as np
from flint import fmpq, fmpq_mat

from certify.lyapunov.time_limit import check_time

_TRIALS = 6


def invariant_basis(matrices: tuple[fmpq_mat, ...]) -> fmpq_mat | None:
    """A regular matrix whose first columns span a proper invariant subspace of all `matrices`, or None if none is
    found.

    Null vectors of the factors of the characteristic polynomial of random combinations of words are spun under the
    matrices and under their transposes [Parker 1984; Holt, Rees 1994]. A subspace that is not rational is not found.
    """
    transposed = tuple(a.transpose() for a in matrices)
    for trial in range(_TRIALS):
        element = _random_element(matrices, np.random.default_rng(trial))
        check_time()
        for vector in _seeds(element):
            span = _spin(matrices, vector)
            if span.nrows() < span.ncols():
                return _completed(span)
        for vector in _seeds(element.transpose()):
            span = _spin(transposed, vector)
            if span.nrows() < span.ncols():
                return _completed(_null_space(span))
    return None


def _random_element(matrices: tuple[fmpq_mat, ...], generator: np.random.Generator) -> fmpq_mat:
    size = matrices[0].nrows()
    total = fmpq_mat(size, size)
    for _ in range(3):
        word = fmpq_mat([[int(i == j) for j in range(size)] for i in range(size)])
        for letter in generator.integers(len(matrices), size=int(generator.integers(1, 4))):
            word = matrices[letter] * word
        total += word * fmpq(int(generator.integers(1, 8)))
    return total


def _seeds(element: fmpq_mat) -> list[fmpq_mat]:
    """One null vector (a row) for every irreducible factor of the characteristic polynomial."""
    seeds = []
    for factor, _ in element.charpoly().factor()[1]:
        value = _evaluate([factor[i] for i in range(factor.degree() + 1)], element)
        null = _null_space(value)
        if null.nrows():
            seeds.append(_rows(null, [0]))
    return seeds


def _evaluate(coefficients: list[fmpq], element: fmpq_mat) -> fmpq_mat:
    size = element.nrows()
    identity = fmpq_mat([[int(i == j) for j in range(size)] for i in range(size)])
    total = fmpq_mat(size, size)
    for coefficient in reversed(coefficients):
        total = total * element + identity * coefficient
    return total


def _spin(matrices: tuple[fmpq_mat, ...], vector: fmpq_mat) -> fmpq_mat:
    """The rows of a basis of the smallest invariant subspace that contains the row `vector`."""
    basis = _row_basis(vector)
    while basis.nrows() < basis.ncols():
        check_time()
        stacked = basis.tolist()
        for a in matrices:
            stacked += (basis * a.transpose()).tolist()
        grown = _row_basis(fmpq_mat(stacked))
        if grown.nrows() == basis.nrows():
            break
        basis = grown
    return basis


def _row_basis(rows: fmpq_mat) -> fmpq_mat:
    reduced, rank = rows.rref()
    return _rows(reduced, list(range(rank)))


def _null_space(matrix: fmpq_mat) -> fmpq_mat:
    """Rows that span {x : matrix x = 0}; the rows may be none (then a 0 x n matrix)."""
    reduced, rank = matrix.rref()
    size = matrix.ncols()
    table = reduced.tolist()
    pivots = [next(j for j in range(size) if table[i][j] != 0) for i in range(rank)]
    rows = []
    for free in (j for j in range(size) if j not in pivots):
        row = [fmpq(0)] * size
        row[free] = fmpq(1)
        for i, pivot in enumerate(pivots):
            row[pivot] = -table[i][free]
        rows.append(row)
    return fmpq_mat(rows) if rows else fmpq_mat(0, size)


def _rows(matrix: fmpq_mat, chosen: list[int]) -> fmpq_mat:
    table = matrix.tolist()
    return fmpq_mat([table[i] for i in chosen]) if chosen else fmpq_mat(0, matrix.ncols())


def _completed(rows: fmpq_mat) -> fmpq_mat:
    """The regular matrix with the given rows as first columns, completed by unit vectors."""
    size = rows.ncols()
    reduced, rank = rows.rref()
    table = reduced.tolist()
    pivots = {next(j for j in range(size) if table[i][j] != 0) for i in range(rank)}
    units = [[fmpq(int(i == j)) for i in range(size)] for j in range(size) if j not in pivots]
    return fmpq_mat(table[:rank] + units).transpose()
