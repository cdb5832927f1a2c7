"""Subspaces and symmetries as exact vectors: what the user's floats mean."""

from fractions import Fraction
from typing import Any

import numpy as np

from certify.equilibrium import EquilibriumStatement
from certify.equilibrium.identities import subspace_is_invariant
from certify.equilibrium.rational_vectors import exact_matrix, exact_vectors, rank
from certify.program import Program
from certify.program.arb import as_fraction
from foundation import InputError, finite_array
from stabproof.generators import generators, modulo_group
from stabproof.rationals import simple_rational


def restricted(
    program: Program, kind: str, start: np.ndarray, x: Any, subspace: Any, symmetry: Any
) -> EquilibriumStatement:
    """The statement with its exact subspace or symmetry."""
    if subspace is not None:
        vectors = _vectors(subspace, start.size, "subspace")
        return _in_subspace(program, kind, _exact_point(x, start), vectors, _has_floats(x))
    if symmetry is not None:
        given = np.ones((start.size, 1)) if isinstance(symmetry, str) and symmetry == "rotation" else symmetry
        if isinstance(given, str):
            raise InputError(f'symmetry must be "rotation" or an array of directions, but is {symmetry!r}')
        matrices = generators(given, start.size)
        if matrices is not None:
            return modulo_group(program, kind, start, matrices)
        vectors = _vectors(given, start.size, "symmetry")
        if len(vectors[0]) >= start.size:
            raise InputError("the symmetry directions span the whole space: no coordinate is left")
        return EquilibriumStatement(program, kind, "symmetry", _exact_point(x, start), vectors)
    return EquilibriumStatement(program, kind)


def invariant_statement(program: Program, kind: str, start: np.ndarray, x: Any, subspace: Any) -> EquilibriumStatement:
    """The subspace through x whose invariance is proved, in a basis that is the identity on entries of the point.

    Raises `InputError` where none near what is given is proved invariant.
    """
    given = _exact_point(x, start)
    for base, directions in _candidates(given, _vectors(subspace, start.size, "subspace")):
        chart = _on_entries(base, directions)
        if subspace_is_invariant(program, *chart, kind == "map"):
            return EquilibriumStatement(program, kind, "subspace", *chart)
    raise InputError(
        "the subspace is not proved to be invariant: pass columns that span it exactly, such as those of an integer "
        "stoichiometric matrix, and a field whose conservation laws cancel exactly"
    )


def _on_entries(base: list[Fraction], directions: list[list[Fraction]]) -> tuple[list[Fraction], list[list[Fraction]]]:
    """The same subspace as base + T y with y entries of the point: T is the identity there, and the base 0."""
    rows = _pivots(np.array([[float(entry) for entry in row] for row in directions]))
    square = exact_matrix([directions[i] for i in rows])
    reduced = exact_matrix(directions) * square.inv()
    columns = [[_fraction(reduced[i, j]) for j in range(len(rows))] for i in range(len(base))]
    heights = [base[i] for i in rows]
    shifted = [
        b - sum((t * h for t, h in zip(row, heights, strict=True)), Fraction(0))
        for b, row in zip(base, columns, strict=True)
    ]
    return shifted, columns


def _fraction(value: Any) -> Fraction:
    return Fraction(int(value.p), int(value.q))


def _in_subspace(
    program: Program, kind: str, point: list[Fraction], vectors: list[list[Fraction]], rounded: bool
) -> EquilibriumStatement:
    """The subspace whose invariance is proved: through floats a simple rational one nearby; else the given one."""
    candidates = _candidates(point, vectors)
    for base, directions in candidates if rounded else candidates[::-1]:
        if subspace_is_invariant(program, base, directions, kind == "map"):
            return EquilibriumStatement(program, kind, "subspace", base, directions)
    return EquilibriumStatement(program, kind, "subspace", point, vectors)


def _candidates(
    point: list[Fraction], vectors: list[list[Fraction]]
) -> list[tuple[list[Fraction], list[list[Fraction]]]]:
    """(base, directions): as given, and rounded to simple rationals in the basis that is the identity on its pivots."""
    matrix = np.array([[float(entry) for entry in row] for row in vectors])
    pivots = _pivots(matrix)
    inverse = np.linalg.inv(matrix[pivots])
    reduced, sizes = matrix @ inverse, np.abs(matrix) @ np.abs(inverse)
    simple = [[simple_rational(*entry) for entry in zip(*row, strict=True)] for row in zip(reduced, sizes, strict=True)]
    for column, pivot in enumerate(pivots):
        simple[pivot] = [Fraction(int(j == column)) for j in range(len(pivots))]
    heights = [point[pivot] for pivot in pivots]
    terms = [[x, *(-s * h for s, h in zip(row, heights, strict=True))] for x, row in zip(point, simple, strict=True)]
    base = [simple_rational(float(sum(row)), float(sum(map(abs, row)))) for row in terms]
    return [(base, simple), (point, simple), (point, vectors)]


def _pivots(matrix: np.ndarray) -> list[int]:
    """Rows whose square submatrix is well conditioned: Gaussian elimination with pivoting over the rows."""
    from scipy.linalg import qr

    return sorted(int(i) for i in qr(matrix.T, pivoting=True, mode="r")[1][: matrix.shape[1]])


def _has_floats(x: Any) -> bool:
    return any(isinstance(entry, float | np.floating) for entry in np.array(x, dtype=object).flat)


def _exact_point(x: Any, start: np.ndarray) -> list[Fraction]:
    """Rational entries stay exact; floats are the exact numbers that they are."""
    try:
        return [as_fraction(entry) for entry in np.asarray(list(np.atleast_1d(np.array(x, dtype=object))), object).flat]
    except (InputError, TypeError, ValueError):
        return [Fraction(entry) for entry in start.tolist()]


def _vectors(value: Any, n: int, name: str) -> list[list[Fraction]]:
    """(n, k) columns as exact numbers; one vector (n,) is one column."""
    given = np.array(value.tolist() if hasattr(value, "tolist") else value, dtype=object)
    try:
        exact = [[as_fraction(entry) for entry in np.atleast_1d(row)] for row in given]
    except (InputError, TypeError):
        exact = exact_vectors(np.atleast_2d(finite_array(value, name).T).T)
    widths = {len(row) for row in exact}
    if len(exact) != n or len(widths) != 1 or not 0 < min(widths) <= n:
        raise InputError(f"{name} must be an array of shape ({n}, k), 1 <= k <= {n}, but has shape {given.shape}")
    if rank(exact) < min(widths):
        raise InputError(f"the columns of {name} are linearly dependent; drop some")
    return exact
