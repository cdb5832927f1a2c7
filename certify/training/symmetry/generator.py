"""Generators of a symmetry of a loss as exact data: how each array of parameters moves."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.training.symmetry.action import Action, action, constant_shift
from foundation import CertificateError

# Entries of generators: their sums and products along a program stay far below 2^63.
_LARGEST = 2**16


@final
@dataclass(frozen=True, eq=False)
class Part:
    """How one array of parameters moves: sum_k A_k v along its axes, and by a constant. weight: of the whole array."""

    leaf: int
    weight: int
    axes: dict[int, np.ndarray]
    shift: np.ndarray | None

    def as_tree(self) -> dict[str, Any]:
        """The part as data."""
        matrices = [{"axis": k, "matrix": matrix} for k, matrix in sorted(self.axes.items())]
        tree: dict[str, Any] = {"leaf": self.leaf, "weight": self.weight, "axes": matrices}
        return tree if self.shift is None else tree | {"shift": self.shift}

    @property
    def action(self) -> Action:
        """The action on that array."""
        shift = None if self.shift is None else constant_shift(self.shift.astype(np.float64))
        return action(self.weight, self.axes, shift)

    def moved(self, leaf: Ball) -> Ball:
        """dv/dt over a ball of values of the array."""
        total = leaf * float(self.weight)
        for k, matrix in self.axes.items():
            front = [np.moveaxis(x, k, 0) for x in (leaf.mid, leaf.rad)]
            rows = Ball(*(x.reshape(len(matrix), -1) for x in front))
            product = matmul(Ball.exact(matrix.astype(np.float64)), rows)
            total = total + Ball(*(np.moveaxis(x.reshape(front[0].shape), 0, k) for x in (product.mid, product.rad)))
        return total if self.shift is None else total + Ball.exact(self.shift.astype(np.float64))


Generator = tuple[Part, ...]


def directions(generators: Sequence[Generator], shapes: Sequence[tuple[int, ...]], params: Ball) -> Ball:
    """The columns V_j = dtheta/dt along each generator over a ball of parameters (D,), shape (D, k)."""
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    leaves = [
        Ball(mid.reshape(shape), rad.reshape(shape))
        for mid, rad, shape in zip(np.split(params.mid, cuts), np.split(params.rad, cuts), shapes, strict=True)
    ]
    columns = []
    for generator in generators:
        moved = [Ball.exact(np.zeros(shape)) for shape in shapes]
        for part in generator:
            moved[part.leaf] = moved[part.leaf] + part.moved(leaves[part.leaf])
        columns.append([np.concatenate([getattr(m, name).reshape(-1) for m in moved]) for name in ("mid", "rad")])
    return Ball(np.stack([c[0] for c in columns], 1), np.stack([c[1] for c in columns], 1))


def read_generators(stored: Any, shapes: Sequence[tuple[int, ...]]) -> tuple[Generator, ...]:
    """The generators of a certificate; raises `CertificateError` where they are damaged."""
    if not isinstance(stored, list) or not 0 < len(stored) <= sum(int(np.prod(shape)) for shape in shapes):
        raise CertificateError("the certificate has no readable list of symmetries")
    return tuple(_read(entry, shapes) for entry in stored)


def _read(entry: Any, shapes: Sequence[tuple[int, ...]]) -> Generator:
    if not isinstance(entry, list) or not entry:
        raise CertificateError("a symmetry of the certificate is damaged")
    parts = tuple(_read_part(part, shapes) for part in entry)
    if len({part.leaf for part in parts}) != len(parts):
        raise CertificateError("a symmetry of the certificate moves an array twice")
    return parts


def _read_part(tree: Any, shapes: Sequence[tuple[int, ...]]) -> Part:
    if not isinstance(tree, dict) or set(tree) - {"shift"} != {"leaf", "weight", "axes"}:
        raise CertificateError("a symmetry of the certificate is damaged")
    values: list[Any] = [tree.get(key) for key in ("leaf", "weight", "axes", "shift")]
    leaf, weight, axes, shift = values
    whole = all(isinstance(x, int) and not isinstance(x, bool) for x in (leaf, weight)) and isinstance(axes, list)
    if not whole or not 0 <= leaf < len(shapes) or abs(weight) > _LARGEST:
        raise CertificateError("a symmetry of the certificate is damaged")
    shape = shapes[leaf]
    matrices: dict[int, np.ndarray] = {}
    for item in axes:
        pair: list[Any] = [item.get(key) if isinstance(item, dict) else None for key in ("axis", "matrix")]
        axis, matrix = pair
        fits = isinstance(axis, int) and 0 <= axis < len(shape) and axis not in matrices
        if not fits or not _is_whole(matrix, (shape[axis],) * 2):
            raise CertificateError("a symmetry of the certificate is damaged")
        matrices[axis] = matrix
    if shift is not None and not _is_whole(shift, shape):
        raise CertificateError("a symmetry of the certificate is damaged")
    return Part(leaf, weight, matrices, shift)


def _is_whole(array: Any, shape: tuple[int, ...]) -> bool:
    good = isinstance(array, np.ndarray) and array.dtype == np.int64 and array.shape == shape
    return good and bool(((array >= -_LARGEST) & (array <= _LARGEST)).all())
