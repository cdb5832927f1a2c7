"""Follows a branch by pseudo-arclength continuation, proposing pieces and bifurcation points: estimates throughout."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.branch.counting import UNDECIDED
from certify.branch.pieces import Pieces, belongs, drift, goes_on, point_at, spread
from certify.branch.problem import BranchProblem
from certify.branch.prove import unstable_directions
from foundation.computing_time import computing_time

_FIRST, _LARGEST, _SMALLEST, _GROWTH = 2e-2, 0.25, 1e-9, 2.0
_SHORTER = 2.0 ** -np.arange(5.0)
# Pieces on which the stability is undecided are made so short, in units of the parameter's range, and no shorter.
_GREY = 4e-3
# The boxes are so much wider than the curve needs, in units of their length: ends are enclosed with their rounding.
_SLACK = 1e-6
_TIGHTENINGS = 4
_NOTHING = 2.0**-960


@final
@dataclass(eq=False)
class Followed:
    """What was followed so far, one entry a piece; end (1, n + 1): of the last piece, enclosed."""

    pieces: list[Pieces] = field(default_factory=list)
    unstable: list[int] = field(default_factory=list)
    ahead: list[np.ndarray] = field(default_factory=list)
    end: Ball | None = None
    reason: str = ""

    def joined(self) -> Pieces:
        return _joined(self.pieces)


def _joined(pieces: Sequence[Pieces]) -> Pieces:
    names = ("centres", "frames", "half", "radii", "inverses")
    parts = {name: np.concatenate([getattr(p, name) for p in pieces]) for name in names}
    return Pieces(scale=pieces[0].scale, **parts)


def scale_of(problem: BranchProblem, point: np.ndarray) -> np.ndarray:
    """Powers of two near the sizes of the variables along the branch: of x and of its change over the range."""
    n, width = problem.dimension, problem.upper - problem.lower
    slope = _slopes(problem, point)
    change = np.abs(np.linalg.lstsq(slope[:, :n], slope[:, n], rcond=1e-10)[0]) * width
    size = np.maximum(np.abs(point[:n]), np.minimum(change, 1e3 * np.abs(point[:n]) + width))
    size = np.where(size > _NOTHING, size, 0.0)  # an enclosed 0 may have a subnormal midpoint
    size = np.where(size > 0, size, size.max(initial=0.0) or width)
    return np.ldexp(1.0, np.round(np.log2(np.append(size, width))).astype(int))


def follow(
    problem: BranchProblem,
    start: np.ndarray,
    direction: int,
    *,
    most_pieces: int,
    seconds: float,
    progress: Callable[[str, float], None],
) -> Followed:
    """Pieces from an equilibrium z (n + 1,) on, at first towards larger (direction 1) or smaller parameters."""
    found, scale = Followed(), scale_of(problem, start)
    end, z, step = computing_time() + seconds, start, _FIRST
    tangent = np.append(np.zeros(problem.dimension), float(direction))
    while True:
        if len(found.pieces) >= most_pieces or computing_time() > end:
            found.reason = "budget"
            return found
        slope = _slopes(problem, z)
        tangent = _tangent(slope, scale, tangent)
        piece, unstable = _continuing(problem, found, z, scale, tangent, slope, step)
        if piece is None:
            found.reason = "stuck"
            return found
        step = float(piece.half[0])
        following, ahead = _following(problem, piece)
        found.pieces.append(piece)
        found.ahead.append(ahead)
        found.unstable.append(unstable)
        progress(f"{len(found.pieces)} pieces, parameter {following[-1]:.6g}", 0.5)
        found.end = point_at(problem, piece, piece.half, ahead[None])
        last = found.end[0, -1]
        if last.upper <= problem.lower or last.lower >= problem.upper:
            return found
        z = following


def _continuing(
    problem: BranchProblem,
    found: Followed,
    z: np.ndarray,
    scale: np.ndarray,
    tangent: np.ndarray,
    slope: np.ndarray,
    step: float,
) -> tuple[Pieces | None, int]:
    """A piece that is proved to continue the last one; near a crossing another branch may be met in its place."""
    while step > _SMALLEST:
        piece, unstable = _piece(problem, z, scale, tangent, slope, step)
        if piece is None or found.end is None:
            return piece, unstable
        last, end = found.pieces[-1], found.end
        both = Ball(np.repeat(end.mid, 2, axis=0), np.repeat(end.rad, 2, axis=0))
        if belongs(piece, end).all() and goes_on(problem, _joined([last, piece]), both).all():
            return piece, unstable
        step = float(piece.half[0]) / (2 * _GROWTH)
    return None, UNDECIDED


def _piece(
    problem: BranchProblem, z: np.ndarray, scale: np.ndarray, tangent: np.ndarray, slope: np.ndarray, step: float
) -> tuple[Pieces | None, int]:
    """The longest of some pieces around z that is proved to hold a curve, and its unstable directions.

    Several lengths are tried at once: a program costs the same for one piece as for a few.
    """
    n = problem.dimension
    basis = np.linalg.qr(np.column_stack([tangent, np.eye(n + 1)]))[0]
    basis[:, 0] *= np.sign(basis[:, 0] @ tangent)
    try:
        inverse = np.linalg.inv(slope * scale @ basis[:, 1:])
    except np.linalg.LinAlgError:
        return None, UNDECIDED
    step = min(_GROWTH * step, _LARGEST)
    while step > _SMALLEST:
        half = step * _SHORTER
        kept = (np.repeat(part[None], len(half), axis=0) for part in (z, basis, inverse))
        centres, frames, inverses = kept
        pieces, good = _tightened(
            problem, Pieces(centres, frames, scale, half, _SLACK * half[:, None] * np.ones(n), inverses)
        )
        for k in np.flatnonzero(good):
            unstable = int(unstable_directions(problem, pieces[k : k + 1].boxes())[0])
            if unstable != UNDECIDED or half[k] <= _GREY:
                return pieces[k : k + 1], unstable
        step = float(half[-1]) / 2
    return None, UNDECIDED


def _tightened(problem: BranchProblem, pieces: Pieces) -> tuple[Pieces, np.ndarray]:
    """The pieces with radii that Krawczyk's test accepts, and where it does."""
    moved, good = drift(problem, pieces), np.zeros(len(pieces), bool)
    for _ in range(_TIGHTENINGS):
        size = (moved + spread(problem, pieces)).magnitude
        good = np.asarray((size < pieces.radii).all(axis=1))
        usable = np.isfinite(size).all(axis=1) & (size.max(axis=1) <= pieces.half)
        if good[usable].all():
            break
        radii = np.where((good | ~usable)[:, None], pieces.radii, 1.5 * size + _SLACK * pieces.half[:, None])
        pieces = Pieces(pieces.centres, pieces.frames, pieces.scale, pieces.half, radii, pieces.inverses)
    return pieces, good


def _following(problem: BranchProblem, piece: Pieces) -> tuple[np.ndarray, np.ndarray]:
    """The point at the end of the piece and its coordinates y there, by Newton's method."""
    half, y = float(piece.half[0]), np.zeros(problem.dimension)
    columns = piece.scale[:, None] * piece.frames[0]
    z = piece.centres[0] + columns[:, 0] * half
    for _ in range(4):
        step = piece.inverses[0] @ _value(problem, z + columns[:, 1:] @ y)
        y = y - step
        if np.abs(step).max() <= 2.0**-52 * half:
            break
    return z + columns[:, 1:] @ y, y


def _tangent(slope: np.ndarray, scale: np.ndarray, before: np.ndarray) -> np.ndarray:
    tangent = np.linalg.svd(slope * scale)[2][-1]
    return tangent if tangent @ before >= 0 else -tangent


def _value(problem: BranchProblem, z: np.ndarray) -> np.ndarray:
    return np.asarray(problem.values(Ball.exact(z[None])).mid[0])


def _slopes(problem: BranchProblem, z: np.ndarray) -> np.ndarray:
    return np.asarray(problem.derivatives(Ball.exact(z[None])).mid[0])
