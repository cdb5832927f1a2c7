"""Generators of symmetries of a loss near a point, found from gradients; nothing of it is believed.

A generator moves each array of parameters by matrices along its axes and by a constant. It is a symmetry where
<S theta + t, grad L(theta)> vanishes at all theta: a linear system for its entries, whose null space is brought
to small whole numbers.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm
from typing import final

import numpy as np

from certify.training.symmetry.generator import Generator, Part

# Axes longer than this are scaled entry by entry only.
_LONGEST_AXIS = 24
_MOST_UNKNOWNS = 1500
_EXTRA, _SEED = 16, 0
# What counts as zero among singular values, and as a rational number with a small denominator.
_NULL, _CLOSE = 1e-9, 1e-6
_DENOMINATOR = 12


@final
@dataclass(frozen=True)
class _Entry:
    """One unknown: entry (row, column) of the matrix along `axis` of an array, or an entry of its constant (-1)."""

    leaf: int
    axis: int
    row: int
    column: int


def proposed_generators(
    gradient: Callable[[np.ndarray], np.ndarray], theta: np.ndarray, shapes: Sequence[tuple[int, ...]]
) -> list[Generator]:
    """Generators near `theta` (D,); gradient: (M, D) -> (M, D). Empty where there are too many unknowns."""
    unknowns = _unknowns(shapes)
    if not 0 < len(unknowns) <= _MOST_UNKNOWNS:
        return []
    draw = np.random.default_rng(_SEED)
    size = 0.25 * (np.abs(theta) + np.sqrt(np.mean(theta**2)) + 1e-3)
    points = theta + size * draw.standard_normal((len(unknowns) + _EXTRA, theta.size))
    slopes = gradient(points)
    good = np.isfinite(slopes).all(1) & (np.abs(slopes).max(1) > 0)
    if int(good.sum()) < len(unknowns):
        return []
    rows = _rows(points[good], slopes[good], shapes, unknowns)
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True).clip(1e-300)
    lengths = np.linalg.norm(rows, axis=0)
    used = lengths > _NULL * lengths.max(initial=0.0)
    singular, right = np.linalg.svd(rows[:, used] / lengths[used])[1:]
    null = right[singular <= _NULL * singular[0]] / lengths[used]
    basis = np.zeros((len(null), len(unknowns)))
    basis[:, used] = null
    still = np.eye(len(unknowns))[~used]
    exact = [row for row in map(_whole, _reduced(basis)) if row is not None] + [row.astype(int) for row in still]
    return [_generator(row, unknowns, shapes) for row in exact]


def _unknowns(shapes: Sequence[tuple[int, ...]]) -> list[_Entry]:
    """Multiples of the identity along one axis are those along another: they are looked for along the first alone."""
    found = []
    for leaf, shape in enumerate(shapes):
        for axis, n in enumerate(shape):
            for row in range(n):
                for column in range(n) if n <= _LONGEST_AXIS else (row,):
                    if axis == 0 or row or column:
                        found.append(_Entry(leaf, axis, row, column))
        if shape == ():
            found.append(_Entry(leaf, 0, 0, 0))
        found += [_Entry(leaf, -1, k, 0) for k in range(int(np.prod(shape)))]
    return found


def _rows(
    points: np.ndarray, slopes: np.ndarray, shapes: Sequence[tuple[int, ...]], unknowns: Sequence[_Entry]
) -> np.ndarray:
    """<dtheta/dt, grad L> for a unit in each unknown, one row a point."""
    cuts = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    values, rises = (
        [part.reshape(len(points), *(shape or (1,))) for part, shape in zip(np.split(x, cuts, 1), shapes, strict=True)]
        for x in (points, slopes)
    )
    tables: dict[tuple[int, int], np.ndarray] = {}
    for leaf, (value, rise) in enumerate(zip(values, rises, strict=True)):
        tables[leaf, -1] = rise.reshape(len(points), -1, 1)
        for axis in range(value.ndim - 1):
            v, g = (np.moveaxis(x, axis + 1, 1).reshape(len(points), value.shape[axis + 1], -1) for x in (value, rise))
            tables[leaf, axis] = np.einsum("mip,mjp->mij", g, v)
    return np.stack([tables[u.leaf, u.axis][:, u.row, u.column] for u in unknowns], 1)


def _reduced(basis: np.ndarray) -> np.ndarray:
    """The reduced row echelon form, with the largest pivots left."""
    matrix, row = basis.copy(), 0
    for _ in range(len(basis)):
        place = np.unravel_index(np.abs(matrix[row:]).argmax(), matrix[row:].shape)
        k, column = row + int(place[0]), int(place[1])
        if abs(matrix[k, column]) < _CLOSE**2:
            break
        matrix[[row, k]] = matrix[[k, row]]
        matrix[row] /= matrix[row, column]
        others = np.arange(len(matrix)) != row
        matrix[others] -= np.outer(matrix[others, column], matrix[row])
        row += 1
    return matrix[:row]


def _whole(row: np.ndarray) -> np.ndarray | None:
    """The row times the least whole number that makes it whole; None where its entries are no simple rationals."""
    simple = [Fraction(float(x)).limit_denominator(_DENOMINATOR) for x in row]
    if max(abs(float(s) - x) for s, x in zip(simple, row, strict=True)) > _CLOSE:
        return None
    factor = lcm(*(s.denominator for s in simple))
    return np.array([int(s * factor) for s in simple])


def _generator(row: np.ndarray, unknowns: Sequence[_Entry], shapes: Sequence[tuple[int, ...]]) -> Generator:
    weights: dict[int, int] = {}
    matrices: dict[int, dict[int, np.ndarray]] = {}
    shifts: dict[int, np.ndarray] = {}
    for value, unknown in zip(row.tolist(), unknowns, strict=True):
        if not value:
            continue
        shape = shapes[unknown.leaf]
        if unknown.axis < 0:
            shifts.setdefault(unknown.leaf, np.zeros(shape, dtype=np.int64)).reshape(-1)[unknown.row] = value
        elif shape == ():
            weights[unknown.leaf] = value
        else:
            n, found = shape[unknown.axis], matrices.setdefault(unknown.leaf, {})
            found.setdefault(unknown.axis, np.zeros((n, n), dtype=np.int64))[unknown.row, unknown.column] = value
    return tuple(
        Part(leaf, weights.get(leaf, 0), matrices.get(leaf, {}), shifts.get(leaf))
        for leaf in sorted(weights.keys() | matrices.keys() | shifts.keys())
    )


def independent(columns: np.ndarray, count: int) -> list[int]:
    """Columns of (D, n), at most `count`, that are independent: greedily the longest across those taken."""
    rest = columns / np.linalg.norm(columns, axis=0).clip(1e-300)
    rest = np.where(np.linalg.norm(columns, axis=0) > _CLOSE * np.abs(columns).max(initial=0.0), rest, 0.0)
    taken: list[int] = []
    for _ in range(min(count, columns.shape[1])):
        k = int(np.linalg.norm(rest, axis=0).argmax())
        length = np.linalg.norm(rest[:, k])
        if length < _CLOSE:
            break
        taken.append(k)
        unit = rest[:, k] / length
        rest = rest - np.outer(unit, unit @ rest)
    return sorted(taken)
