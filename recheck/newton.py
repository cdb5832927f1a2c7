"""Exact zeros near approximate ones: Newton's method at the working precision, then a contraction on a box.

For F on R^D with values in R^m and a matrix B (D, m): with G(y) = F(x + B y), |G(0)| <= a and
||I - DF(X) B|| <= z over a box X that contains x + B [-r, r]^m, a + z r < r in the maximum norm proves one zero of G in
[-r, r]^m (Banach), and that DF is onto there. [R. Krawczyk, Computing 4 (1969); A. Neumaier, Interval Methods, 5.1]
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import reduce
from typing import Any

from flint import arb, arb_mat, ctx

from recheck.linear import highest, identity, inverse, row_norm
from recheck.outcome import BadInput, NotCovered, Undecided
from recheck.proof import floats

Entries = list[arb]
Residual = Callable[[Entries], Entries]
Derivative = Callable[[Entries], arb_mat]
_STEPS, _ROUNDS = 8, 6


@dataclass(frozen=True)
class Zero:
    """box: balls that contain the zero; center: exact numbers near it; jacobian: DF over the box."""

    center: Entries
    box: Entries
    jacobian: arb_mat


def exact_zero(residual: Residual, derivative: Derivative, start: Entries, onto: bool = False) -> Zero:
    """The zero near `start`; `onto`: fewer equations than unknowns, in the slice start + (row space of DF(start))."""
    center, smallest, right, slow = [x.mid() for x in start], None, None, False
    for _ in range(_STEPS):
        values = residual(center)
        if right is None or slow or not onto:
            right = _right_inverse(derivative(center), onto)
        step = [x.mid() for x in (right * arb_mat(len(values), 1, [v.mid() for v in values])).entries()]
        center = [(x - s).mid() for x, s in zip(center, step, strict=True)]
        size = highest(abs(s) for s in step)
        Undecided.unless(size.is_finite(), "Newton's method does not converge")
        if smallest is not None and size >= smallest / 2:
            break
        # one inverse serves many steps as long as each gains half of the digits of a float
        slow = smallest is not None and bool(size > smallest * arb(2) ** -25)
        smallest = size
        if size.is_zero() or size < highest(abs(x) for x in center) * arb(2) ** (10 - ctx.prec):
            break
    return _proved(residual, derivative, center, _right_inverse(derivative(center), onto))


def _right_inverse(jacobian: arb_mat, onto: bool) -> arb_mat:
    middle = jacobian.mid()
    if not onto:
        return inverse(middle).mid()
    across = middle.transpose()
    return (across * inverse(middle * across).mid()).mid()


def _proved(residual: Residual, derivative: Derivative, center: Entries, right: arb_mat) -> Zero:
    start = highest(abs(value) for value in residual(center))
    weights = [sum((entry.abs_upper() for entry in row), arb(0)).upper() for row in right.tolist()]
    radius = 2 * start if start > 0 else arb(2) ** (-ctx.prec) / (1 + highest(weights))
    for _ in range(_ROUNDS):
        box = [x + arb(0, w * radius) for x, w in zip(center, weights, strict=True)]
        jacobian = derivative(box)
        defect = row_norm(identity(right.ncols()) - jacobian * right)
        if start + defect * radius < radius:
            if start.is_zero():
                # the only zero in the box is its centre
                return Zero(center, list(center), derivative(center))
            return Zero(center, box, jacobian)
        Undecided.when(not defect < 1, "a zero is not proved near the point: it may be singular")
        radius = (2 * start / (1 - defect)).upper() + radius / 4
    raise Undecided("a zero is not proved near the point")


def injective_on(derivative: Derivative, box: Entries, splits: int = 9) -> bool:
    """Whether F is proved one to one on the box, from DF over its parts."""
    return one_to_one(lambda count: hull_of_derivative(derivative, box, count), splits)


def one_to_one(hull: Callable[[int], arb_mat], splits: int) -> bool:
    """Whether ||I - B M|| < 1 for all M in the hull of DF over a convex set, taken from 1, 8, ... 2^splits parts.

    Two zeros x, y would give 0 = F(x) - F(y) = M (x - y) with M a mean of derivatives on the segment between them.
    """
    for count in range(0, splits + 1, 3):
        with suppress(Undecided):
            matrix = hull(count)
            if contracts(identity(matrix.nrows()) - inverse(matrix.mid()).mid() * matrix):
                return True
    return False


def contracts(matrix: arb_mat) -> bool:
    """Whether |M|_w < 1 in a maximum norm with weights w > 0: |M| w < w. Powers of |M| give the weights."""
    sizes, weights = [[x.abs_upper() for x in row] for row in matrix.tolist()], [arb(1)] * matrix.nrows()
    for _ in range(_ROUNDS):
        moved = [sum((x * w for x, w in zip(row, weights, strict=True)), arb(0)).upper() for row in sizes]
        if all(m < w for m, w in zip(moved, weights, strict=True)):
            return True
        weights = [m + arb(2) ** -40 * w for m, w in zip(moved, weights, strict=True)]
    return False


def hull_of_derivative(derivative: Derivative, box: Entries, splits: int) -> arb_mat:
    """A ball matrix around all DF(x), x in the box, from 2^splits parts."""
    parts = [box]
    for _ in range(splits):
        parts = [half for part in parts for half in halves(part)]
    found = [derivative(part) for part in parts]
    entries = [reduce(arb.union, same) for same in zip(*(matrix.entries() for matrix in found), strict=True)]
    return arb_mat(found[0].nrows(), found[0].ncols(), entries)


def halves(box: Entries) -> list[Entries]:
    """Both halves across the widest side."""
    k = max(range(len(box)), key=lambda i: float(box[i].rad()))
    low, middle, high = box[k].lower(), box[k].mid(), box[k].upper()
    return [[*box[:k], low.union(middle), *box[k + 1 :]], [*box[:k], middle.union(high), *box[k + 1 :]]]


_MOST_PARTS = 200_000


def subdivide(box: Entries, remaining: Callable[[Entries], Entries | None]) -> None:
    """Halves the box until nothing of any part remains; remaining: a part -> what is not settled of it, or None."""
    waiting, seen = [box], 0
    while waiting:
        rest, seen = remaining(waiting.pop()), seen + 1
        NotCovered.when(seen > _MOST_PARTS, "the subdivision needs more parts than are tried")
        if rest is None:
            continue
        if max(float(x.rad()) for x in rest) < 1e-13 * (1 + max(float(abs(x.mid())) for x in rest)):
            raise Undecided("a part of the box is not settled, however small")
        waiting += halves(rest)


def read_box(tree: dict[str, Any], size: int) -> list[tuple[arb, arb]]:
    """The ends of the closed box from `lower` to `upper`."""
    NotCovered.when(size > _LARGEST_DIMENSION, f"boxes in dimension {size} are not covered")
    lower, upper = (floats(tree, name, (size,)).data for name in ("lower", "upper"))
    BadInput.unless(all(a < b for a, b in zip(lower, upper, strict=True)), "the box is empty")
    return [(arb(a), arb(b)) for a, b in zip(lower, upper, strict=True)]


_LARGEST_DIMENSION = 10


def inside(part: Entries, box: Entries) -> bool:
    return all(b.contains(x) for x, b in zip(part, box, strict=True))


def distance(first: Entries, second: Entries) -> arb:
    """Euclidean distance."""
    return sum(((a - b) * (a - b) for a, b in zip(first, second, strict=True)), arb(0)).nonnegative_part().sqrt()
