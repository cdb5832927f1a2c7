"""Critical points that are proved: where they lie, their Hessian's eigenvalues and Morse index."""

from dataclasses import dataclass
from fractions import Fraction
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.equilibrium import KnownZero
from certify.linear_algebra import symmetric_eigenvalues
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.morse.problem import MorseProblem


@final
@dataclass(frozen=True, eq=False)
class CriticalPoint:
    """An exact critical point within the Euclidean distance `radius` of `point` (d,), proved.

    eigenvalues: enclosures of those of the Hessian there, ascending. index: how many are negative (the Morse index),
    None where that is undecided or the point is degenerate. position: "inside" the closed box, "boundary" when it
    lies on its boundary to rounding. exact: its rational coordinates, where they are proved.
    """

    point: np.ndarray
    radius: float
    eigenvalues: tuple[Enclosure, ...]
    index: int | None
    position: str
    exact: tuple[Fraction, ...] | None = None
    degenerate: bool = False


def regular_point(problem: MorseProblem, zero: KnownZero, position: str, exact: bool = False) -> CriticalPoint:
    """The description of a proved regular critical point; exact: that its coordinates are the floats themselves."""
    hessian = hessian_over(problem, zero.box)
    eigenvalues = eigenvalues_of(hessian)
    index = morse_index(eigenvalues)
    if index is None:
        index = morse_index(eigenvalues_of(_scaled(hessian)))
    radius = frobenius_norm_bound(zero.box.rad.reshape(1, -1))
    coordinates = tuple(Fraction(x) for x in zero.point.tolist()) if exact else None
    return CriticalPoint(zero.point, radius, eigenvalues, index, position, coordinates)


def degenerate_zero(problem: MorseProblem, place: Ball) -> CriticalPoint:
    """The description of a proved degenerate critical point of the box that lies in the ball `place` (d,)."""
    radius = frobenius_norm_bound(place.rad.reshape(1, -1))
    return CriticalPoint(place.mid, radius, eigenvalues_of(hessian_over(problem, place)), None, "inside", None, True)


def degenerate_point(problem: MorseProblem, exact: tuple[Fraction, ...]) -> CriticalPoint:
    """The description of a proved degenerate critical point in the box."""
    point = np.array([float(x) for x in exact])
    error = np.array([0.0 if Fraction(p) == x else np.spacing(abs(p)) for p, x in zip(point, exact, strict=True)])
    eigenvalues = eigenvalues_of(hessian_over(problem, Ball(point, error)))
    radius = frobenius_norm_bound(error.reshape(1, -1)) if error.any() else 0.0
    return CriticalPoint(point, radius, eigenvalues, None, "inside", exact, True)


def hessian_over(problem: MorseProblem, box: Ball) -> Ball:
    """Every Hessian over a box (d,), a symmetric Ball (d, d)."""
    hessian = problem.zeros.jacobian(box)
    # both triangles enclose the same numbers
    rows, columns = np.tril_indices(problem.dimension)
    mid, rad = hessian.mid.copy(), np.array(hessian.rad)
    mid[columns, rows], rad[columns, rows] = mid[rows, columns], rad[rows, columns]
    return Ball(mid, rad)


def eigenvalues_of(hessian: Ball) -> tuple[Enclosure, ...]:
    """Enclosures of the eigenvalues of symmetric matrices, ascending."""
    found = symmetric_eigenvalues(hessian)
    return tuple(found[i] for i in range(len(found)))


def _scaled(hessian: Ball) -> Ball:
    """D H D with powers of two that bring the rows to one size: as many negative eigenvalues [Sylvester's inertia]."""
    size = np.maximum(np.abs(hessian.mid).max(axis=1), 2.0**-1022)
    scale = 2.0 ** -np.round(np.log2(size) / 2)
    factors = Ball.exact(np.outer(scale, scale))
    return hessian * factors


def morse_index(eigenvalues: tuple[Enclosure, ...]) -> int | None:
    """The number of negative eigenvalues, None where a sign is undecided."""
    if any(e.lower <= 0 <= e.upper for e in eigenvalues):
        return None
    return sum(e.upper < 0 for e in eigenvalues)
