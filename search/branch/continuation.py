"""Follows a branch: points along it are walked, and pieces between them proved, many at once, and divided where not."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import final

import numpy as np

from certify.branch.counting import UNDECIDED
from certify.branch.pieces import Pieces, belongs, drift, goes_on, point_at, spread
from certify.branch.problem import BranchProblem
from foundation.computing_time import computing_time
from search.branch.walk import before_start, corrected, inverses, scale_of, slopes, tangents, values, walk

_LARGEST, _SMALLEST = 0.25, 1e-9
# Pieces on which the stability is undecided are made so short, in units of the parameter's range, and no shorter.
_GREY = 4e-3
# The boxes are so much wider than the curve needs, in units of their length: ends are enclosed with their rounding.
_SLACK = 1e-6
# Pieces are so much longer than from node to node, that one begins before the other ends.
_OVERLAP = 2.0**-6
_TIGHTENINGS = 4
# Where a walk leads to another branch, it is repeated from there in steps so much shorter.
_WALKS, _SHORTER = 3, 1 / 16
# So many pieces are computed at once, and so many entries of their derivatives.
_MANY, _ENTRIES = 256, 2**19
_NAMES = ("centres", "frames", "half", "radii", "inverses")


@final
@dataclass(eq=False)
class Followed:
    """Pieces that are proved one by one and go on from one to the next; unstable (N,), ahead (N, n): of each."""

    pieces: Pieces | None = None
    unstable: np.ndarray = field(default_factory=lambda: np.zeros(0, np.int64))
    ahead: np.ndarray = field(default_factory=lambda: np.zeros(0))


@final
@dataclass(eq=False)
class _Part:
    """The curve between two points (n + 1,), with its piece where that is proved."""

    start: np.ndarray
    stop: np.ndarray
    piece: Pieces | None = None
    unstable: int = UNDECIDED

    @property
    def divided(self) -> "list[_Part]":
        middle = (self.start + self.stop) / 2 if self.piece is None else self.piece.centres[0]
        return [_Part(self.start, middle), _Part(middle, self.stop)]


def follow(
    problem: BranchProblem,
    start: np.ndarray,
    *,
    most_pieces: int,
    seconds: float,
    progress: Callable[[str, float], None],
) -> Followed:
    """Pieces from an equilibrium z (n + 1,) at the lower end of the range on, at first towards larger parameters."""
    scale, end = scale_of(problem, start), computing_time() + seconds
    first, tangent, largest = before_start(problem, start, scale), np.eye(len(start))[-1], _LARGEST
    parts: list[_Part] = []
    for _ in range(_WALKS):
        found = walk(problem, first, scale, tangent, largest, most_pieces - len(parts))
        ahead = [_Part(a, b) for a, b in zip(found.nodes[:-1], found.nodes[1:], strict=True)]
        work = _Work(problem, scale, most_pieces - len(parts), end, progress)
        proved = work.prefix(parts[-1:] + ahead)
        parts = parts[: len(parts) - 1] + proved if parts else proved
        if not parts or (len(proved) == work.asked and found.leaves) or computing_time() > end:
            break
        assert parts[-1].piece is not None
        first, tangent, largest = parts[-1].stop, parts[-1].piece.frames[0, :, 0], largest * _SHORTER
    if not parts:
        return Followed()
    pieces = _joined([part.piece for part in parts if part.piece is not None])
    return Followed(pieces, np.array([part.unstable for part in parts], np.int64), _ahead(problem, pieces))


@final
@dataclass(eq=False)
class _Work:
    """What is done to the parts of a walk, with its limits; asked: how many parts there were in the end."""

    problem: BranchProblem
    scale: np.ndarray
    most_pieces: int
    end: float
    progress: Callable[[str, float], None]
    asked: int = 0

    def prefix(self, parts: list[_Part]) -> list[_Part]:
        """The first parts, divided as needed, that are proved and go on from one to the next."""
        while True:
            parts, kept = self._proved(parts)
            self.asked = len(parts)
            parts_kept = parts[:kept]
            if not parts_kept:
                return []
            broken = self._broken(parts_kept)
            if not len(broken):
                return parts_kept
            if self._is_spent(len(parts)) or self._is_short(parts_kept, int(broken[0])):
                return parts_kept[: int(broken[0]) + 1]
            parts = self._divided_at(parts, broken)

    def _proved(self, parts: list[_Part]) -> tuple[list[_Part], int]:
        """All parts, divided until each is proved or too short; and how many at the beginning are proved."""
        while True:
            pending = [k for k, part in enumerate(parts) if part.piece is None]
            refused = self._try([parts[k] for k in pending])
            self.progress(f"{len(parts)} pieces", 0.5)
            lost = [k for k, bad in zip(pending, refused, strict=True) if bad and self._is_tiny(parts[k])]
            divided = [k for k, bad in zip(pending, refused, strict=True) if bad and (not lost or k < lost[0])]
            if not divided or self._is_spent(len(parts) + len(divided)):
                unproved = [k for k, part in enumerate(parts) if part.piece is None]
                return parts, min(unproved, default=len(parts))
            chosen = set(divided)
            parts = [new for k, part in enumerate(parts) for new in (part.divided if k in chosen else [part])]

    def _try(self, parts: Sequence[_Part]) -> list[bool]:
        """Proves pieces for the parts where it can; which are to be divided. Some stay proved, but too long."""
        size = min(_MANY, max(1, _ENTRIES // len(self.scale) ** 2))
        refused: list[bool] = []
        for first in range(0, len(parts), size):
            if computing_time() > self.end:
                return refused + [True] * (len(parts) - first)
            chunk = parts[first : first + size]
            pieces, good = _pieces(self.problem, chunk, self.scale)
            unstable = np.full(len(chunk), UNDECIDED)
            if good.any():
                rows = np.flatnonzero(good)
                unstable[rows] = self.problem.unstable_counts(_taken(pieces, rows).boxes())
            accepted = good & ((unstable != UNDECIDED) | (pieces.half <= _GREY))
            for k in np.flatnonzero(accepted).tolist():
                chunk[k].piece, chunk[k].unstable = pieces[k : k + 1], int(unstable[k])
            refused += [not ok for ok in accepted]
        return refused

    def _broken(self, parts: list[_Part]) -> np.ndarray:
        """The parts after which the curve is not proved to go on in the next one."""
        pieces = _joined([part.piece for part in parts if part.piece is not None])
        ends = point_at(self.problem, pieces, pieces.half, _ahead(self.problem, pieces))
        after = pieces[1:]
        return np.flatnonzero(~(belongs(after, ends[:-1]) & goes_on(self.problem, pieces, ends)))

    def _divided_at(self, parts: list[_Part], broken: np.ndarray) -> list[_Part]:
        """The longer of the two parts at each break is divided, both where they are equally long."""
        chosen: set[int] = set()
        for k in broken:
            lengths = [float(p.half[0]) for p in (parts[k].piece, parts[k + 1].piece) if p is not None]
            chosen |= {int(k) + j for j in range(2) if 2 * lengths[j] > max(lengths)}
        return [new for k, part in enumerate(parts) for new in (part.divided if k in chosen else [part])]

    def _is_spent(self, count: int) -> bool:
        return count > self.most_pieces or computing_time() > self.end

    def _is_tiny(self, part: _Part) -> bool:
        return bool(np.abs((part.stop - part.start) / self.scale).max() <= 2 * _SMALLEST)

    def _is_short(self, parts: list[_Part], k: int) -> bool:
        return self._is_tiny(parts[k]) and self._is_tiny(parts[k + 1])


def _joined(pieces: Sequence[Pieces]) -> Pieces:
    parts = {name: np.concatenate([getattr(p, name) for p in pieces]) for name in _NAMES}
    return Pieces(scale=pieces[0].scale, **parts)


def _taken(pieces: Pieces, rows: np.ndarray) -> Pieces:
    return Pieces(scale=pieces.scale, **{name: getattr(pieces, name)[rows] for name in _NAMES})


def _pieces(problem: BranchProblem, parts: Sequence[_Part], scale: np.ndarray) -> tuple[Pieces, np.ndarray]:
    """A piece around the middle of each part, and where it is proved to hold a curve."""
    starts, stops = (np.stack([getattr(part, name) for part in parts]) for name in ("start", "stop"))
    chords = (stops - starts) / scale
    chords = chords / np.linalg.norm(chords, axis=1, keepdims=True)
    centres = corrected(problem, (starts + stops) / 2, scale, chords)
    matrices = slopes(problem, centres) * scale
    along = tangents(matrices, chords)
    # the middle of the two ends, seen along the tangent
    ends = [((point - centres) / scale * along).sum(axis=1) for point in (starts, stops)]
    middles = corrected(problem, centres + scale * along * (ends[0] + ends[1])[:, None] / 2, scale, along)
    matrices = slopes(problem, middles) * scale
    along = tangents(matrices, chords)
    ends = [((point - middles) / scale * along).sum(axis=1) for point in (starts, stops)]
    half = np.maximum(np.abs(ends[0]), np.abs(ends[1])) * (1 + _OVERLAP)
    known = np.isfinite(middles).all(axis=1) & (half > 0)
    along = np.where(known[:, None], along, np.eye(len(scale))[0])
    frames = _frames(along)
    solver = inverses(np.where(known[:, None, None], matrices @ frames[:, :, 1:], np.nan))
    known &= np.isfinite(solver).all(axis=(1, 2))
    centres = np.where(known[:, None], middles, starts)
    half, solver = np.where(known, half, 1.0), np.where(known[:, None, None], solver, 0.0)
    radii = _SLACK * half[:, None] * np.ones(problem.dimension)
    pieces, good = _tightened(problem, Pieces(centres, frames, scale, half, radii, solver))
    return pieces, good & known


def _frames(along: np.ndarray) -> np.ndarray:
    """Orthonormal bases (N, n + 1, n + 1) whose first columns are the unit vectors (N, n + 1)."""
    size = along.shape[1]
    basis = np.linalg.qr(
        np.concatenate([along[..., None], np.broadcast_to(np.eye(size), (len(along), size, size))], 2)
    )[0]
    signs = np.sign((basis[:, :, 0] * along).sum(axis=1))
    basis[:, :, 0] *= signs[:, None]
    return basis


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


def _ahead(problem: BranchProblem, pieces: Pieces) -> np.ndarray:
    """The coordinates y (N, n) of the curve's points at the end of each piece, by Newton's method."""
    columns = pieces.scale[:, None] * pieces.frames
    ends = pieces.centres + columns[:, :, 0] * pieces.half[:, None]
    y = np.zeros(pieces.radii.shape)
    for _ in range(4):
        value = values(problem, ends + (columns[:, :, 1:] @ y[..., None])[..., 0])
        step = (pieces.inverses @ value[..., None])[..., 0]
        y = np.where(np.isfinite(step), y - step, y)
    return y
