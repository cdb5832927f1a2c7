"""Both bounds of the exponent in dimension 2 from a trial function on directions.

For every bounded f, with r(v) = E(log|A v| - log|v|) + E f(A v) - f(v): inf r <= lambda <= sup r, over all directions, or
over a closed cone that every A maps into itself or its negative. (E log|A_n .. A_1 v| is the sum of E r(v_k) and a
bounded remainder; every direction's growth is at most lambda, and the mean over a cone with interior reaches it.)
r may be replaced by its mean after any number of steps.

On a cone f is a polynomial; r is bounded on short pieces by Taylor models: a polynomial in h and a bound of the rest.
On the circle of directions f is piecewise linear; r is bounded by its slope on pieces.
"""

from bisect import bisect_right
from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, arb_poly, ctx, fmpq, fmpq_mat, fmpz_poly

from recheck.document import Array
from recheck.random_products import Bounds, Family, logarithm

_ORDER = 14
_HALVINGS = 6
_MOST_NODES = 2**15
_MOST_DEGREE = 512
_MOST_ROUNDS = 200
_PATIENCE = 20
_REFINEMENTS = 6


def bound_in_the_plane(family: Family, witnesses: list[tuple[str, Any]], bounds: Bounds) -> None:
    """What the trial functions of the certificate prove here."""
    for _, witness in witnesses:
        if not isinstance(witness, dict):
            continue
        basis, high, low = (witness.get(name) for name in ("basis", "coefficients", "corrections"))
        if _vector(high) and _vector(low) and isinstance(basis, Array) and basis.shape == (2, 2):
            if len(high.data) == len(low.data) <= _MOST_DEGREE:
                _bound_on_cone(family, basis.data, [arb(x) + arb(y) for x, y in zip(high.data, low.data, strict=True)], bounds)
        nodes, values = witness.get("nodes"), witness.get("values")
        if _vector(nodes) and _vector(values) and len(nodes.data) == len(values.data) <= _MOST_NODES:
            _bound_on_circle(family, nodes.data, values.data, bounds)


def _vector(value: Any) -> bool:
    return isinstance(value, Array) and value.dtype == "float64" and len(value.shape) == 1 and value.shape[0] > 1


# The cone.


class Model:
    """poly(h) + [-rest, rest] for |h| <= width."""

    __slots__ = ("poly", "rest", "width")

    def __init__(self, poly: arb_poly, rest: arb, width: arb) -> None:
        self.poly, self.rest, self.width = poly, rest, width

    def size(self) -> arb:
        return sum((abs(c) * self.width**k for k, c in enumerate(self.poly.coeffs())), arb(0)).upper()

    def __add__(self, other: "Model") -> "Model":
        return Model(self.poly + other.poly, (self.rest + other.rest).upper(), self.width)

    def __mul__(self, other: "Model") -> "Model":
        coefficients = (self.poly * other.poly).coeffs()
        beyond = sum((abs(c) * self.width**k for k, c in enumerate(coefficients) if k >= _ORDER), arb(0))
        rest = beyond + self.size() * other.rest + other.size() * self.rest + self.rest * other.rest
        return Model(arb_poly(coefficients[:_ORDER]), rest.upper(), self.width)

    def scaled(self, factor: arb) -> "Model":
        return Model(self.poly * factor, (self.rest * abs(factor)).upper(), self.width)

    def range(self) -> arb:
        coefficients = self.poly.coeffs()
        first = coefficients[0] if coefficients else arb(0)
        moving = sum((abs(c) * self.width**k for k, c in enumerate(coefficients) if k), arb(0))
        return first + arb(0, (moving + self.rest).upper())


def _bound_on_cone(family: Family, basis: list[float], series: list[arb], bounds: Bounds) -> None:
    actions = _cone_actions(family, basis)
    if actions is None:
        return
    with ctx.workprec(ctx.prec + 4 * len(series) + 64):
        function = arb_poly([0])
        for k, coefficient in enumerate(series):
            function = function + arb_poly(fmpz_poly.chebyshev_t(k)) * coefficient
        found = _range_on_cone(actions, function, len(series))
    if found is not None:
        bounds.below(found.lower())
        bounds.above(found.upper())


def _range_on_cone(actions: list[tuple[arb, list[arb]]], function: arb_poly, degree: int) -> arb | None:
    """The hull of r's ranges on pieces of [-1, 1]; what sticks out of the values at the centres is halved."""
    pieces = max(64, 2 * degree)
    parts = [(fmpq(2 * j + 1 - pieces, pieces), fmpq(1, pieces)) for j in range(pieces)]
    done: list[arb] = []
    least, most = arb("inf"), arb("-inf")
    for level in range(_HALVINGS):
        ranges = [_residual(actions, function, arb(c), arb(w).upper()) for c, w in parts]
        if any(r is None for r in ranges):
            return None
        for r in ranges:
            least, most = least.min(r.mid()), most.max(r.mid())
        slack = (most - least) / 50 + arb(2) ** -80
        waiting = []
        for part, r in zip(parts, ranges, strict=True):
            sticks = r.upper() > most + slack or r.lower() < least - slack
            if sticks and level < _HALVINGS - 1:
                waiting += [(part[0] + sign * part[1] / 2, part[1] / 2) for sign in (-1, 1)]
            else:
                done.append(r)
        parts = waiting
    low, high = done[0].lower(), done[0].upper()
    for r in done:
        low, high = low.min(r.lower()), high.max(r.upper())
    return low.union(high)


def _cone_actions(family: Family, basis: list[float]) -> list[tuple[arb, list[arb]]] | None:
    """(chance, B) with B = +-T^-1 A T >= 0 for every matrix, T with the cone's ends as columns; None where unproved."""
    a, b, c, d = (fmpq(*Fraction(x).as_integer_ratio()) for x in basis)
    determinant = a * d - b * c
    if determinant == 0:
        return None
    exact = family.exact
    ends, back = fmpq_mat([[a, b], [c, d]]), fmpq_mat([[d, -b], [-c, a]]) * (1 / determinant)
    actions = []
    for k, chance in enumerate(family.chances):
        if exact is not None:
            entries = [arb(x) for x in (back * exact[k] * ends).entries()]
            signs = [(x > 0) - (x < 0) for x in (back * exact[k] * ends).entries()]
        else:
            entries = list((arb_mat(back) * family.matrices[k] * arb_mat(ends)).entries())
            signs = [1 if x >= 0 else -1 if x <= 0 else 2 for x in entries]
        if all(s in (0, -1) for s in signs):
            entries = [-x for x in entries]
        elif not all(s in (0, 1) for s in signs):
            return None
        x, y, z, w = entries
        if not (x + z > 0 and y + w > 0):
            return None
        actions.append((chance, entries))
    return actions


def _residual(actions: list[tuple[arb, list[arb]]], function: arb_poly, place: arb, reach: arb) -> arb | None:
    """The range of r over |t - place| <= reach; w(t) has the coordinates (1 - t)/2, (1 + t)/2 in the cone."""
    center, width = place.mid(), (reach + place.rad()).upper()
    here = _truncated(function(arb_poly([center, 1])), width).scaled(arb(-1))
    total = Model(arb_poly([0]), arb(0), width)
    for chance, (x, y, z, w) in actions:
        size, turn = [(x + z + y + w) / 2, (y + w - x - z) / 2], [(z + w - x - y) / 2, (w - y - z + x) / 2]
        start, slope = size[0] + size[1] * center, size[1]
        if not start > 0:
            return None
        ratio = slope / start
        q = (abs(ratio) * width).upper()
        if not q < 1:
            return None
        tail = (q**_ORDER / (1 - q)).upper()
        powers = [(-ratio) ** k if k else arb(1) for k in range(_ORDER)]
        growth = Model(arb_poly([start.log(), *(-powers[k] / k for k in range(1, _ORDER))]), tail, width)
        reciprocal = Model(arb_poly([p / start for p in powers]), (tail / start).upper(), width)
        image = Model(arb_poly([turn[0] + turn[1] * center, turn[1]]), arb(0), width) * reciprocal
        coefficients = image.poly.coeffs()
        middle = coefficients[0].mid()
        shift = Model(arb_poly([coefficients[0] - middle, *coefficients[1:]]), image.rest, width)
        value = Model(arb_poly([0]), arb(0), width)
        for coefficient in reversed(function(arb_poly([middle, 1])).coeffs()):
            value = value * shift + Model(arb_poly([coefficient]), arb(0), width)
        total = total + (growth + value + here).scaled(chance)
    return total.range()


def _truncated(poly: arb_poly, width: arb) -> Model:
    coefficients = poly.coeffs()
    beyond = sum((abs(c) * width**k for k, c in enumerate(coefficients) if k >= _ORDER), arb(0))
    return Model(arb_poly(coefficients[:_ORDER]), beyond.upper(), width)


# The circle of directions: v(t) = (1 - t, 1 - |t - 1|), 0 <= t < 2, of length 1 in the sum norm; v(2) = -v(0).


class Line:
    """A piecewise linear function on the circle: nodes from 0 to 2, values, slopes."""

    def __init__(self, nodes: list[float], values: list[arb]) -> None:
        self.nodes, self.values = nodes, values
        gaps = zip(self.nodes, self.nodes[1:], self.values, self.values[1:], strict=False)
        self.slopes = [(d - c) / (arb(b) - arb(a)) for a, b, c, d in gaps]

    def cells(self, place: arb) -> range:
        """The cells that the closed interval meets; place lies within [0, 2]."""
        low = max(bisect_right(self.nodes, float(place.lower()) - 1e-300) - 1, 0)
        low = max(low - int(arb(self.nodes[low]) >= place.lower()), 0)
        high = min(bisect_right(self.nodes, float(place.upper())), len(self.slopes))
        high = min(high + int(high < len(self.slopes) and bool(arb(self.nodes[high]) <= place.upper())), len(self.slopes))
        return range(low, max(high, low + 1))

    def slope(self, cells: range) -> arb:
        hull = self.slopes[cells[0]]
        for k in cells[1:]:
            hull = hull.union(self.slopes[k])
        return hull

    def at(self, place: arb) -> arb:
        k = self.cells(place.mid())[0]
        return self.values[k] + self.slopes[k] * (place.mid() - arb(self.nodes[k])) + self.slope(self.cells(place)) * (
            place - place.mid()
        )


def _bound_on_circle(family: Family, nodes: list[float], values: list[float], bounds: Bounds) -> None:
    if nodes[0] != 0 or nodes[-1] >= 2 or 1.0 not in nodes or any(b <= a for a, b in zip(nodes, nodes[1:], strict=False)):
        return
    chances = [float(p.mid()) for p in family.chances]
    if any(not p.rad() < 1e-15 for p in family.chances):
        return
    line = Line([*nodes, 2.0], [arb(v) for v in (*values, values[0])])
    for _ in range(_REFINEMENTS):
        pieces = _pieces(family, line)
        rows = [_piece(family, line, first, last, owner) for first, last, owner in pieces]
        owners = [owner for _, _, owner in pieces]
        line, before = _refined(line, rows, owners), line
    line = before
    bounds.above(_averaged([row[0].upper() for row in rows], rows, owners, chances, len(line.slopes)))
    bounds.below(-_averaged([(-row[0]).upper() for row in rows], rows, owners, chances, len(line.slopes)))


def _refined(line: Line, rows: list["Row"], owners: list[int]) -> Line:
    """The same function with more nodes: cells are halved where r is far from what it is elsewhere."""
    middles = sorted(float(row[0].mid()) for row in rows)
    center, spread = middles[len(middles) // 2], middles[9 * len(middles) // 10] - middles[len(middles) // 10]
    loose = set()
    for row, owner in zip(rows, owners, strict=True):
        if row[0].upper() > center + spread or row[0].lower() < center - spread:
            loose.add(owner)
    nodes, values = [], []
    for k, (node, value) in enumerate(zip(line.nodes, line.values, strict=True)):
        nodes.append(node)
        values.append(value)
        if k in loose:
            middle = node / 2 + line.nodes[k + 1] / 2
            if node < middle < line.nodes[k + 1]:
                nodes.append(middle)
                values.append(value + line.slopes[k] * (arb(middle) - arb(node)))
    return Line(nodes, values)


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


Row = tuple[arb, list[Any]]


def _piece(family: Family, line: Line, first: float, last: float, owner: int) -> Row:
    """The range of r over a piece, and the cells that each matrix reaches from it (None: all)."""
    center, half = (arb(first) + arb(last)) / 2, ((arb(last) - arb(first)) / 2).upper()
    center = center.mid()
    whole = center + arb(0, half)
    side = 1 if last <= 1 else -1
    speed = (arb(-1), arb(side))

    def vector(t: arb) -> tuple[arb, arb]:
        return 1 - t, t if side > 0 else 2 - t

    value, slope, loose, reached = -line.at(center), -line.slopes[owner], arb(0), []
    for matrix, chance in zip(family.matrices, family.chances, strict=True):
        moved = [_apply(matrix, vector(t)) for t in (center, whole)]
        change = _apply(matrix, speed)
        found = _image(moved, change, line)
        reached.append(found[3])
        value, slope, loose = value + chance * found[0], slope + chance * found[1], loose + chance * found[2]
    return value + slope * (whole - center) + loose, reached


def _apply(matrix: arb_mat, v: tuple[arb, arb]) -> tuple[arb, arb]:
    return matrix[0, 0] * v[0] + matrix[0, 1] * v[1], matrix[1, 0] * v[0] + matrix[1, 1] * v[1]


def _image(moved: list[tuple[arb, arb]], change: tuple[arb, arb], line: Line) -> tuple[arb, arb, arb, Any]:
    """(value at the centre, slope over the piece, what is known only as a range, cells) of log|A v| + f(A v)."""
    (x, y), (p, q) = moved
    s, t = (1 if c > 0 else -1 if c < 0 else 0 for c in (p, q))
    if s and t:
        size, wide = s * x + t * y, s * p + t * q
        growth = s * change[0] + t * change[1]
        place = t * y / size if s == t else 1 + s * x / size
        spot = t * q / wide if s == t else 1 + s * p / wide
        turn = (t * change[1] * wide - t * q * growth) / (wide * wide)
        if s != t:
            turn = (s * change[0] * wide - s * p * growth) / (wide * wide)
        spot = spot.intersection(arb(0).union(2)) if spot.overlaps(arb(0).union(2)) else spot
        cells = line.cells(spot)
        place = place.intersection(spot) if place.overlaps(spot) else place
        return size.log() + line.at(place), growth / wide + line.slope(cells) * turn, arb(0), cells
    size = p.abs_upper() + q.abs_upper()
    least = (p.abs_lower() + q.abs_lower()).lower()
    loose = (least.log() if least > 0 else arb("-inf")).union(logarithm(size).upper())
    cells = _crossing(p, q, line)
    values = line.values if cells is None else [line.values[k] for c in cells for k in (c, c + 1)]
    hull = values[0]
    for v in values[1:]:
        hull = hull.union(v)
    return arb(0), arb(0), loose + hull, cells


def _crossing(p: arb, q: arb, line: Line) -> list[int] | None:
    """Cells near the axis that an image crosses; None where the image may vanish."""
    if p.contains(0) and q.contains(0):
        return None
    if q.contains(0):
        reach = (q.abs_upper() / p.abs_lower()).upper()
        spots = [arb(0).union(reach), arb(2).union(2 - reach)]
    else:
        reach = (p.abs_upper() / q.abs_lower()).upper()
        spots = [arb(1) + arb(0, reach)]
    if not reach < 1:
        return None
    return [k for spot in spots for k in line.cells(spot.intersection(arb(0).union(2)))]


def _averaged(start: list[arb], rows: list[Row], owners: list[int], chances: list[float], cells: int) -> arb:
    """An upper bound of the supremum of the mean of r after some steps: bounds of cells pushed through the chain.

    In floats, each sum rounded up by much more than its rounding error.
    """
    def gathered(values: list[float]) -> list[float]:
        result = [-1e300] * cells
        for owner, value in zip(owners, values, strict=True):
            result[owner] = max(result[owner], value)
        return result

    first = [_above(x) for x in start]
    envelope = gathered(first)
    best, idle = max(envelope), 0
    for _ in range(_MOST_ROUNDS):
        top = max(envelope)
        if not abs(top) < 1e250:
            break
        pushed = []
        for _, reached in rows:
            total = 0.0
            for chance, part in zip(chances, reached, strict=True):
                total += chance * (top if part is None or len(part) > 64 else max(envelope[k] for k in part))
            pushed.append(total + 1e-14 * (1 + abs(total)))
        envelope = gathered(pushed)
        idle = idle + 1 if max(envelope) > best - 1e-9 * (1 + abs(best)) else 0
        best = min(best, max(envelope))
        if idle > _PATIENCE:
            break
    return arb(best)


def _above(x: arb) -> float:
    value = float(x)
    return value + 1e-14 * abs(value) + 1e-300 if value < 1e300 else 1e300
