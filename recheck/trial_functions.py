"""Both bounds of the exponent in dimension 2 from a trial function on directions.

For every bounded f, with r(v) = E(log|A v| - log|v|) + E f(A v) - f(v): inf r <= lambda <= sup r, over all
directions, or over a closed cone that every A maps into itself or its negative. (E log|A_n .. A_1 v| is the sum of
E r(v_k) and a bounded remainder; every direction's growth is at most lambda, and the mean over a cone with interior
reaches it.)
r may be replaced by its mean after any number of steps.

On a cone f is a polynomial; r is bounded on short pieces by Taylor models: a polynomial in h and a bound of the rest.
The circle of all directions is in `recheck.circle`.
"""

from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, arb_poly, ctx, fmpq, fmpq_mat, fmpz_poly

from recheck.circle import bound_on_circle
from recheck.proof import exact, suggestion
from recheck.random_products import Bounds, Family

_ORDER = 14
_HALVINGS = 6
_MOST_DEGREE = 512
_SERIES = ("coefficients", "corrections")


def bound_in_the_plane(family: Family, witnesses: list[tuple[str, Any]], bounds: Bounds) -> None:
    """What the trial functions of the certificate prove here."""
    for _, witness in witnesses:
        basis, high, low = suggestion(witness, "basis", 2, 2), *(suggestion(witness, n, None) for n in _SERIES)
        if basis and high and low and 1 < len(high.data) == len(low.data) <= _MOST_DEGREE:
            series = [x + y for x, y in zip(exact(high), exact(low), strict=True)]
            _bound_on_cone(family, basis.data, series, bounds)
        nodes, values = suggestion(witness, "nodes", None), suggestion(witness, "values", None)
        if nodes and values and 1 < len(nodes.data) == len(values.data):
            bound_on_circle(family, nodes.data, values.data, bounds)


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
        found = [_residual(actions, function, arb(c), arb(w).upper()) for c, w in parts]
        ranges = [r for r in found if r is not None]
        if len(ranges) < len(found):
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
