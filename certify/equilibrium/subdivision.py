"""All equilibria in a box: subdivision until every part is excluded, belongs to a proved one, or stays undecided."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.equilibrium.boxes import BoxField, Step, newton_step
from certify.equilibrium.known_zeros import KnownZero
from certify.equilibrium.many_zeros import find_zeros
from certify.equilibrium.zero_table import Boxes, ZeroTable
from foundation.computing_time import computing_time

_CHUNK, _ROWS = 2048, 64
# Boxes narrower than this, relative to the whole, are not split any further.
_NARROWEST = 2.0**-36
_PROGRESS = 0.7  # a box that shrinks below this part of its size is not split yet


# What may end a search: nothing, the number of boxes, the time.
EXHAUSTED = ("", "boxes", "time")


@final
@dataclass(frozen=True, eq=False)
class Search:
    """zeros: proved, different ones. undecided (lower, upper), each (M, n): every other zero of the box lies there.

    boxes: how many were tested. exhausted: which budget ended the search ("" for none).
    """

    zeros: tuple[KnownZero, ...]
    undecided: Boxes
    boxes: int
    exhausted: str

    @property
    def is_complete(self) -> bool:
        return not len(self.undecided[0])


def search(
    field: BoxField,
    lower: np.ndarray,
    upper: np.ndarray,
    zeros: Sequence[KnownZero] = (),
    skipped_boxes: Boxes | None = None,
    *,
    most_boxes: int,
    seconds: float | None = None,
    progress: Callable[[int, int, int], None] | None = None,
) -> Search:
    """Interval Newton with subdivision on [lower, upper] (n,); `zeros` are proved already.

    skipped_boxes: boxes (M, n) in which nothing is looked for. The result is about zeros outside of them.
    progress: called with (boxes tested, boxes waiting, zeros found).
    """
    with np.errstate(over="ignore", invalid="ignore"):  # what overflows is unbounded, and stays undecided
        return _searched(field, (lower, upper), zeros, skipped_boxes, most_boxes, seconds, progress)


def _searched(
    field: BoxField,
    whole: Boxes,
    zeros: Sequence[KnownZero],
    skipped_boxes: Boxes | None,
    most_boxes: int,
    seconds: float | None,
    progress: Callable[[int, int, int], None] | None,
) -> Search:
    lower, upper = whole
    known, magnitude = ZeroTable(len(lower), zeros), np.maximum(np.abs(lower), np.abs(upper))
    # halves: the width of a box may be beyond the largest float
    narrow = np.maximum(2 * _NARROWEST * (upper / 2 - lower / 2), 2.0**-48 * magnitude)
    waiting = (lower[None].copy(), upper[None].copy())
    stuck: list[Boxes] = []
    tested, end = 0, None if seconds is None else computing_time() + seconds
    exhausted = ""
    while len(waiting[0]):
        exhausted = _exhausted(tested, most_boxes, end)
        if exhausted:
            break
        count = min(_CHUNK, most_boxes - tested)
        chunk, waiting = _last(waiting, min(count, len(waiting[0])))
        tested += len(chunk[0])
        rest = _not_skipped(skipped_boxes, known.outside(chunk))
        if len(rest[0]):
            step = newton_step(field, *rest)
            left = _collect(field, known, step)
            halves, narrow_ones = _split(rest, step, left, narrow)
            waiting = _joined([waiting, halves])
            stuck.append(narrow_ones)
        if progress:
            progress(tested, len(waiting[0]), len(known))
    undecided = _not_skipped(skipped_boxes, known.outside(_joined([waiting, *stuck])))
    return Search(tuple(known.zeros), undecided, tested, exhausted)


def _exhausted(tested: int, most_boxes: int, end: float | None) -> str:
    if tested >= most_boxes:
        return "boxes"
    return "time" if end is not None and computing_time() > end else ""


def _last(boxes: Boxes, count: int) -> tuple[Boxes, Boxes]:
    (lower, upper), kept = boxes, len(boxes[0]) - count
    return (lower[kept:], upper[kept:]), (lower[:kept], upper[:kept])


def _not_skipped(skipped_boxes: Boxes | None, boxes: Boxes) -> Boxes:
    """The boxes that lie in none of the excused ones."""
    lower, upper = boxes
    if skipped_boxes is None or not len(skipped_boxes[0]):
        return boxes
    kept = np.ones(len(lower), bool)
    for start in range(0, len(lower), _ROWS):
        low, high = lower[start : start + _ROWS, None], upper[start : start + _ROWS, None]
        inside = np.all((skipped_boxes[0] <= low) & (high <= skipped_boxes[1]), axis=2)
        kept[start : start + _ROWS] = ~np.any(inside, axis=1)
    return lower[kept], upper[kept]


def _collect(field: BoxField, known: ZeroTable, step: Step) -> np.ndarray:
    """Adds the zeros of the boxes that hold exactly one; gives the mask of the boxes that are still open."""
    left = ~step.excluded
    single = np.flatnonzero(left & step.single)
    new = single[~known.holds_one(step.wide[single])]
    for zero in find_zeros(field, (step.lower[new] + step.upper[new]) / 2):
        known.add(zero)
    # the one zero of the enlarged box is listed: nothing else can lie in the box
    left[single] = ~known.holds_one(step.wide[single])
    return left


def _split(boxes: Boxes, step: Step, left: np.ndarray, narrow: np.ndarray) -> tuple[Boxes, Boxes]:
    """(the open boxes, contracted and then halved unless they shrank much; those too narrow to be split)."""
    lower, upper = step.lower[left], step.upper[left]
    before, width = (boxes[1] - boxes[0])[left], upper - lower
    tiny = (width <= narrow).all(axis=1)
    # what is narrow enough already makes no progress: a coordinate 0 would shrink towards the smallest float
    shrunk = np.prod(np.maximum(width, narrow) / np.maximum(before, narrow), axis=1) < _PROGRESS
    axis = np.argmax(np.where(width > narrow, step.smear[left] + 1e-3 * width / width.max(initial=0.0), -1.0), axis=1)
    rows = np.arange(len(lower))
    middle = lower[rows, axis] / 2 + upper[rows, axis] / 2
    halve = ~tiny & ~shrunk
    first, second = upper.copy(), lower.copy()
    first[rows, axis] = np.where(halve, middle, first[rows, axis])
    second[rows, axis] = middle
    pieces = [(lower[~tiny], first[~tiny]), (second[halve], upper[halve])]
    return _joined(pieces), (lower[tiny], upper[tiny])


def _joined(parts: Sequence[Boxes]) -> Boxes:
    lower, upper = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
    return lower, upper
