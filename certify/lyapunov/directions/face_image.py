"""The image of a chunk of leaves of the tree of directions under one matrix, in ball arithmetic.

Over a leaf, the coordinates of A v are balls; on the face of the greatest one, w_a, the place u_b = w_b/w_a of the
image has the derivatives (A_bc - u_b A_ac)/w_a, and the mean value theorem gives a box around the image.
"""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF
from certify.lyapunov.directions.face_tree import FaceTree, corner_offsets, multilinear, others
from certify.lyapunov.point_logarithm import log_bounds


@final
@dataclass(frozen=True)
class Met:
    """Pairs (leaf of the chunk, leaf met), the box (., d-1) of each, and the pairs' number and start for every leaf."""

    rows: np.ndarray
    leaves: np.ndarray
    low: np.ndarray
    high: np.ndarray
    counts: np.ndarray
    starts: np.ndarray


@final
@dataclass(frozen=True)
class AffineModel:
    """Affine functions l(u) = value + slope . (u - middle), one for each smooth image: (n,), (n, d-1), (n, d-1)."""

    value: np.ndarray
    slope: np.ndarray
    middle: np.ndarray


class ChunkImage:
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

    def met(self, count: int) -> Met:
        """The leaves that meet the boxes, grouped by the leaf of the chunk."""
        face, low, high, query = self.boxes()
        rows, leaves = self.tree.meeting(face, low, high)
        grouped = _grouped(query[rows], leaves, low[rows], high[rows])
        counts = np.bincount(grouped[0], minlength=count)
        return Met(grouped[0], grouped[1], grouped[2], grouped[3], counts, group_starts(counts))

    def logarithm_range(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of log|A v| (maximum norm) over every leaf."""
        least = np.stack([w.mignitude for w in self.wide]).max(axis=0)
        greatest = np.stack([w.magnitude for w in self.wide]).max(axis=0)
        return log_bounds(Ball.exact(least))[0], log_bounds(Ball.exact(greatest))[1]

    def model(self, values: np.ndarray, smooth: np.ndarray) -> AffineModel:
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
        return AffineModel(self._value(values, smooth, middle), np.stack(slopes, axis=1), middle)

    def _value(self, values: np.ndarray, smooth: np.ndarray, places: np.ndarray) -> np.ndarray:
        """f at places on the target faces, in floating point."""
        leaf = self.tree.locate(self.target[smooth], places)
        nodes = self.tree.leaves[leaf]
        share = (places - self.tree.low[nodes]) / self.tree.side[nodes][:, None]
        return multilinear(values[leaf].T, share.T)

    def sharp(self, model: AffineModel, smooth: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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

    def _bend(self, model: AffineModel, smooth: np.ndarray) -> np.ndarray:
        """(h/4) sum_b osc_b of the derivatives of log|w_a| + l o g over every smooth leaf."""
        total = np.zeros(len(smooth))
        for axis in range(self.dimension - 1):
            slope = self.leading_slopes[axis][smooth]
            for number, derivative in enumerate(self.derivatives):
                slope = slope + Ball.exact(model.slope[:, number]) * derivative[axis][smooth]
            total = total + 2 * slope.rad
        return total * (self.side[smooth] / 4) * (1 + 64 * UNIT_ROUNDOFF)


def _grouped(rows: np.ndarray, *arrays: np.ndarray) -> tuple[np.ndarray, ...]:
    order = np.argsort(rows, kind="stable")
    return (rows[order], *(array[order] for array in arrays))


def group_starts(counts: np.ndarray) -> np.ndarray:
    """The first index of each of consecutive groups of the given sizes."""
    return np.concatenate([[0], np.cumsum(counts)[:-1]])


def _pick(coordinates: list[Ball], rows: np.ndarray) -> Ball:
    """Entry j is entry j of the coordinate numbered rows[j]."""
    mid = np.take_along_axis(np.stack([w.mid for w in coordinates]), rows[None], axis=0)[0]
    rad = np.take_along_axis(np.stack([w.rad for w in coordinates]), rows[None], axis=0)[0]
    return Ball(mid, rad)
