"""Pieces of a proved curve: in each a parametrised Krawczyk test, and from each to the next the same zero."""

from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.branch.problem import BranchProblem

# The frames are orthonormal to rounding: what is farther from it is no frame.
_LARGEST_DEFECT = 2.0**-20
_REFINEMENTS = 3


@final
@dataclass(frozen=True, eq=False)
class Pieces:
    """N boxes {centre + scale * (frame (s, y)) : |s| <= half, |y_j| <= radii_j}.

    centres (N, n + 1), frames (N, n + 1, n + 1), columns near an orthonormal basis whose first is near the curve's
    tangent, scale (n + 1,) powers of two, half (N,) > 0, radii (N, n) > 0, inverses (N, n, n) of the derivative of
    F with respect to y, approximate.
    """

    centres: np.ndarray
    frames: np.ndarray
    scale: np.ndarray
    half: np.ndarray
    radii: np.ndarray
    inverses: np.ndarray

    def __len__(self) -> int:
        return len(self.half)

    def __getitem__(self, rows: slice) -> "Pieces":
        parts = (part[rows] for part in (self.half, self.radii, self.inverses))
        return Pieces(self.centres[rows], self.frames[rows], self.scale, *parts)

    def points(self, along: Ball, across: Ball) -> Ball:
        """The points of coordinates s (N,) and y (N, n): (N, n + 1)."""
        mid = np.concatenate([along.mid[:, None], across.mid], axis=1)
        rad = np.concatenate([along.rad[:, None], across.rad], axis=1)
        return self.centres + matmul(Ball.exact(self.frames), Ball(mid, rad)[..., None])[..., 0] * self.scale

    def boxes(self) -> Ball:
        """Balls around the boxes, (N, n + 1)."""
        return self.points(_around_zero(self.half), _around_zero(self.radii))

    def coordinates(self, points: Ball) -> Ball:
        """(s, y), (N, n + 1), of points (N, n + 1), one in each piece; unbounded where the frame is none.

        With E = Q^T Q - I and w = Q^-1 d: w - Q^T d = -E w, so that |w - Q^T d| <= |E| |Q^T d| / (1 - |E|).
        """
        return self._in_frames((points - self.centres) * (1.0 / self.scale))

    def _in_frames(self, away: Ball) -> Ball:
        """Q^-1 d for vectors d (N, n + 1) in scaled coordinates."""
        turned = Ball.exact(np.swapaxes(self.frames, 1, 2))
        first = matmul(turned, away[..., None])[..., 0]
        defect = matmul(turned, Ball.exact(self.frames)) - np.eye(self.frames.shape[-1])
        size = _norms(defect.reshape(len(self), self.frames.shape[-1] ** 2))
        length = _norms(first)
        # 2^-40: the roundings of the quotient
        error = np.where(size < _LARGEST_DEFECT, size * length * (1 + 2 * size) * (1 + 2.0**-40), np.inf)
        return first.widened(error[:, None])


def has_curve(problem: BranchProblem, pieces: Pieces) -> np.ndarray:
    """(N,) bool: whether for each s in the piece there is exactly one y in its box with F = 0, F_y non-singular there.

    With G(s, y) = F(z + C (s, y)), S = [-half, half], Y the box of the radii: -R G(S, 0) + (I - R G_y(S, Y)) Y in the
    interior of Y is Krawczyk's test for all s at once; G(S, 0) is enclosed by G(0, 0) + G_s(S, 0) S
    [R. Krawczyk, Computing 4 (1969); A. Neumaier, Interval Methods for Systems of Equations, 5.1].
    """
    found = image(problem, pieces)
    inside = (found.magnitude < pieces.radii) & np.isfinite(found.rad)
    return np.asarray(inside.all(axis=1) & (pieces.half > 0) & (_defects(pieces) < _LARGEST_DEFECT))


def image(problem: BranchProblem, pieces: Pieces) -> Ball:
    """-R G(S, 0) + (I - R G_y(S, Y)) Y for each piece, (N, n)."""
    return drift(problem, pieces) + spread(problem, pieces)


def drift(problem: BranchProblem, pieces: Pieces) -> Ball:
    """-R G(S, 0) for each piece, (N, n): it does not depend on the radii."""
    along, still = _around_zero(pieces.half), Ball.exact(np.zeros(pieces.radii.shape))
    centre = problem.values(Ball.exact(pieces.centres))
    slopes = matmul(problem.derivatives(pieces.points(along, still)), _columns(pieces))[..., 0]
    moved = centre + slopes * along[:, None]
    return -matmul(Ball.exact(pieces.inverses), moved[..., None])[..., 0]


def spread(problem: BranchProblem, pieces: Pieces) -> Ball:
    """(I - R G_y(S, Y)) Y for each piece, (N, n)."""
    return _contracted(problem, pieces, _around_zero(pieces.half), _around_zero(pieces.radii))


def point_at(problem: BranchProblem, pieces: Pieces, along: np.ndarray, guess: np.ndarray) -> Ball:
    """Enclosures of the curve's points at s = along (N,), in pieces that have a curve: (N, n + 1). guess (N, n): y.

    The zero y lies in Y, and for every box Y that holds it and the guess g it lies in
    g - R G(s, g) + (I - R G_y(s, Y)) (Y - g) too.
    """
    still, across = Ball.exact(along), _around_zero(pieces.radii)
    value = problem.values(pieces.points(still, Ball.exact(guess)))
    step = Ball.exact(guess) - matmul(Ball.exact(pieces.inverses), value[..., None])[..., 0]
    low, high = across.lower, across.upper
    for _ in range(_REFINEMENTS):
        whole = Ball.from_bounds(np.minimum(low, guess), np.maximum(high, guess))
        found = step + _contracted(problem, pieces, still, whole, guess)
        smaller = np.maximum(found.lower, low), np.minimum(found.upper, high)
        usable = (smaller[0] <= smaller[1]) & np.isfinite(found.rad)
        low, high = np.where(usable, smaller[0], low), np.where(usable, smaller[1], high)
    return pieces.points(still, Ball.from_bounds(low, high))


def belongs(pieces: Pieces, points: Ball) -> np.ndarray:
    """(N,) bool: whether the points (N, n + 1), zeros of F, one for each piece, are proved to lie in its box."""
    found = pieces.coordinates(points)
    limits = np.concatenate([pieces.half[:, None], pieces.radii], axis=1)
    return np.asarray(((found.magnitude <= limits) & np.isfinite(found.rad)).all(axis=1))


def goes_on(problem: BranchProblem, pieces: Pieces, ends: Ball) -> np.ndarray:
    """(N - 1,) bool: whether the curve runs through the next piece in the same sense, at the end (N, n + 1) of each.

    Along G(s, y) = 0 the derivative y' satisfies y' = -R G_s + (I - R G_y) y'. In the maximum norm weighted by the
    radii the matrix has a norm c < 1, so that |y'| <= |R G_s| / (1 - c). The tangent Q (1, y') must have a positive
    first coordinate in the frame of the next piece: otherwise the curve is run through backwards from there.
    """
    before, after = pieces[:-1], pieces[1:]
    slopes = matmul(problem.derivatives(ends[:-1]), _columns(before))
    moved = matmul(Ball.exact(before.inverses), slopes)
    defect = (np.eye(before.radii.shape[1]) - moved[..., 1:]).magnitude
    room = 1 + 2.0**-40  # the roundings of these sums and quotients
    with np.errstate(over="ignore", invalid="ignore"):
        factor = ((defect * before.radii[:, None]).sum(axis=-1) / before.radii).max(axis=-1) * room
        start = (moved[..., 0].magnitude / before.radii).max(axis=-1) * room
        steepest = np.where(factor < 1, start / (1 - factor) * room, np.inf)[:, None] * before.radii * room
    usable = np.isfinite(steepest).all(axis=1)
    along, across = np.ones(len(before)), np.where(usable[:, None], steepest, 0.0)
    tangent = Ball(
        np.concatenate([along[:, None], 0.0 * across], axis=1), np.concatenate([0.0 * along[:, None], across], axis=1)
    )
    turned = matmul(Ball.exact(before.frames), tangent[..., None])[..., 0]
    return np.asarray(usable & (after._in_frames(turned)[:, 0].lower > 0))


def _contracted(
    problem: BranchProblem, pieces: Pieces, along: Ball, across: Ball, guess: np.ndarray | None = None
) -> Ball:
    """(I - R G_y) (Y - guess) over the piece."""
    slopes = matmul(problem.derivatives(pieces.points(along, across)), _columns(pieces))[..., 1:]
    defect = np.eye(pieces.radii.shape[1]) - matmul(Ball.exact(pieces.inverses), slopes)
    away = across if guess is None else across - guess
    return matmul(defect, away[..., None])[..., 0]


def _columns(pieces: Pieces) -> Ball:
    """The frames in the units of the variables: C = D Q, (N, n + 1, n + 1)."""
    return Ball.exact(pieces.frames) * pieces.scale[None, :, None]


def _defects(pieces: Pieces) -> np.ndarray:
    frames = Ball.exact(pieces.frames)
    product = matmul(frames.map(lambda a: np.swapaxes(a, 1, 2)), frames) - np.eye(pieces.frames.shape[-1])
    return _norms(product.reshape(len(pieces), pieces.frames.shape[-1] ** 2))


def _around_zero(radii: np.ndarray) -> Ball:
    return Ball(np.zeros(radii.shape), radii)


def _norms(x: Ball) -> np.ndarray:
    """Upper bounds of the Euclidean norms of the rows, (N,)."""
    with np.errstate(over="ignore", invalid="ignore"):
        size = np.sqrt((x.magnitude**2).sum(axis=1)) * (1 + 2.0**-40) + 2.0**-500
    return np.where(np.isfinite(size), size, np.inf)
