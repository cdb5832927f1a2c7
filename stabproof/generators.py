"""Generators of linear symmetries as exact matrices, and the slice on which a relative equilibrium is looked for."""

from fractions import Fraction
from typing import Any, TypeAlias

import numpy as np

from certify.equilibrium import EquilibriumStatement
from certify.equilibrium.group_slice import GroupSlice, commute
from certify.equilibrium.identities import commutes
from certify.program import Program
from certify.program.arb import as_fraction
from foundation import InputError
from stabproof.rationals import simple_rational

Matrix: TypeAlias = list[list[Fraction]]

# The directions S_k x are told apart when the smallest singular value is above this, columns of length 1.
_INDEPENDENT = 1e-7


def generators(value: Any, n: int) -> list[Matrix] | None:
    """One square matrix (n, n), n > 1, or several, (s, n, n), as exact numbers; None for columns of translations."""
    given = _objects(value)
    if given.shape == (n, n) and n > 1:
        return [_exact(given)]
    if given.ndim == 3 and given.shape[1:] == (n, n) and len(given):
        return [_exact(matrix) for matrix in given]
    if given.ndim > 2:
        raise InputError(
            f"symmetry must be columns of translations ({n}, s), a generator ({n}, {n}) or several (s, {n}, {n}), but "
            f"has shape {given.shape}"
        )
    return None


def modulo_group(program: Program, kind: str, start: np.ndarray, matrices: list[Matrix]) -> EquilibriumStatement:
    """The statement modulo exp(t S_k), on the slice through `start` across its group orbit."""
    if len(matrices) >= start.size:
        raise InputError(f"{len(matrices)} symmetries leave no coordinate of {start.size}")
    if not commute(matrices):
        raise InputError("the generators of the symmetries do not commute; pass those of a commutative group")
    exact = _meant(program, matrices)
    directions = _directions(exact, start)
    across = np.linalg.qr(directions, mode="complete")[0][:, len(exact) :]
    group = GroupSlice(start.copy(), np.ascontiguousarray(across), exact, kind == "map")
    return EquilibriumStatement(program, kind, "group", group=group)


def _meant(program: Program, matrices: list[Matrix]) -> list[Matrix]:
    """The matrices as given, or with simple rationals for their floats where only these are proved symmetries."""
    simple = [[[simple_rational(float(entry)) for entry in row] for row in matrix] for matrix in matrices]
    if simple == matrices or all(commutes(program, matrices)) or not commute(simple):
        return matrices
    return simple if all(commutes(program, simple)) else matrices


def _directions(matrices: list[Matrix], start: np.ndarray) -> np.ndarray:
    """S_k x with lengths 1, (n, s); raises `InputError` where they are dependent."""
    floats = np.array([[[float(entry) for entry in row] for row in matrix] for matrix in matrices])
    columns = (floats @ start).T
    lengths = np.linalg.norm(columns, axis=0)
    least = np.linalg.norm(floats, axis=(1, 2)) * np.linalg.norm(start) * _INDEPENDENT
    if (lengths <= least).any() or np.linalg.svd(columns / lengths, compute_uv=False)[-1] < _INDEPENDENT:
        raise InputError(
            "the symmetries do not move x in independent directions S_k x: an equilibrium that a symmetry fixes is "
            "certified without it"
        )
    return np.asarray(columns / lengths)


def _exact(array: np.ndarray) -> Matrix:
    exact = [[as_fraction(entry) for entry in row] for row in array]
    for entry in (entry for row in exact for entry in row):
        if abs(entry) > 2**1000:
            raise InputError("an entry of symmetry is beyond the range of float64; rescale the generator")
    return exact


def _objects(value: Any) -> np.ndarray:
    """Nested lists, arrays and SymPy matrices as one array of objects; ragged ones are no generators."""
    items = _plain(value)
    if isinstance(items, list | tuple):
        items = [_plain(item) for item in items]
    try:
        return np.array(items, dtype=object)
    except ValueError:
        return np.empty(0, dtype=object)


def _plain(value: Any) -> Any:
    if hasattr(value, "toarray"):
        value = value.toarray()
    return value.tolist() if hasattr(value, "tolist") else value
