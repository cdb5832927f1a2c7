"""Both bounds of the exponent in dimension 2 from a trial function on directions.

For every bounded f, with r(v) = E(log|A v| - log|v|) + E f(A v) - f(v): inf r <= lambda <= sup r, over all
directions, or over a closed cone that every A maps into itself or its negative. (E log|A_n .. A_1 v| is the sum of
E r(v_k) and a bounded remainder; every direction's growth is at most lambda, and the mean over a cone with interior
reaches it.)
r may be replaced by its mean after any number of steps.

On a cone f is a polynomial; r is bounded on short pieces by Taylor polynomials with Lagrange's remainder.
The circle of all directions is in `recheck.circle`.
"""

from fractions import Fraction
from typing import Any

from flint import arb, arb_mat, arb_poly, arb_series, ctx, fmpq, fmpq_mat, fmpz_poly

from recheck.circle import bound_on_circle
from recheck.linear import highest, lowest
from recheck.outcome import Work
from recheck.program.elements import series_to
from recheck.proof import Proof, Statement, exact, suggestion, suggestions
from recheck.random_products import Bounds, Family, bound_exponent, read_family

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


def _bound_on_cone(family: Family, basis: list[float], series: list[arb], bounds: Bounds) -> None:
    actions = _cone_actions(family, basis)
    if actions is None:
        return
    with ctx.workprec(ctx.prec + 4 * len(series) + 64), series_to(_ORDER):
        terms = [arb_poly(fmpz_poly.chebyshev_t(k)) * coefficient for k, coefficient in enumerate(series)]
        found = _range_on_cone(actions, sum(terms, arb_poly([0])), len(series))
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
    return lowest(done).union(highest(done))


def _cone_actions(family: Family, basis: list[float]) -> list[tuple[arb, list[arb]]] | None:
    """(chance, B) with B = +-T^-1 A T >= 0 for every matrix, T with the cone's ends as columns; None where unproved."""
    a, b, c, d = (fmpq(*Fraction(x).as_integer_ratio()) for x in basis)
    determinant = a * d - b * c
    if determinant == 0:
        return None
    exact = family.exact
    ends, back = fmpq_mat([[a, b], [c, d]]), fmpq_mat([[d, -b], [-c, a]]) * (1 / determinant)
    actions = []
    for k, chance in enumerate(family.probabilities):
        image = arb_mat(back) * family.matrices[k] * arb_mat(ends) if exact is None else arb_mat(back * exact[k] * ends)
        entries = list((-image if all(x <= 0 for x in image.entries()) else image).entries())
        if not all(x >= 0 for x in entries):
            return None
        x, y, z, w = entries
        if not (x + z > 0 and y + w > 0):
            return None
        actions.append((chance, entries))
    return actions


def _residual(actions: list[tuple[arb, list[arb]]], function: arb_poly, place: arb, reach: arb) -> arb | None:
    """The range of r over |t - place| <= reach: a Taylor polynomial at the middle, its rest by Lagrange's formula.

    w(t) has the coordinates (1 - t)/2, (1 + t)/2 in the cone.
    """
    away = arb(0, (reach + place.rad()).upper())
    middle = place.mid()
    near, wide = (_along(actions, function, arb_series([t, 1], prec=_ORDER + 1)) for t in (middle, middle + away))
    if near is None or wide is None:
        return None
    return arb_poly([*(near[k] for k in range(_ORDER)), wide[_ORDER]])(away)


def _along(actions: list[tuple[arb, list[arb]]], function: arb_poly, t: arb_series) -> arb_series | None:
    """r along a power series; None where an image is not proved to stay in the cone."""
    total = -_at(function, t)
    for chance, (x, y, z, w) in actions:
        size, turn = ((x + z) * (1 - t) + (y + w) * (1 + t)) / 2, ((z - x) * (1 - t) + (w - y) * (1 + t)) / 2
        if not size[0] > 0:
            return None
        total = total + (size.log() + _at(function, turn / size)) * chance
    return total


def _at(function: arb_poly, t: arb_series) -> arb_series:
    """The value of the polynomial, expanded at the middle of the argument."""
    middle, value = t[0].mid(), arb_series([0], prec=_ORDER + 1)
    for coefficient in reversed(function(arb_poly([middle, 1])).coeffs()):
        value = value * (t - middle) + coefficient
    return value


def prove_exponent(statement: Statement, work: Work) -> Proof:
    """Bounds of the exponent of the stated family."""
    family = read_family(statement.problem)
    work.spend(len(family.matrices) * family.size**3)
    bounds = Bounds(statement.stated("lyapunov_exponent"))
    bound_exponent(family, suggestions(statement.witness), bounds)
    return Proof({"lyapunov_exponent": bounds.enclosure}, {}, bounds.verdict, weak={"lyapunov_exponent", "verdict"})
