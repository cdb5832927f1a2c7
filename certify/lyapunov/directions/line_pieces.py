"""Proved bounds of r = E log|A v| + E f(A v) - f(v) on pieces of the circle of directions, f piecewise linear.

The pieces lie between consecutive nodes of f and their approximate preimages, so that each image of a piece lies in one
cell of f up to rounding. There r(t) = sum_i p_i (log n_i + f_j + beta_j (g_i - x_j)) - f is smooth: with n_i affine and
g_i Moebius, |g_i''| = 2 |det A_i| |n_i'| / n_i^3, and r lies within max|r''| h^2/8 of the interval of its two end
values (h the length of the piece). Where log n_i or g_i bends too much for this, it stays between its end values. Where
an image sticks out of its cell by o, f differs from its line by at most |beta_neighbour - beta_j| o as long as o is at
most the neighbour's width. Signs that flip within rounding are allowed for: if the lesser of s_0 w_0 and s_1 w_1 is
-e < 0, e <= n/2, then |w|_1 = n + 2 e, and the place on the circle moves by 2 e^2/(n (n + 2 e)) <= e/n. A piece where
no sign is constant (it meets a kernel, or the balls are too wide) gets the bounds of log|w|_1 over the segment, and
those of f over the circle. (Elementary; own derivation.)
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball, where
from certify.arithmetic.rounding import inflate_products
from certify.lyapunov.directions.direction_balls import determinant_bounds, direction_balls
from certify.lyapunov.directions.line_geometry import breakpoints, cell_of, direction
from certify.lyapunov.families.family import Family
from certify.lyapunov.point_logarithm import log_bounds
from certify.lyapunov.time_limit import check_time

_CHUNK = 1 << 15
# Elementary functions that a piece costs with each matrix.
_PER_PIECE = 4


@final
@dataclass(frozen=True)
class LineFunction:
    """A continuous, piecewise linear function on the circle: `values` at the ascending `nodes`, which hold 0 and 1."""

    nodes: np.ndarray
    values: np.ndarray

    @property
    def ends(self) -> np.ndarray:
        """The right ends of the cells."""
        return np.append(self.nodes[1:], 2.0)

    def slopes(self) -> Ball:
        """The slope on every cell."""
        following = Ball.exact(np.roll(self.values, -1))
        return (following - Ball.exact(self.values)) / (Ball.exact(self.ends) - Ball.exact(self.nodes))


@final
@dataclass(frozen=True)
class PieceBounds:
    """Bounds of r - offset on the pieces, and where the images of the pieces lie.

    lower, upper: (P,). owner: (P,) the cell of each piece, ascending. inside, at_start, at_end: (k, P), cells that the
    images of the piece, and of its two ends, may reach; the number of cells stands for "anywhere". apart: (P,), whether
    no point of the piece has images that stick out at the start and images that stick out at the end.
    """

    lower: np.ndarray
    upper: np.ndarray
    owner: np.ndarray
    inside: np.ndarray
    at_start: np.ndarray
    at_end: np.ndarray
    apart: np.ndarray


def piece_bounds(family: Family, function: LineFunction, offset: float, widening: float = 0.0) -> PieceBounds:
    """The bounds of r - offset on all pieces of the circle, for every family inside the balls (d = 2).

    They also hold when every image is moved along the circle by at most `widening`, each in its own way (the
    logarithms are those of the unmoved images), and the cells are those that moved images reach.
    """
    points = np.append(breakpoints(function.nodes, family.matrices.mid), 2.0)
    parts = list(_parts(family, function, points, offset, widening))
    first, last = ("lower", "upper", "owner", "apart"), ("inside", "at_start", "at_end")
    joined = {name: np.concatenate([getattr(part, name) for part in parts]) for name in first}
    joined |= {name: np.concatenate([getattr(part, name) for part in parts], axis=1) for name in last}
    return PieceBounds(**joined)


def _parts(
    family: Family, function: LineFunction, points: np.ndarray, offset: float, widening: float
) -> Iterator[PieceBounds]:
    cells = _Cells(function)
    for start in range(0, len(points) - 1, _CHUNK):
        check_time(min(_CHUNK, len(points) - 1 - start) * family.count * _PER_PIECE)
        yield _Chunk(family, cells, points[start : start + _CHUNK + 1], widening).bounds(offset)


class _Cells:
    """What every chunk needs of the function: computed once."""

    def __init__(self, function: LineFunction) -> None:
        self.function = function
        self.nodes, self.ends, self.values = function.nodes, function.ends, function.values
        self.slopes = function.slopes()
        self.widths = np.nextafter(self.ends - self.nodes, 0.0)
        self.steepest = float(self.slopes.magnitude.max())
        self.range = Ball.from_bounds(function.values.min(), function.values.max())


class _Chunk:
    """The pieces between consecutive `points`: arrays (P,), and (k, P) for what depends on the matrix."""

    def __init__(self, family: Family, cells: _Cells, points: np.ndarray, widening: float) -> None:
        self.family, self.cells, self.widening = family, cells, widening
        self.start, self.end = points[:-1], points[1:]
        self.owner = cell_of(cells.nodes, self.start)
        self.length = np.nextafter(self.end - self.start, np.inf)
        matrices = family.matrices
        v = direction_balls(points)
        w = [matrices[:, row, 0, None] * v[0] + matrices[:, row, 1, None] * v[1] for row in range(2)]
        self._signed_images(w, matrices)
        self._image_places()

    def _signed_images(self, w: list[Ball], matrices: Ball) -> None:
        """Norms and numerators at both ends, for the signs at the middle of the piece."""
        middle = np.einsum("kij,jp->ikp", matrices.mid, direction(self.start / 2 + self.end / 2))
        self.sign = np.where(middle < 0, -1.0, 1.0)
        self.same = self.sign[0] == self.sign[1]
        self.coordinates = [[_signed(w[row][:, cut], self.sign[row]) for row in range(2)] for cut in (_FIRST, _LAST)]
        self.norms = [x + y for x, y in self.coordinates]
        self.least = np.minimum(self.norms[0].lower, self.norms[1].lower)
        lowest = np.minimum.reduce([c.lower for pair in self.coordinates for c in pair])
        self.flip = np.maximum(-lowest, 0.0)
        self.good = (self.least > 0) & (self.flip <= self.least / 4)
        safe = np.where(self.good, self.least, 1.0)
        self.flip_ratio = np.where(self.good, np.nextafter(self.flip / safe, np.inf) * (self.flip > 0), 0.0)
        self.safe_least = safe
        self.rate = _derivative(matrices, self.start >= 1.0, self.sign) / safe
        # where the norm changes by a factor, the logarithm is bounded by its end values, not by its curvature
        self.steep = self.rate * self.length > 0.5

    def _image_places(self) -> None:
        """The places of the images of both ends, and the cell of the image of the middle."""
        base = np.where(self.same, 0.0, 1.0)
        one = Ball.exact(np.ones_like(base))
        self.places = []
        for (first, second), norm in zip(self.coordinates, self.norms, strict=True):
            numerator = where(self.same, second, first)
            divisor = where(self.good, norm, one)
            self.places.append(numerator / divisor + Ball(base, np.full(base.shape, self.widening)))
        middle = self.places[0].mid / 2 + self.places[1].mid / 2
        self.inside = np.minimum(cell_of(self.cells.nodes, middle), len(self.cells.nodes) - 1)
        self.overhangs = [self._overhang(place) for place in self.places]
        # images that are known worse than f varies (next to a kernel): the range of f says more
        radius = np.maximum(self.places[0].rad, self.places[1].rad)
        out = np.maximum.reduce([side for pair in self.overhangs for side in pair])
        vague = self.cells.slopes.magnitude[self.inside] * radius + self.cells.steepest * np.where(out > 1e-9, out, 0.0)
        self.good = self.good & ~(vague > self.cells.range.rad)

    def _overhang(self, place: Ball) -> tuple[np.ndarray, np.ndarray]:
        """By how much an end's image may stick out below and above its cell (0 where it does not)."""
        low = np.where(self.flip_ratio > 0, np.nextafter(place.lower - self.flip_ratio, -np.inf), place.lower)
        high = np.where(self.flip_ratio > 0, np.nextafter(place.upper + self.flip_ratio, np.inf), place.upper)
        left, right = self.cells.nodes[self.inside], self.cells.ends[self.inside]
        below = np.where(low < left, np.nextafter(left - low, np.inf), 0.0)
        above = np.where(high > right, np.nextafter(high - right, np.inf), 0.0)
        return below, above

    def bounds(self, offset: float) -> PieceBounds:
        ends = [self._value(0, self.start, offset), self._value(1, self.end, offset)]
        slack = self._slack()
        upper = np.maximum(ends[0].upper, ends[1].upper) + slack
        lower = np.minimum(ends[0].lower, ends[1].lower) - slack
        reached = self._reached()
        return PieceBounds(
            np.where(np.isnan(lower), -np.inf, np.nextafter(lower, -np.inf)),
            np.where(np.isnan(upper), np.inf, np.nextafter(upper, np.inf)),
            self.owner,
            *reached,
            self._apart(),
        )

    def _value(self, end: int, t: np.ndarray, offset: float) -> "_Range":
        """sum_i p_i (log n_i + line of f at the image) - f - offset at one end of every piece."""
        cells = self.cells
        nodes, values = cells.nodes, Ball.exact(cells.values)
        here = values[self.owner] + cells.slopes[self.owner] * (Ball.exact(t) - Ball.exact(nodes[self.owner]))
        step = self.places[end] - Ball.exact(nodes[self.inside])
        there = values[self.inside] + cells.slopes[self.inside] * step
        whole = Ball(np.broadcast_to(cells.range.mid, there.shape), np.broadcast_to(cells.range.rad, there.shape))
        there = where(self.good, there, whole)
        low, high = log_bounds(self.norms[end])
        crude_low, crude_high = self._crude_logarithm()
        if self.steep.any():
            other_low, other_high = log_bounds(self.norms[1 - end])
            low = np.where(self.steep, np.minimum(low, other_low), low)
            high = np.where(self.steep, np.maximum(high, other_high), high)
        low, high = np.where(self.good, low, crude_low), np.where(self.good, high, crude_high)
        return self._mean(low, high, there - (here + offset))

    def _mean(self, low: np.ndarray, high: np.ndarray, rest: Ball) -> "_Range":
        """Bounds of sum_i p_i (log_i + rest_i), where the lower bound of a logarithm may be -inf."""
        # NaN is neither above -inf nor below inf: it knows nothing
        endless = ~(low > -np.inf)
        finite = np.where(endless, high, low)
        weights = self.family.probabilities.reshape((-1, 1))
        upper = (weights * (Ball.exact(_finite(high)) + rest)).sum(axis=0).upper
        lower = (weights * (Ball.exact(_finite(finite)) + rest)).sum(axis=0).lower
        unknown = ~(high < np.inf).all(axis=0)
        return _Range(np.where(endless.any(axis=0) | unknown, -np.inf, lower), np.where(unknown, np.inf, upper))

    def _crude_logarithm(self) -> tuple[np.ndarray, np.ndarray]:
        """Bounds of log|w|_1 over the whole piece, from the hull of the coordinates at its ends."""
        if self.good.all():
            return np.zeros(self.good.shape), np.zeros(self.good.shape)
        size = np.maximum(*((x.magnitude + y.magnitude) * (1 + 2.0**-50) for x, y in self.coordinates))
        hulls = [
            Ball.from_bounds(np.minimum(a.lower, b.lower), np.maximum(a.upper, b.upper))
            for a, b in zip(*self.coordinates, strict=True)
        ]
        least = (hulls[0].mignitude + hulls[1].mignitude) * (1 - 2.0**-50)
        return log_bounds(Ball.exact(least))[0], log_bounds(Ball.exact(size))[1]

    def _slack(self) -> np.ndarray:
        """Upper bounds of how far r leaves the interval of its end values: curvature, sticking out, flipped signs."""
        weights = self.family.probabilities.upper[:, None]
        determinant = determinant_bounds(self.family.matrices)[:, None]
        slope = self.cells.slopes.magnitude[self.inside]
        logarithm = np.where(self.steep, 0.0, self.rate * self.rate * (self.length * self.length / 8))
        bend = self.rate * determinant / (self.safe_least * self.safe_least) * (self.length * self.length / 4)
        # where g bends much, it stays between its end values
        first, last = self.places
        across = np.abs(last.mid - first.mid) * (1 + 2.0**-50) + first.rad + last.rad
        total = logarithm + slope * np.minimum(bend, across) + self._off_line() + 2 * self.flip_ratio
        return inflate_products((weights * np.where(self.good, total, 0.0)).sum(axis=0), 24 + len(weights))

    def _off_line(self) -> np.ndarray:
        """How far f may be from the line of the image's cell, where images stick out of it."""
        cells = self.cells
        slope, count = cells.slopes.magnitude[self.inside], len(cells.nodes)
        total = np.zeros(self.inside.shape)
        for side, shift in ((0, -1), (1, 1)):
            out = np.maximum(self.overhangs[0][side], self.overhangs[1][side])
            if not out.any():
                continue
            neighbour = (self.inside + shift) % count
            nonsmooth_point = np.abs(cells.slopes.mid[neighbour] - cells.slopes.mid[self.inside])
            nonsmooth_point = nonsmooth_point + cells.slopes.rad[neighbour] + cells.slopes.rad[self.inside]
            total = total + np.where(out <= cells.widths[neighbour], nonsmooth_point, slope + cells.steepest) * out
        return total

    def _reached(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The cells that images of the piece, and of its ends, reach."""
        count, cells = len(self.cells.nodes), self.cells
        reached, wild = [], ~self.good
        for below, above in self.overhangs:
            target = np.where(below > 0, self.inside - 1, np.where(above > 0, self.inside + 1, self.inside)) % count
            far = (below > 0) & (above > 0)
            wild = wild | far | (np.maximum(below, above) > cells.widths[target])
            reached.append(target)
        return tuple(np.where(wild, count, index) for index in (self.inside, *reached))  # type: ignore[return-value]

    def _apart(self) -> np.ndarray:
        """Whether the images stick out at the start and at the end on disjoint parts of the piece.

        |g_i'| = |det A_i|/n_i^2 >= |det A_i| / max n_i^2: an image that sticks out by o does so for a length of at most
        o over this.
        """
        largest = np.maximum(self.norms[0].upper, self.norms[1].upper)
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            slowest = determinant_bounds(self.family.matrices, least=True)[:, None] / (largest * largest)
            parts = [np.where((o := np.maximum(*pair)) > 0, o / slowest, 0.0).max(axis=0) for pair in self.overhangs]
        return inflate_products(parts[0] + parts[1], 8) < (self.end - self.start) * (1 - 2.0**-50)


@final
@dataclass(frozen=True)
class _Range:
    lower: np.ndarray
    upper: np.ndarray


_FIRST, _LAST = slice(None, -1), slice(1, None)


def _signed(x: Ball, sign: np.ndarray) -> Ball:
    return Ball(x.mid * sign, x.rad)


def _finite(x: np.ndarray) -> np.ndarray:
    return np.where(np.isfinite(x), x, 0.0)


def _derivative(matrices: Ball, second: np.ndarray, sign: np.ndarray) -> np.ndarray:
    """Upper bounds (k, P) of |n_i'|: v' = (-1, 1) on [0, 1], (-1, -1) on [1, 2]."""
    rows = [[matrices[:, row, 1] - matrices[:, row, 0], -matrices[:, row, 1] - matrices[:, row, 0]] for row in range(2)]
    table = np.stack([(rows[0][half] + sign * rows[1][half]).magnitude for half in (0, 1) for sign in (1.0, -1.0)])
    index = 2 * second[None, :] + (sign[0] != sign[1])
    return table[index, np.arange(table.shape[1])[:, None]]
