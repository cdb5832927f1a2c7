"""Kronecker products of plane matrices up to rounding: their basis and factors (estimates; nothing is proved here)."""

from dataclasses import dataclass
from typing import TypeAlias, final

import flint
import numpy as np

from certify.lyapunov.rationals import rational, to_fmpq

Matrix: TypeAlias = flint.fmpq_mat


@final
@dataclass(frozen=True)
class Product:
    """T^-1 A_l T is near +-left[rows[l]] (x) right[columns[l]]: basis T (4, 4), left (m, 2, 2), right (n, 2, 2)."""

    basis: np.ndarray
    left: np.ndarray
    right: np.ndarray
    rows: np.ndarray
    columns: np.ndarray


def kronecker(b: Matrix, c: Matrix) -> Matrix:
    return Matrix([[b[i // 2, j // 2] * c[i % 2, j % 2] for j in range(4)] for i in range(4)])


def exact_matrix(x: np.ndarray) -> Matrix:
    return Matrix([[to_fmpq(rational(float(entry), "witness")) for entry in row] for row in x])
