"""All critical points in a box: subdivision until every part is excluded, or belongs to a proved critical point."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.equilibrium import KnownZero
from certify.equilibrium.known_zeros import is_new
from certify.morse.exclusion import Exclusion
from certify.morse.partition import COVERED, EXCLUDED, OPEN, Boxes, halves, ordered
from certify.morse.problem import MorseProblem
from certify.morse.search import covered, excluded
from foundation.computing_time import computing_time
from search.equilibrium.known_zeros import find_zero

Progress = Callable[[int, int, int], None]
_CHUNK = 2048
# Boxes narrower than this, relative to the whole, are not split any further.
_NARROWEST = 2.0**-36
_WIDTH_SHARE = 0.3
# A zero is looked for where the linear part has one near the box and the remainder cannot move it far.
_NEAR, _SMALL_DEFECT, _MOST_TRIALS = 1.5, 0.5, 16
_FINE, _MOST_POLISHINGS = 2.0**-46, 3


@final
@dataclass(frozen=True, eq=False)
class Search:
    """zeros: proved, different critical points (some may lie just outside of the box). codes: the subdivision.

    undecided: boxes in which every other critical point lies. exhausted: which budget ended the search ("": none).
    """

    zeros: tuple[KnownZero, ...]
    codes: np.ndarray
    undecided: Boxes
    boxes: int
    exhausted: str


def search(
    problem: MorseProblem, *, most_boxes: int, seconds: float | None = None, progress: Progress | None = None
) -> Search:
    """Subdivide the box; progress is called with (boxes tested, boxes waiting, critical points found)."""
    state = _State(problem)
    end = None if seconds is None else computing_time() + seconds
    exhausted = ""
    while state.waiting:
        if state.tested >= most_boxes:
            exhausted = f"the budget of {most_boxes} boxes was spent"
        elif end is not None and computing_time() > end:
            exhausted = "the time budget was spent"
        if exhausted:
            break
        state.advance(min(_CHUNK, most_boxes - state.tested))
        if progress:
            progress(state.tested, state.remaining, len(state.zeros))
    return state.result(exhausted)


class _State:
    """The subdivision so far. Boxes are numbered in the order in which they arise."""

    def __init__(self, problem: MorseProblem) -> None:
        self.problem = problem
        self.zeros: list[KnownZero] = []
        self.tested = 0
        self.waiting: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = [
            (np.zeros(1, np.int64), problem.lower[None], problem.upper[None])
        ]
        self._size = 1
        self._records: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._stuck: list[Boxes] = []
        magnitude = np.maximum(np.abs(problem.lower), np.abs(problem.upper))
        self._narrow = np.maximum(_NARROWEST * (problem.upper - problem.lower), 2.0**-48 * magnitude)

    @property
    def remaining(self) -> int:
        """How many boxes wait."""
        return sum(len(numbers) for numbers, _, _ in self.waiting)

    def advance(self, count: int) -> None:
        """Test some of the waiting boxes, the latest first."""
        numbers, lower, upper = self.waiting.pop()
        if len(numbers) > count:
            self.waiting.append((numbers[:-count], lower[:-count], upper[:-count]))
            numbers, lower, upper = numbers[-count:], lower[-count:], upper[-count:]
        self.tested += len(numbers)
        codes = np.full(len(numbers), OPEN)
        codes[covered(self.zeros, (lower, upper))] = COVERED
        left = np.flatnonzero(codes == OPEN)
        if len(left):
            self._test(numbers, (lower, upper), codes, left)
        else:
            self._record(numbers, codes, np.zeros(len(numbers), np.int64))

    def _test(self, numbers: np.ndarray, boxes: Boxes, codes: np.ndarray, left: np.ndarray) -> None:
        part = boxes[0][left], boxes[1][left]
        test = excluded(self.problem, part)
        codes[left[test.excluded]] = EXCLUDED
        if self._find(part, test):
            codes[left[covered(self.zeros, part) & ~test.excluded]] = COVERED
        width = part[1] - part[0]
        weight = test.influence + _WIDTH_SHARE * width / width.max(axis=1, keepdims=True)
        axis = np.argmax(np.where(width > self._narrow, weight, -1.0), axis=1)
        splittable = (width > self._narrow).any(axis=1)
        split = (codes[left] == OPEN) & splittable
        stuck = (codes[left] == OPEN) & ~splittable
        self._stuck.append((part[0][stuck], part[1][stuck]))
        codes[left[split]] = axis[split]
        children = np.zeros(len(numbers), np.int64)
        children[left[split]] = self._size + 2 * np.arange(int(split.sum()))
        self._record(numbers, codes, children)
        if split.any():
            fresh = np.arange(self._size, self._size + 2 * int(split.sum()))
            self._size += len(fresh)
            self.waiting.append((fresh, *halves((part[0][split], part[1][split]), axis[split])))

    def _record(self, numbers: np.ndarray, codes: np.ndarray, children: np.ndarray) -> None:
        self._records.append((numbers, codes, children))

    def _find(self, boxes: Boxes, test: Exclusion) -> bool:
        """Looks for critical points where the linear parts have zeros; whether a new one was proved."""
        near = (np.abs(test.root) < _NEAR).all(axis=1) & (test.defect < _SMALL_DEFECT) & ~test.excluded
        before = len(self.zeros)
        trials = 0
        for k in np.flatnonzero(near):
            middle, half = (boxes[0][k] + boxes[1][k]) / 2, (boxes[1][k] - boxes[0][k]) / 2
            start = middle + half * test.root[k]
            if trials >= _MOST_TRIALS or any(np.abs(start - z.point).max() < z.radius for z in self.zeros):
                continue
            trials += 1
            found = self._polished(start)
            if found is not None and is_new(self.zeros, found):
                self.zeros.append(found)
        return len(self.zeros) > before

    def _polished(self, start: np.ndarray) -> KnownZero | None:
        """A proved critical point near the start; one that is enclosed coarsely is the start of another try."""
        found = find_zero(self.problem.zeros, start)
        for _ in range(_MOST_POLISHINGS):
            if found is None or found.box.rad.max() <= _FINE * max(1.0, np.abs(found.point).max()):
                break
            again = find_zero(self.problem.zeros, found.point)
            if again is None or not again.box.rad.max() < found.box.rad.max():
                break
            found = again
        return found

    def result(self, exhausted: str) -> Search:
        codes, children = np.full(self._size, OPEN), np.zeros(self._size, np.int64)
        for numbers, own, first in self._records:
            codes[numbers], children[numbers] = own, first
        parts = [*self._stuck, *((lower, upper) for _, lower, upper in self.waiting)]
        d = self.problem.dimension
        lower, upper = (np.concatenate([np.zeros((0, d)), *(part[side] for part in parts)]) for side in (0, 1))
        return Search(tuple(self.zeros), ordered(codes, children), (lower, upper), self.tested, exhausted)
