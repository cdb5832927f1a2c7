"""Both bounds of the exponent in dimension 2 from a piecewise linear trial function on all directions.

See `recheck.trial_functions` for the theorem. v(t) = (1 - t, 1 - |t - 1|), 0 <= t < 2, has length 1 in the sum norm,
and v(2) = -v(0) is the same direction: t is a place on the circle. On a piece on which no image crosses an axis,
log|A v| + f(A v) - f(v) is bounded by its value at the centre and its slope; what sticks out on few pieces is
averaged away by the interval chain "piece -> cells that its images meet".
"""

import math
from bisect import bisect_left, bisect_right
from functools import reduce
from itertools import pairwise

from flint import arb, arb_mat

from recheck.random_products import Bounds, Family, logarithm

# about a millisecond of work each
_MOST_NODES = 2**15
_MOST_ROUNDS = 60
_PATIENCE = 8

Span = tuple[float, float]
Pair = tuple[arb, arb]
# the range of r on a piece, and for each matrix where its images lie (None: anywhere)
Row = tuple[arb, list[list[Span] | None]]


class Line:
    """A piecewise linear function on the circle: nodes from 0 to 2, values at them, slopes."""

    def __init__(self, nodes: list[float], values: list[arb]) -> None:
        self.nodes, self.values = nodes, values
        gaps = zip(nodes, nodes[1:], values, values[1:], strict=False)
        self.slopes = [(d - c) / (arb(b) - arb(a)) for a, b, c, d in gaps]

    def cells(self, span: Span) -> tuple[int, int]:
        """The first of the closed cells that meet the closed interval, and the one behind the last."""
        first = max(bisect_left(self.nodes, span[0]) - 1, 0)
        return first, max(min(bisect_right(self.nodes, span[1]), len(self.slopes)), first + 1)

    def slope(self, span: Span) -> arb:
        first, stop = self.cells(span)
        return reduce(arb.union, self.slopes[first:stop])

    def at(self, place: arb) -> arb:
        """The value at a place near a point."""
        span = outward(place)
        k = self.cells(span)[0]
        return self.values[k] + self.slope(span) * (place - arb(self.nodes[k]))

    def hull(self, spans: list[Span] | None) -> arb:
        values = self.values
        if spans is not None:
            cells = [self.cells(span) for span in spans]
            values = [self.values[k] for first, stop in cells for k in range(first, stop + 1)]
        return reduce(arb.union, values)


def outward(place: arb) -> Span:
    """Floats on both sides of the ball, within [0, 2]."""
    low = math.nextafter(float(place.lower()), -math.inf)
    high = math.nextafter(float(place.upper()), math.inf)
    return min(max(low, 0.0), 2.0), min(max(high, 0.0), 2.0)


def bound_on_circle(family: Family, nodes: list[float], values: list[float], bounds: Bounds) -> None:
    """Add what the function with these values at these nodes proves."""
    ascending = all(a < b for a, b in pairwise(nodes))
    sharp = all(p.rad() < 1e-15 for p in family.probabilities)
    if not (sharp and ascending and nodes[0] == 0 and nodes[-1] < 2 and 1.0 in nodes and len(nodes) <= _MOST_NODES):
        return
    probabilities = [math.nextafter(float(p.upper()), 2.0) for p in family.probabilities]
    line = Line([*nodes, 2.0], [arb(v) for v in (*values, values[0])])
    pieces = _pieces(family, line)
    rows = [_piece(family, line, *piece) for piece in pieces]
    chain = Chain(line, rows, [owner for _, _, owner in pieces], probabilities)
    bounds.above(chain.supremum([row[0].upper() for row in rows]))
    bounds.below(-chain.supremum([(-row[0]).upper() for row in rows]))


def _pieces(family: Family, line: Line) -> list[tuple[float, float, int]]:
    """Closed pieces of the circle, each in one cell, cut near the places whose images are nodes."""
    cuts = set(line.nodes)
    for matrix in family.matrices:
        a, b, c, d = (float(x) for x in matrix.entries())
        for t in line.nodes:
            x, y = d * (1 - t) - b * (1 - abs(t - 1)), -c * (1 - t) + a * (1 - abs(t - 1))
            if y < 0 or (y == 0 and x < 0):
                x, y = -x, -y
            if abs(x) + y > 0:
                cuts.add(min(max((1 - x / (abs(x) + y)) % 2.0, 0.0), 2.0))
    ordered = sorted(cuts)
    owners = [bisect_right(line.nodes, a) - 1 for a in ordered]
    return [(a, b, k) for a, b, k in zip(ordered, ordered[1:], owners, strict=False)]


def _piece(family: Family, line: Line, first: float, last: float, owner: int) -> Row:
    """The range of r over a piece, and where each matrix sends it."""
    center = ((arb(first) + arb(last)) / 2).mid()
    whole = arb(first).union(arb(last))
    side = 1 if last <= 1 else -1
    value = -(line.values[owner] + line.slopes[owner] * (center - arb(line.nodes[owner])))
    slope, loose, reached = -line.slopes[owner], arb(0), []
    for matrix, chance in zip(family.matrices, family.probabilities, strict=True):
        moved = [_apply(matrix, (1 - t, t if side > 0 else 2 - t)) for t in (center, whole)]
        here, change, rest, spans = _image(moved[0], moved[1], _apply(matrix, (arb(-1), arb(side))), line)
        reached.append(spans)
        value, slope, loose = value + chance * here, slope + chance * change, loose + chance * rest
    return value + slope * (whole - center) + loose, reached


def _apply(matrix: arb_mat, v: Pair) -> Pair:
    return matrix[0, 0] * v[0] + matrix[0, 1] * v[1], matrix[1, 0] * v[0] + matrix[1, 1] * v[1]


def _image(middle: Pair, whole: Pair, change: Pair, line: Line) -> tuple[arb, arb, arb, list[Span] | None]:
    """(value at the centre, slope over the piece, what is known only as a range, places) of log|A v| + f(A v)."""
    (x, y), (p, q) = middle, whole
    s, t = (1 if c > 0 else -1 if c < 0 else 0 for c in (p, q))
    if not (s and t):
        return _crossing(p, q, line)
    size, wide, growth = s * x + t * y, s * p + t * q, s * change[0] + t * change[1]
    if s == t:
        place, spot, turn = t * y / size, t * q / wide, t * (change[1] * wide - q * growth) / (wide * wide)
    else:
        place, spot, turn = 1 + s * x / size, 1 + s * p / wide, s * (change[0] * wide - p * growth) / (wide * wide)
    span = outward(spot)
    return size.log() + line.at(place), growth / wide + line.slope(span) * turn, arb(0), [span]


def _crossing(p: arb, q: arb, line: Line) -> tuple[arb, arb, arb, list[Span] | None]:
    """Where the image crosses an axis, or may vanish: ranges only."""
    size, least = (p.abs_upper() + q.abs_upper()).upper(), (p.abs_lower() + q.abs_lower()).lower()
    growth = (least.log() if least > 0 else arb("-inf")).union(logarithm(size).upper())
    spans: list[Span] | None = None
    if not q.contains(0):
        reach = (p.abs_upper() / q.abs_lower()).upper()
        spans = [outward(1 + arb(0, reach))] if reach < 1 else None
    elif not p.contains(0):
        reach = (q.abs_upper() / p.abs_lower()).upper()
        spans = [outward(arb(0).union(reach)), outward(arb(2).union(2 - reach))] if reach < 1 else None
    return arb(0), arb(0), growth + line.hull(spans), spans


class Chain:
    """The interval chain: from each piece a matrix leads, with its chance, to a cell that its image meets."""

    def __init__(self, line: Line, rows: list[Row], owners: list[int], probabilities: list[float]) -> None:
        self.owners, self.probabilities, self.count = owners, probabilities, len(line.slopes)
        cells = lambda spans: None if spans is None else [line.cells(span) for span in spans]  # noqa: E731
        self.targets = [[cells(spans) for spans in reached] for _, reached in rows]

    def _gathered(self, values: list[float]) -> list[float]:
        result = [-math.inf] * self.count
        for owner, value in zip(self.owners, values, strict=True):
            result[owner] = max(result[owner], value)
        return result

    def supremum(self, start: list[arb]) -> arb:
        """An upper bound of the supremum of the mean of r after some steps, from its upper bounds on pieces.

        Floats; probabilities are rounded up, and each sum of numbers, shifted to be >= 0, by far more than its error.
        """
        floats = [math.nextafter(float(x), math.inf) if x.is_finite() else math.inf for x in start]
        least = min(floats)
        envelope = self._gathered([x - least + 1e-15 * abs(least) for x in floats])
        best, idle = max(envelope), 0
        for _ in range(_MOST_ROUNDS):
            top = max(envelope)
            if not top < 1e200:
                break
            envelope = self._gathered([self._pushed(parts, envelope, top) for parts in self.targets])
            idle = idle + 1 if max(envelope) > best - 1e-9 * best else 0
            best = min(best, max(envelope))
            if idle > _PATIENCE:
                break
        return (arb(best) + arb(least)) if best < math.inf else arb("inf")

    def _pushed(self, parts: list[list[tuple[int, int]] | None], envelope: list[float], top: float) -> float:
        total = 0.0
        for chance, cells in zip(self.probabilities, parts, strict=True):
            here = [top] if cells is None else [max(envelope[first:stop]) for first, stop in cells]
            total += chance * max(here)
        return total * (1 + 1e-13) + 1e-300
