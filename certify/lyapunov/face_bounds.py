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
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF
from certify.lyapunov.face_tree import FaceTree, corner_offsets, multilinear, others
from certify.lyapunov.family import Family
from certify.lyapunov.point_logarithm import log_bounds

_CHUNK = 1 << 13


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
        parts = [_part(family.matrices[i], tree, values, chunk) for i in range(family.count)]
        lower[chunk], upper[chunk] = _sum(family.probabilities, parts, values[chunk].T, offset)
        for i, part in enumerate(parts):
            leaves[i].append(part.leaves)
            counts[i].append(part.counts)
    met = [(np.concatenate(leaves[i]), _starts(np.concatenate(counts[i]))) for i in range(family.count)]
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
            image = _Image(family.matrices[i], tree, chunk)
            low[i, chunk], high[i, chunk] = image.logarithm_range()
            found, sizes = _filled(tree, image.met(len(chunk)))
            leaves.append(found)
            counts.append(sizes)
        met.append((np.concatenate(leaves), _starts(np.concatenate(counts))))
    return low, high, met


def _filled(tree: FaceTree, met: "_Met") -> tuple[np.ndarray, np.ndarray]:
    """The leaves met and their numbers, with "anywhere" for images without a box."""
    nowhere = met.counts == 0
    return np.insert(met.leaves, met.starts[nowhere], len(tree.leaves)), np.where(nowhere, 1, met.counts)


def _chunks(tree: FaceTree) -> Iterator[np.ndarray]:
    """Consecutive leaf numbers, on one face at a time (the leaves are ordered by face)."""
    ends = np.cumsum(np.bincount(tree.face[tree.leaves], minlength=tree.dimension))
    for first, last in zip([0, *ends[:-1]], ends, strict=True):
        for start in range(int(first), int(last), _CHUNK):
            yield np.arange(start, min(start + _CHUNK, int(last)))


def _starts(counts: np.ndarray) -> np.ndarray:
    return np.concatenate([[0], np.cumsum(counts)[:-1]])


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
        endless |= np.isneginf(part.low).any(axis=0)
        unknown |= np.isposinf(part.high).any(axis=0) | ~np.isfinite(part.bend)
        high = high + weight * (Ball.exact(_finite(part.high)) - own)
        low = low + weight * (Ball.exact(_finite(part.low)) - own)
        bend = bend + weight.upper * _finite(part.bend)
    bend = bend * (1 + 64 * len(parts) * UNIT_ROUNDOFF)
    top = np.nextafter(high.upper.max(axis=0) + bend, np.inf)
    bottom = np.nextafter(low.lower.min(axis=0) - bend, -np.inf)
    return np.where(endless | unknown, -np.inf, bottom), np.where(unknown, np.inf, top)


def _finite(x: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(x), x, 0.0)


def _part(matrix: Ball, tree: FaceTree, values: np.ndarray, chunk: np.ndarray) -> _Part:
    """The bounds of log|A v| + f(A v) over the leaves of a chunk (all on one face)."""
    image = _Image(matrix, tree, chunk)
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


def _grouped(rows: np.ndarray, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    order = np.argsort(rows, kind="stable")
    return (rows[order], *(array[order] for array in arrays))


def _reduce(
    function: np.ufunc, entries: np.ndarray, starts: np.ndarray, empty: np.ndarray, default: float
) -> np.ndarray:
    """The reduction of consecutive groups, `default` for the empty ones."""
    if empty.all():
        return np.full(len(starts), default)
    result = np.full(len(starts), default)
    result[~empty] = function.reduceat(entries, starts[~empty])
    return result


@final
@dataclass(frozen=True)
class _Met:
    """Pairs (leaf of the chunk, leaf met), the box (., d-1) of each, and the pairs' number and start for every leaf."""

    rows: np.ndarray
    leaves: np.ndarray
    low: np.ndarray
    high: np.ndarray
    counts: np.ndarray
    starts: np.ndarray


@final
@dataclass(frozen=True)
class _Model:
    """Affine functions l(u) = value + slope . (u - middle), one for each smooth image: (n,), (n, d-1), (n, d-1)."""

    value: np.ndarray
    slope: np.ndarray
    middle: np.ndarray


def _deviation(
    tree: FaceTree,
    values: np.ndarray,
    model: _Model,
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


class _Image:
    """The images of the leaves of a chunk under one matrix: balls over every leaf, boxes on the faces."""

    def __init__(self, matrix: Ball, tree: FaceTree, chunk: np.ndarray) -> None:
        self.tree, self.dimension, self.matrix = tree, tree.dimension, matrix
        nodes = tree.leaves[chunk]
        self.face, self.low, self.side = int(tree.face[nodes[0]]), tree.low[nodes], tree.side[nodes]
        self.axes = others(self.dimension, self.face)
        half = np.broadcast_to(self.side / 2, (len(nodes),))
        self.centre = self.low + self.side[:, None] / 2
        self.thin = self._vectors(self.centre, np.zeros(len(nodes)))
        self.wide = self._vectors(self.centre, half)
        self.target = np.abs(np.stack([w.mid for w in self.thin])).argmax(axis=0)
        self._places()

    def _vectors(self, places: np.ndarray, radius: np.ndarray) -> list[Ball]:
        """The coordinates of A v over the cubes of the given centres and half sides."""
        result = []
        for row in range(self.dimension):
            total = self.matrix[row, self.face] + Ball.exact(np.zeros(len(places)))
            for axis, column in enumerate(self.axes):
                total = total + self.matrix[row, column] * Ball(places[:, axis], radius)
            result.append(total)
        return result

    def _places(self) -> None:
        """Derivatives of the place on the target face over every leaf, and a box around the image there."""
        order = np.array([others(self.dimension, a) for a in range(self.dimension)])[self.target].T
        leading, thin_leading = _pick(self.wide, self.target), _pick(self.thin, self.target)
        top = self._rows(self.target)
        self.leading_slopes = [entry / leading for entry in top]
        self.derivatives, self.places, boxes = [], [], []
        for rows in order:
            moved, thin = _pick(self.wide, rows), _pick(self.thin, rows)
            place = moved / leading
            entries = self._rows(rows)
            slopes = [(entry - place * lead) / leading for entry, lead in zip(entries, top, strict=True)]
            middle = thin / thin_leading
            spread = sum((slope.magnitude for slope in slopes), np.zeros(len(self.side))) * (self.side / 2)
            self.derivatives.append(slopes)
            self.places.append(middle)
            boxes.append(Ball(middle.mid, (middle.rad + spread) * (1 + 64 * UNIT_ROUNDOFF) + 2.0**-1000))
        self.box_low = np.stack([box.lower for box in boxes], axis=1)
        self.box_high = np.stack([box.upper for box in boxes], axis=1)
        bounded = (leading.mignitude > 0) & np.isfinite(self.box_high - self.box_low).all(axis=1)
        self.inside = bounded & (self.box_low >= -1).all(axis=1) & (self.box_high <= 1).all(axis=1)

    def _rows(self, rows: np.ndarray) -> list[Ball]:
        """The derivatives of the coordinate numbered `rows` of A v along the axes of the leaf."""
        return [self.matrix[:, column][rows] for column in self.axes]

    def boxes(self) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Faces, lower and upper corners of boxes that hold the images, and the leaf of the chunk that each belongs to.

        An image that may vanish, or would meet very many leaves, has no box: it may be anywhere.
        """
        parts = [
            (
                self.target[self.inside],
                self.box_low[self.inside],
                self.box_high[self.inside],
                np.flatnonzero(self.inside),
            )
        ]
        sizes = np.stack([w.magnitude for w in self.wide])
        least = np.stack([w.mignitude for w in self.wide]).max(axis=0)
        anywhere = ~self.inside & np.any(
            [(sizes[a] >= least) & (self.wide[a].mignitude == 0) for a in range(self.dimension)], axis=0
        )
        for a in range(self.dimension):
            chosen = np.flatnonzero(~self.inside & ~anywhere & (sizes[a] >= least))
            leading = self.wide[a][chosen]
            places = [self.wide[b][chosen] / leading for b in others(self.dimension, a)]
            low = np.stack([np.clip(place.lower, -1.0, 1.0) for place in places], axis=1)
            high = np.stack([np.clip(place.upper, -1.0, 1.0) for place in places], axis=1)
            parts.append((np.full(len(chosen), a), low, high, chosen))
        return tuple(np.concatenate([part[j] for part in parts]) for j in range(4))  # type: ignore[return-value]

    def met(self, count: int) -> "_Met":
        """The leaves that meet the boxes, grouped by the leaf of the chunk."""
        face, low, high, query = self.boxes()
        rows, leaves = self.tree.meeting(face, low, high)
        grouped = _grouped(query[rows], leaves, low[rows], high[rows])
        counts = np.bincount(grouped[0], minlength=count)
        return _Met(grouped[0], grouped[1], grouped[2], grouped[3], counts, _starts(counts))

    def logarithm_range(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of log|A v| (maximum norm) over every leaf."""
        least = np.stack([w.mignitude for w in self.wide]).max(axis=0)
        greatest = np.stack([w.magnitude for w in self.wide]).max(axis=0)
        return log_bounds(Ball.exact(least))[0], log_bounds(Ball.exact(greatest))[1]

    def model(self, values: np.ndarray, smooth: np.ndarray) -> _Model:
        """The affine functions that agree with f at the centre of each box and rise as f does across the box.

        (Any affine functions would do; steep tangents of small cells must not be continued over large boxes.)
        """
        low, high = self.box_low[smooth], self.box_high[smooth]
        middle = np.stack([place.mid[smooth] for place in self.places], axis=1)
        slopes = []
        for axis in range(self.dimension - 1):
            ends = []
            for side in (low, high):
                there = middle.copy()
                there[:, axis] = side[:, axis]
                ends.append(self._value(values, smooth, there))
            slopes.append((ends[1] - ends[0]) / np.maximum(high[:, axis] - low[:, axis], 2.0**-60))
        return _Model(self._value(values, smooth, middle), np.stack(slopes, axis=1), middle)

    def _value(self, values: np.ndarray, smooth: np.ndarray, places: np.ndarray) -> np.ndarray:
        """f at places on the target faces, in floating point."""
        leaf = self.tree.locate(self.target[smooth], places)
        nodes = self.tree.leaves[leaf]
        share = (places - self.tree.low[nodes]) / self.tree.side[nodes][:, None]
        return multilinear(values[leaf].T, share.T)

    def sharp(self, model: _Model, smooth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Bounds (C, n) of log|w_a| + l at the corners of the smooth leaves, and the interpolation error (n,)."""
        target = self.target[smooth]
        order = np.array([others(self.dimension, a) for a in range(self.dimension)])[target].T
        low, high = [], []
        for offset in corner_offsets(self.dimension):
            corner = self.low + self.side[:, None] * offset
            vectors = [w[smooth] for w in self._vectors(corner, np.zeros(len(corner)))]
            leading = _pick(vectors, target)
            total = Ball.exact(model.value)
            for axis, rows in enumerate(order):
                step = _pick(vectors, rows) / leading - Ball.exact(model.middle[:, axis])
                total = total + Ball.exact(model.slope[:, axis]) * step
            below, above = log_bounds(abs(leading))
            low.append(np.nextafter(below + total.lower, -np.inf))
            high.append(np.nextafter(above + total.upper, np.inf))
        return np.stack(low), np.stack(high), self._bend(model, smooth)

    def _bend(self, model: _Model, smooth: np.ndarray) -> np.ndarray:
        """(h/4) sum_b osc_b of the derivatives of log|w_a| + l o g over every smooth leaf."""
        total = np.zeros(len(smooth))
        for axis in range(self.dimension - 1):
            slope = self.leading_slopes[axis][smooth]
            for number, derivative in enumerate(self.derivatives):
                slope = slope + Ball.exact(model.slope[:, number]) * derivative[axis][smooth]
            total = total + 2 * slope.rad
        return total * (self.side[smooth] / 4) * (1 + 64 * UNIT_ROUNDOFF)


def _pick(coordinates: list[Ball], rows: np.ndarray) -> Ball:
    """Entry j is entry j of the coordinate numbered rows[j]."""
    mid = np.take_along_axis(np.stack([w.mid for w in coordinates]), rows[None], axis=0)[0]
    rad = np.take_along_axis(np.stack([w.rad for w in coordinates]), rows[None], axis=0)[0]
    return Ball(mid, rad)
