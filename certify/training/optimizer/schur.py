"""Roots of small polynomials with Arb coefficients against the unit circle."""

import math
from collections.abc import Sequence

from flint import acb, arb, arb_poly

from certify.effort import charge
from foundation import CertificateError

Matrix = Sequence[Sequence[arb_poly]]

# Cells of the circle that one test may look at, and how often one may be halved.
_MOST_CELLS = 6000
_DEPTH = 220
_WORDS = 4
_LARGEST = 10


def characteristic_polynomial(matrix: Matrix) -> list[arb_poly]:
    """The coefficients of det(z I - A), constant term first: sums of principal minors; A has entries that are
    polynomials in a parameter.

    Minors take no power of a large entry, which a recursion over powers of A does, and each doubles the radii.
    """
    size = len(matrix)
    if size > _LARGEST:
        raise CertificateError(f"a step with more than {_LARGEST} coupled arrays of memory is not analysed")
    charge("words", _WORDS * size * 3**size)
    coefficients = [arb_poly([0]) for _ in range(size + 1)]
    for chosen in range(2**size):
        rows = [k for k in range(size) if chosen >> k & 1]
        sign = -1 if len(rows) % 2 else 1
        coefficients[size - len(rows)] = coefficients[size - len(rows)] + _minor(matrix, rows) * sign
    return coefficients


def _minor(matrix: Matrix, rows: Sequence[int]) -> arb_poly:
    """The principal minor of these rows, by Laplace's expansion row by row over sets of columns."""
    partial = {0: arb_poly([1])}
    for row in rows:
        following: dict[int, arb_poly] = {}
        for used, value in partial.items():
            for place, column in enumerate(rows):
                entry = matrix[row][column]
                if used >> place & 1 or entry == 0:
                    continue
                # columns already used to the right of this one: as many transpositions
                odd = (used >> place).bit_count() % 2
                term = value * entry * (-1 if odd else 1)
                total = following.get(used | 1 << place)
                following[used | 1 << place] = term if total is None else total + term
        partial = following
    return partial.get(2 ** len(rows) - 1, arb_poly([0]))


def is_schur_stable(coefficients: Sequence[arb]) -> bool | None:
    """Whether all roots have modulus below one (True), some root above one (False), or the balls leave it open (None).

    coefficients: constant term first. Schur's reduction: with |p_0| < |p_n| the polynomial (p_n p - p_0 p*) / z has one
    root less inside the circle and as many outside; |p_0| > |p_n| makes the product of the roots' moduli exceed one.
    [I. Schur, J. reine angew. Math. 147 (1917); E. Jury, 1964.] A sign at 1 or -1 that is not that of p_n far out
    shows a real root outside where balls are too wide for more.
    """
    p = list(coefficients)
    if _has_real_root_outside(p):
        return False
    charge("words", _WORDS * len(p) ** 2)
    while len(p) > 1:
        first, last = abs(p[0]), abs(p[-1])
        if first > last:
            return False
        if not first < last:
            return None
        n = len(p) - 1
        p = [p[-1] * p[k] - p[0] * p[n - k] for k in range(1, n + 1)]
    return True


def _has_real_root_outside(p: Sequence[arb]) -> bool:
    leading = p[-1]
    at_one, turned = sum(p, arb(0)), sum((c * (-1) ** (len(p) - 1 - k) for k, c in enumerate(p)), arb(0))
    return any(value * leading < 0 for value in (at_one, turned))


def avoids_the_circle(coefficients: Sequence[arb_poly], low: arb, high: arb) -> bool:
    """Whether sum_j coefficients[j](h) z^j is proved to have no root of modulus one for any h in [low, high].

    On an arc of z the values over all h lie in the convex hull of the Bernstein coefficients in h; a half-plane that
    holds them and not zero is looked for, and the arc is halved where there is none. Real coefficients: half the
    circle is enough.
    """
    rows = [_bernstein(c, low, high, max(len(c) for c in coefficients)) for c in coefficients]
    pieces, todo = 0, [(arb(0), arb(1), 0)]
    while todo:
        start, end, depth = todo.pop()
        pieces += 1
        charge("words", _WORDS * 4 * len(rows) * len(rows[0]))
        if _half_plane(rows, start, end):
            continue
        if pieces > _MOST_CELLS or depth > _DEPTH:
            return False
        middle = (start + end) / 2
        todo += [(start, middle, depth + 1), (middle, end, depth + 1)]
    return True


def _bernstein(polynomial: arb_poly, low: arb, high: arb, length: int) -> list[arb]:
    """The Bernstein coefficients on [low, high], padded to one degree: b_k = sum_(j <= k) C(k, j) / C(d, j) a_j."""
    moved = polynomial(arb_poly([low, high - low]))
    degree = max(length - 1, 0)
    powers = [moved[j] for j in range(degree + 1)]
    return [
        sum((arb(math.comb(k, j)) / math.comb(degree, j) * powers[j] for j in range(k + 1)), arb(0))
        for k in range(degree + 1)
    ]


def _half_plane(rows: Sequence[Sequence[arb]], start: arb, end: arb) -> bool:
    """Whether the hull of the values on the arc from start pi to end pi is seen to avoid zero."""
    turn = (start.union(end) * arb.pi(), (start + end) / 2 * arb.pi())
    arc, middle = (acb(x.cos(), x.sin()) for x in turn)
    degree = len(rows[0])
    values = [_at([row[k] for row in rows], arc, middle) for k in range(degree)]
    points = [complex(value.mid()) for value in values]
    direction = _nearest(points)
    if direction == 0 or not math.isfinite(abs(direction)):
        return False
    towards = acb(direction.real, -direction.imag)
    return all((towards * value).real > 0 for value in values)


def _at(coefficients: Sequence[arb], arc: acb, middle: acb) -> acb:
    """The polynomial on an arc by the mean value: p(m) + p'(arc) (arc - m), over the convex hull of the arc's box."""
    value, slope = acb(0), acb(0)
    for k in range(len(coefficients) - 1, -1, -1):
        value = value * middle + coefficients[k]
        if k > 0:
            slope = slope * arc + coefficients[k] * k
    return value + slope * (arc - middle)


def _nearest(points: Sequence[complex]) -> complex:
    """About the nearest to zero of the segments between the points, scaled to modulus one; an estimate."""
    best = min(points, key=abs)
    for i, x in enumerate(points):
        for y in points[:i]:
            step = y - x
            if step:
                t = -((x.real * step.real + x.imag * step.imag) / abs(step) ** 2)
                best = min(best, x + min(max(t, 0.0), 1.0) * step, key=abs)
    size = abs(best)
    return best / size if 0 < size < math.inf else 0j
