"""A step of a stiff field: a polynomial near the solution, and how far the solution is from it by logarithmic norms."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb
from typing import Any, TypeAlias, final

import flint
import numpy as np

from certify.effort import charge_arb
from certify.flow import recurrences
from certify.flow.block_norms import comparison_matrix, norm, norms
from certify.flow.taylor import series_coefficients
from certify.flow.vector_field import VectorField, is_bounded
from foundation import InputError

Blocks: TypeAlias = Sequence[Sequence[int]]

# During a step the bounds may grow by this factor, which the check of the step allows for.
GROWTH = 8
# What an exponential of a matrix costs, in products of matrices: its squarings and its Taylor polynomial.
_PRODUCTS = 60


@final
@dataclass(frozen=True, eq=False)
class Around:
    """States c + F w with |w_b|_2 <= sizes_b for each block b of coordinates; c (n, 1) and F (n, n) are exact."""

    center: flint.arb_mat
    frame: flint.arb_mat
    blocks: Blocks
    sizes: list[flint.arb]

    @staticmethod
    def of_box(box: Sequence[flint.arb]) -> "Around":
        """The states of a box: each coordinate is a block."""
        n = len(box)
        column = flint.arb_mat(n, 1, [x.mid() for x in box])
        unit = flint.arb_mat(n, n, [int(i == j) for i in range(n) for j in range(n)])
        return Around(column, unit, [[i] for i in range(n)], [flint.arb(x.rad()) for x in box])

    def box(self) -> list[flint.arb]:
        """What holds all states."""
        return widened(self.center.entries(), self.frame, self.blocks, self.sizes)


@final
@dataclass(frozen=True, eq=False)
class Proposal:
    """chebyshev (n, d + 1): coefficients of p on [-1, 1], the step. frame (n, n): S. rooms: for each block of
    coordinates a bound of z = S^-1 (x - p), which may grow by `GROWTH` during the step.
    """

    chebyshev: np.ndarray
    frame: np.ndarray
    blocks: Blocks
    rooms: np.ndarray


@final
@dataclass(frozen=True, eq=False)
class Comparison:
    """|z_b|' <= sum_c matrix_bc |z_c| + defect_b while x is in `tube`; time runs over [-1, 1]."""

    matrix: flint.arb_mat
    defect: list[flint.arb]
    tube: list[flint.arb]


def compared(field: VectorField, proposal: Proposal, half: flint.arb) -> Comparison | None:
    """The inequality with z' = S^-1 Df S z + S^-1 (f(p) - p'), Df averaged over the segment from p to x.

    The right derivative of the 2-norm of a block is at most the logarithmic norm of its own part times it, and the
    2-norms of the other parts times theirs [W. A. Coppel, Stability and Asymptotic Behavior of Differential Equations,
    1965, III.2]. half: half of the step's duration. None where a bound is not finite.
    """
    n = len(proposal.chebyshev)
    path = _powers(proposal.chebyshev)
    frame = flint.arb_mat(n, n, proposal.frame.ravel().tolist())
    rooms = [GROWTH * flint.arb(float(c)) for c in proposal.rooms]
    tube = widened(_ranges(proposal.chebyshev), frame, proposal.blocks, rooms)
    charge_arb(_PRODUCTS * n**3, field.precision)
    try:
        inverse = frame.inv()
        slope = flint.arb_mat(n, n, field.jacobian(tube))
        defect = _defect(field, path, half, inverse)
    except (InputError, ZeroDivisionError):
        return None
    if not is_bounded(slope.entries()) or not is_bounded(defect):
        return None
    moved = (inverse * slope * frame) * half
    sizes = [norm([defect[i] for i in block]) for block in proposal.blocks]
    return Comparison(comparison_matrix(moved, proposal.blocks), sizes, tube)


def advanced(states: Around, proposal: Proposal, comparison: Comparison) -> Around | None:
    """The states at the end of the step; None where they are not proved to stay in the tube.

    With rooms c >= |z(-1)| and B c + d <= m c, m >= 0, c e^(m (t + 1)) bounds z by the comparison theorem for systems
    whose matrix has no negative entry off the diagonal [M. Mueller, 1927; E. Kamke, 1932], as long as this stays below
    `GROWTH` c, hence on the whole step. By the same theorem z(1) is at most the solution of u' = B u + d at its end.
    """
    first = entering(states, proposal)
    rooms = [flint.arb(float(c)) for c in proposal.rooms]
    if first is None or not all(c > 0 and u <= c for u, c in zip(first, rooms, strict=True)):
        return None
    k = len(rooms)
    pushed = (comparison.matrix * flint.arb_mat(k, 1, rooms)).entries()
    rate = flint.arb(0)
    for push, defect, room in zip(pushed, comparison.defect, rooms, strict=True):
        rate = rate.max((push + defect) / room)
    growth = (2 * rate.upper()).exp()
    if not growth < GROWTH:
        return None
    grown: list[list[Any]] = [[*row, d] for row, d in zip(comparison.matrix.tolist(), comparison.defect, strict=True)]
    grown.append([0] * (k + 1))
    whole = 2 * flint.arb_mat(k + 1, k + 1, [x for row in grown for x in row])
    ends = (whole.exp() * flint.arb_mat(k + 1, 1, [*first, 1])).entries()[:k]
    sizes = [_least(end, growth * room) for end, room in zip(ends, rooms, strict=True)]
    n = len(proposal.chebyshev)
    center = flint.arb_mat(n, 1, [sum(map(flint.arb, row), flint.arb(0)) for row in proposal.chebyshev.tolist()])
    frame = flint.arb_mat(n, n, proposal.frame.ravel().tolist())
    return _exact_center(Around(center, frame, proposal.blocks, sizes))


def entering(states: Around, proposal: Proposal) -> list[flint.arb] | None:
    """Bounds of z at the beginning of the step, for each block."""
    n = len(proposal.chebyshev)
    signs = [(-1) ** k for k in range(proposal.chebyshev.shape[1])]
    start = [
        sum((s * flint.arb(c) for s, c in zip(signs, row, strict=True)), flint.arb(0))
        for row in proposal.chebyshev.tolist()
    ]
    frame = flint.arb_mat(n, n, proposal.frame.ravel().tolist())
    try:
        inverse = frame.inv()
    except ZeroDivisionError:
        return None
    shift = (inverse * (states.center - flint.arb_mat(n, 1, start))).entries()
    turned = norms(inverse * states.frame, proposal.blocks, states.blocks)
    carried = (turned * flint.arb_mat(len(states.sizes), 1, states.sizes)).entries()
    whole = [
        (norm([shift[i] for i in block]) + part).upper() for block, part in zip(proposal.blocks, carried, strict=True)
    ]
    return whole if is_bounded(whole) else None


def widened(
    place: Sequence[flint.arb], frame: flint.arb_mat, blocks: Blocks, sizes: Sequence[flint.arb]
) -> list[flint.arb]:
    """place + F w for all |w_b|_2 <= sizes_b."""
    bound: dict[int, flint.arb] = {i: size for block, size in zip(blocks, sizes, strict=True) for i in block}
    rows = frame.tolist()
    spread = [sum((x.abs_upper() * bound[j] for j, x in enumerate(row)), flint.arb(0)) for row in rows]
    return [x + flint.arb(0, 1) * s.upper() for x, s in zip(place, spread, strict=True)]


def _exact_center(states: Around) -> Around:
    """A centre without radius; what it lost widens the frame's sizes by way of a box where that is needed."""
    middle = states.center.mid()
    if all(x.is_exact() for x in states.center.entries()):
        return states
    rest = (states.frame.inv() * (states.center - middle)).entries()
    sizes = [(norm([rest[i] for i in block]) + s).upper() for block, s in zip(states.blocks, states.sizes, strict=True)]
    return Around(middle, states.frame, states.blocks, sizes)


def _least(first: flint.arb, second: flint.arb) -> flint.arb:
    """An upper bound of what both bound."""
    return first.upper().min(second.upper()).upper()


def _powers(chebyshev: np.ndarray) -> list[list[flint.arb]]:
    """The coefficients of the powers of t, exact to the working precision."""
    matrix = _transformation(chebyshev.shape[1])
    rows, length = chebyshev.shape
    given = flint.arb_mat(rows, length, chebyshev.ravel().tolist())
    found: list[list[flint.arb]] = (given * matrix).tolist()
    return found


def _transformation(length: int) -> flint.arb_mat:
    """Row k: the coefficients of T_k in powers, by T_(k+1) = 2 t T_k - T_(k-1)."""
    rows = [[1, *[0] * (length - 1)], [0, 1, *[0] * (length - 2)]]
    while len(rows) < length:
        rows.append([2 * a - b for a, b in zip([0, *rows[-1][:-1]], rows[-2], strict=True)])
    return flint.arb_mat(length, length, [x for row in rows[:length] for x in row])


def _ranges(chebyshev: np.ndarray) -> list[flint.arb]:
    """Values on [-1, 1]: |T_k| <= 1."""
    sums = [sum((abs(flint.arb(c)) for c in row[1:]), flint.arb(0)) for row in chebyshev.tolist()]
    return [flint.arb(row[0]) + flint.arb(0, 1) * s.upper() for row, s in zip(chebyshev.tolist(), sums, strict=True)]


def _defect(
    field: VectorField, path: list[list[flint.arb]], half: flint.arb, inverse: flint.arb_mat
) -> list[flint.arb]:
    """Bounds of each coordinate of S^-1 (half f(p) - p') on [-1, 1].

    By Taylor's formula around 0, its last coefficient over the whole step; what is a polynomial is written in
    Chebyshev's, whose moduli are at most 1.
    """
    n, degree = len(path), len(path[0]) - 1
    last = 2 * degree + 2
    around = [[*row, *[flint.arb(0)] * (last - degree - 1)] for row in path]
    inner = _along(field, around)
    outer = _along(field, [_everywhere(row, last) for row in path])[last]
    rows = [[half * inner[k][i] for k in range(last)] for i in range(n)]
    for row, own in zip(rows, path, strict=True):
        for k in range(degree):
            row[k] -= (k + 1) * own[k + 1]
    polynomial = flint.arb_mat(n, last, [x for row in rows for x in row])
    whole = (inverse * polynomial * _transformation(last).inv()).tolist()
    rest = (inverse * flint.arb_mat(n, 1, [half * x for x in outer])).entries()
    return [
        (sum((x.abs_upper() for x in row), flint.arb(0)) + r.abs_upper()).upper()
        for row, r in zip(whole, rest, strict=True)
    ]


def _everywhere(row: list[flint.arb], last: int) -> list[flint.arb]:
    """Taylor coefficients 0 .. last of the polynomial at all points of [-1, 1]."""
    length = len(row)
    found = []
    for k in range(last + 1):
        rest = sum((comb(j, k) * row[j].abs_upper() for j in range(k + 1, length)), flint.arb(0))
        found.append((row[k] if k < length else flint.arb(0)) + flint.arb(0, 1) * rest.upper())
    return found


def _along(field: VectorField, path: Sequence[list[flint.arb]]) -> Any:
    """Row k: coefficient k of each component of f along series of equal lengths."""
    if field.line is not None:
        return recurrences.along(field.line, path, field.precision)
    return series_coefficients(field.values, path)
