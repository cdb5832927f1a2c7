"""How a value moves along a symmetry: dv/dt = w v + sum_k A_k v (A_k acts along axis k) + s."""

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import final

import numpy as np

Matrices = Mapping[int, np.ndarray]


@final
@dataclass(frozen=True)
class Shift:
    """A part of dv/dt that is the same for all parameters that the symmetry joins, and varies along `axes` only.

    array: its value, with those axes alone, where it is a constant of the program. key: equal for equal shifts.
    """

    key: Hashable
    axes: tuple[int, ...]
    array: np.ndarray | None = field(default=None, compare=False)

    @property
    def negative(self) -> "Shift":
        """-s."""
        if self.array is not None:
            return _constant(-self.array, self.axes)
        inner = self.key[1] if isinstance(self.key, tuple) and self.key[0] == "neg" else ("neg", self.key)
        return Shift(inner, self.axes)

    def expanded(self, shape: tuple[int, ...]) -> np.ndarray | None:
        """The constant in the shape of the value; None where it is no constant."""
        if self.array is None:
            return None
        lengths = [n if k in self.axes else 1 for k, n in enumerate(shape)]
        return np.broadcast_to(self.array.reshape(lengths), shape)


@final
@dataclass(frozen=True, eq=False)
class Action:
    """weight: w. axes: integer matrices A_k (n_k, n_k) with A_k[0, 0] = 0, none of them zero. shift: s; None for 0."""

    weight: int = 0
    axes: Matrices = field(default_factory=dict)
    shift: Shift | None = None

    @property
    def is_zero(self) -> bool:
        """Whether the value does not change."""
        return self.is_still and self.shift is None

    @property
    def is_still(self) -> bool:
        """Whether the value changes by the shift alone."""
        return not self.weight and not self.axes

    @property
    def is_scaling(self) -> bool:
        """Whether every entry is multiplied by a positive number."""
        return self.shift is None and all(is_diagonal(matrix) for matrix in self.axes.values())

    def moves_like(self, other: "Action") -> bool:
        """Whether w and A are those of the other, whatever the shifts."""
        same = self.weight == other.weight and set(self.axes) == set(other.axes)
        return same and all(np.array_equal(matrix, other.axes[k]) for k, matrix in self.axes.items())


STILL = Action()


@final
@dataclass(frozen=True, eq=False)
class Pending:
    """An entrywise product of two values that no action describes before it is summed."""

    left: Action
    right: Action


def action(weight: int, axes: Matrices, shift: Shift | None = None) -> Action:
    """The action in its one form: multiples of the identity are part of the weight."""
    kept = {}
    for k, matrix in axes.items():
        if not matrix.size:
            continue
        first = int(matrix[0, 0])
        rest = matrix - first * np.eye(len(matrix), dtype=np.int64)
        weight += first
        if rest.any():
            kept[k] = rest
    return Action(weight, kept, shift)


def constant_shift(array: np.ndarray) -> Shift | None:
    """The shift by a constant array; None for zeros."""
    if not array.any():
        return None
    axes = tuple(k for k in range(array.ndim) if (array != array.take([0], axis=k)).any())
    dropped = tuple(0 if k not in axes else slice(None) for k in range(array.ndim))
    return _constant(np.asarray(array[dropped]), axes)


def _constant(array: np.ndarray, axes: tuple[int, ...]) -> Shift:
    whole = np.ascontiguousarray(array + 0.0)
    return Shift(("constant", whole.shape, whole.tobytes()), axes, whole)


def is_diagonal(matrix: np.ndarray) -> bool:
    """Whether a square matrix is diagonal."""
    return not (matrix - np.diag(np.diagonal(matrix))).any()
