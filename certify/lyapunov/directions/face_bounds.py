"""Proved bounds of r = E log|A v| + E f(A v) - f(v) on the cells of a tree of directions in dimension 2, 3, 4, ...

f is multilinear on every leaf (by its corner values, not necessarily continuous across leaves). For a leaf and a matrix
whose image of the leaf lies on one face, f is compared with an affine function l of that face: log|w_a| + l(g(v)) is
smooth on the leaf, and lies within (h/4) sum_b osc_b of the multilinear interpolant of its corner values, osc_b the
oscillation of its derivative along axis b and h the side: in one variable the interpolation error of a function with
slopes in [s, S] is at most h (S - s)/4, and interpolating one axis after the other adds the errors. f - l is
multilinear on every leaf that the image meets: its extremes over the part of it inside a box around the image are at
the corners of that part. As f itself is multilinear on the leaf, r is bounded by its corner values and these errors.
Other leaves (their image crosses an edge of the cube, or meets the kernel) get the ranges of log|A v| and of f on what
the image meets. The norm is the maximum norm, equal to 1 on the faces. (Elementary; own derivation.)
Statement and proof: docs/theory/cells.md.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF
from certify.lyapunov.directions.face_image import AffineModel, ChunkImage, Met, group_starts
from certify.lyapunov.directions.face_tree import FaceTree, corner_offsets, multilinear
from certify.lyapunov.families.family import Family
from certify.lyapunov.time_limit import check_time

_CHUNK = 1 << 13
# Elementary functions that a corner of a cell costs with each matrix, and what a chunk costs beside its cells.
_PER_CORNER, _PER_CHUNK = 4, 5000


@final
@dataclass(frozen=True)
class CellBounds:
    """Bounds of r - offset on every leaf, and for every matrix the leaves that the images meet.

    lower, upper: (N,). met[i] = (leaves, starts): the leaves met by the image of leaf j are
    leaves[starts[j]:starts[j + 1]]; the number N stands for "anywhere".
    """

    lower: np.ndarray
    upper: np.ndarray
    met: list[tuple[np.ndarray, np.ndarray]]


@final
@dataclass(frozen=True)
class _Part:
    """What one matrix adds on a chunk of leaves: bounds at the corners (C, n) plus `bend` (n,), and the leaves met."""

    low: np.ndarray
    high: np.ndarray
    bend: np.ndarray
    leaves: np.ndarray
    counts: np.ndarray


def cell_bounds(family: Family, tree: FaceTree, values: np.ndarray, offset: float) -> CellBounds:
    """The bounds for f with corner values (N, 2^(d-1)), for every family inside the balls."""
    lower, upper = np.empty(len(tree.leaves)), np.empty(len(tree.leaves))
    leaves: list[list[np.ndarray]] = [[] for _ in range(family.count)]
    counts: list[list[np.ndarray]] = [[] for _ in range(family.count)]
    for chunk in _chunks(tree):
        check_time(family.count * (_PER_CHUNK + len(chunk) * 2 ** (family.dimension - 1) * _PER_CORNER))
        parts = [_part(family.matrices[i], tree, values, chunk) for i in range(family.count)]
        lower[chunk], upper[chunk] = _sum(family.probabilities, parts, values[chunk].T, offset)
        for i, part in enumerate(parts):
            leaves[i].append(part.leaves)
            counts[i].append(part.counts)
    met = [(np.concatenate(leaves[i]), group_starts(np.concatenate(counts[i]))) for i in range(family.count)]
    return CellBounds(lower, upper, met)


def cell_logarithms(
    family: Family, tree: FaceTree
) -> tuple[np.ndarray, np.ndarray, list[tuple[np.ndarray, np.ndarray]]]:
    """Bounds (k, N) of log|A_i v| (maximum norm) over the leaves, and the leaves met as in `CellBounds`."""
    low, high = (np.empty((family.count, len(tree.leaves))) for _ in range(2))
    met = []
    for i in range(family.count):
        leaves, counts = [], []
        for chunk in _chunks(tree):
            check_time(_PER_CHUNK + len(chunk) * 2 ** (family.dimension - 1) * _PER_CORNER)
            image = ChunkImage(family.matrices[i], tree, chunk)
            low[i, chunk], high[i, chunk] = image.logarithm_range()
            found, sizes = _filled(tree, image.met(len(chunk)))
            leaves.append(found)
            counts.append(sizes)
        met.append((np.concatenate(leaves), group_starts(np.concatenate(counts))))
    return low, high, met


def _filled(tree: FaceTree, met: Met) -> tuple[np.ndarray, np.ndarray]:
    """The leaves met and their numbers, with "anywhere" for images without a box."""
    nowhere = met.counts == 0
    return np.insert(met.leaves, met.starts[nowhere], len(tree.leaves)), np.where(nowhere, 1, met.counts)


def _chunks(tree: FaceTree) -> Iterator[np.ndarray]:
    """Consecutive leaf numbers, on one face at a time (the leaves are ordered by face)."""
    ends = np.cumsum(np.bincount(tree.face[tree.leaves], minlength=tree.dimension))
    for first, last in zip([0, *ends[:-1]], ends, strict=True):
        for start in range(int(first), int(last), _CHUNK):
            yield np.arange(start, min(start + _CHUNK, int(last)))


def _sum(probabilities: Ball, parts: list[_Part], corners: np.ndarray, offset: float) -> tuple[np.ndarray, np.ndarray]:
    """Bounds of sum_i p_i part_i - f - offset over the leaves of a chunk, from corner bounds (C, n)."""
    own = Ball.exact(corners) + offset
    high, low, bend = (
        Ball.exact(np.zeros(corners.shape)),
        Ball.exact(np.zeros(corners.shape)),
        np.zeros(corners.shape[1]),
    )
    endless = np.zeros(corners.shape[1], dtype=bool)
    unknown = np.zeros(corners.shape[1], dtype=bool)
    for i, part in enumerate(parts):
        weight = probabilities[i]
        # NaN is neither above -inf nor below inf: it knows nothing
        endless |= ~(part.low > -np.inf).all(axis=0)
        unknown |= ~(part.high < np.inf).all(axis=0) | ~np.isfinite(part.bend)
        high = high + weight * (Ball.exact(_finite(part.high)) - own)
        low = low + weight * (Ball.exact(_finite(part.low)) - own)
        bend = bend + weight.upper * _finite(part.bend)
    bend = bend * (1 + 64 * len(parts) * UNIT_ROUNDOFF)
    top = np.nextafter(high.upper.max(axis=0) + bend, np.inf)
    bottom = np.nextafter(low.lower.min(axis=0) - bend, -np.inf)
    unknown |= np.isnan(top) | np.isnan(bottom)
    return np.where(endless | unknown, -np.inf, bottom), np.where(unknown, np.inf, top)


def _finite(x: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(x), x, 0.0)


def _part(matrix: Ball, tree: FaceTree, values: np.ndarray, chunk: np.ndarray) -> _Part:
    """The bounds of log|A v| + f(A v) over the leaves of a chunk (all on one face)."""
    image = ChunkImage(matrix, tree, chunk)
    met = image.met(len(chunk))
    rows, leaves, low, high, starts = met.rows, met.leaves, met.low, met.high, met.starts
    nowhere = met.counts == 0
    crude_low, crude_high = image.logarithm_range()
    least, greatest = values.min(axis=1), values.max(axis=1)
    reach = _reduce(np.maximum, greatest[leaves], starts, nowhere, greatest.max())
    floor = _reduce(np.minimum, least[leaves], starts, nowhere, least.min())
    corner_low = np.nextafter(crude_low + floor, -np.inf) + np.zeros((values.shape[1], 1))
    corner_high = np.nextafter(crude_high + reach, np.inf) + np.zeros((values.shape[1], 1))
    bend = np.zeros(len(chunk))
    smooth = np.flatnonzero(image.inside & ~nowhere)
    if len(smooth):
        model = image.model(values, smooth)
        above, below = _deviation(tree, values, model, rows, leaves, low, high, starts, smooth)
        sharp_low, sharp_high, sharp_bend = image.sharp(model, smooth)
        corner_low[:, smooth] = np.nextafter(sharp_low + below, -np.inf)
        corner_high[:, smooth] = np.nextafter(sharp_high + above, np.inf)
        bend[smooth] = sharp_bend
    filled, counts = _filled(tree, met)
    return _Part(corner_low, corner_high, bend, filled, counts)


def _reduce(
    function: np.ufunc, entries: np.ndarray, starts: np.ndarray, empty: np.ndarray, default: float
) -> np.ndarray:
    """The reduction of consecutive groups, `default` for the empty ones."""
    if empty.all():
        return np.full(len(starts), default)
    result = np.full(len(starts), default)
    result[~empty] = function.reduceat(entries, starts[~empty])
    return result


def _deviation(
    tree: FaceTree,
    values: np.ndarray,
    model: AffineModel,
    rows: np.ndarray,
    leaves: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    starts: np.ndarray,
    smooth: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Upper and lower bounds of f - l over the box around each smooth image."""
    place = np.full(len(starts), -1)
    place[smooth] = np.arange(len(smooth))
    kept = np.flatnonzero(place[rows] >= 0)
    own, leaf = place[rows[kept]], leaves[kept]
    nodes = tree.leaves[leaf]
    base, side = tree.low[nodes], tree.side[nodes][:, None]
    low, high = np.maximum(low[kept], base), np.minimum(high[kept], base + side)
    slope, middle, constant = model.slope[own], model.middle[own], model.value[own]
    corners = values[leaf].T
    above, below = np.full(len(kept), -np.inf), np.full(len(kept), np.inf)
    for offset in corner_offsets(tree.dimension):
        point = np.where(offset > 0, high, low)
        gap = multilinear(corners, ((point - base) / side).T) - constant - (slope * (point - middle)).sum(axis=1)
        above, below = np.maximum(above, gap), np.minimum(below, gap)
    size = (
        np.abs(corners).max(axis=0)
        + np.abs(constant)
        + (np.abs(slope) * (np.abs(high - middle) + np.abs(low - middle))).sum(axis=1)
    )
    slack = 256 * UNIT_ROUNDOFF * size
    groups = np.searchsorted(own, np.arange(len(smooth)))
    return np.maximum.reduceat(above + slack, groups), np.minimum.reduceat(below - slack, groups)
