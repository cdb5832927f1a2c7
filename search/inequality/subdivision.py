"""Branch and bound: a box is divided until every part passes a test, or a budget is spent."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np

from certify.morse.partition import EXCLUDED, OPEN, Boxes, halves, ordered
from foundation.computing_time import computing_time

Weighed: TypeAlias = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]
"""(lower, upper) (N, d) -> (which boxes pass (N,), how much each direction contributes to what is open (N, d))."""

_CHUNK = 2048
# Boxes narrower than this, relative to the whole, are not divided any further.
_NARROWEST = 2.0**-40
# After so many boxes a dive asks once whether there is a place where no subdivision helps.
_DIVE_AFTER, _DIVERS, _APART = 256, 4, 2.0**-20
# A share of the width in the choice of the direction: a direction that seems not to matter is halved at last too.
_WIDTH_SHARE = 0.1


@final
@dataclass(frozen=True, eq=False)
class Division:
    """codes: the subdivision, for `certify.morse.partition`. open: the boxes that do not pass. boxes: how many were
    tested. exhausted: "boxes", "time" or "narrow"; "" when nothing is open.
    """

    codes: np.ndarray
    open: Boxes
    boxes: int
    exhausted: str


def divided(
    test: Weighed,
    lower: np.ndarray,
    upper: np.ndarray,
    *,
    most_boxes: int,
    seconds: float,
    most_narrow: int = 64,
    hopeless: Callable[[np.ndarray, np.ndarray], bool] | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> Division:
    """Divide [lower, upper] (d,); progress: called with (boxes tested, boxes waiting).

    It ends early when `most_narrow` boxes became too narrow to be divided: the test fails at a point there; and when a
    dive to boxes that narrow ends in several places that are `hopeless`, such as those without values.
    """
    state = _State(lower, upper)
    end, exhausted = computing_time() + seconds, ""
    while state.waiting:
        if state.tested >= most_boxes:
            exhausted = "boxes"
        elif computing_time() > end:
            exhausted = "time"
        elif state.narrow >= most_narrow:
            exhausted = "narrow"
        if exhausted:
            break
        if hopeless and state.tested >= _DIVE_AFTER:
            if state.dive(test, hopeless):
                exhausted = "narrow"
                break
            hopeless = None
        state.advance(test, min(_CHUNK, most_boxes - state.tested))
        if progress:
            progress(state.tested, sum(len(numbers) for numbers, _, _ in state.waiting))
    return state.result(exhausted or ("narrow" if state.narrow else ""))


class _State:
    """The subdivision so far; boxes are numbered in the order in which they arise."""

    def __init__(self, lower: np.ndarray, upper: np.ndarray) -> None:
        self.waiting: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = [
            (np.zeros(1, np.int64), lower[None], upper[None])
        ]
        self.tested, self.narrow = 0, 0
        self._size = 1
        self._records: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._stuck: list[Boxes] = []
        self._root, self._whole = (lower[None], upper[None]), upper - lower
        self._least = np.maximum(_NARROWEST * self._whole, 2.0**-48 * np.maximum(np.abs(lower), np.abs(upper)))

    def advance(self, test: Weighed, count: int) -> None:
        """Test some of the waiting boxes, the latest first."""
        numbers, lower, upper = self.waiting.pop()
        if len(numbers) > count:
            self.waiting.append((numbers[:-count], lower[:-count], upper[:-count]))
            numbers, lower, upper = numbers[-count:], lower[-count:], upper[-count:]
        self.tested += len(numbers)
        passed, influence = test(lower, upper)
        codes, children = np.where(passed, EXCLUDED, OPEN), np.zeros(len(numbers), np.int64)
        width = upper - lower
        share = width / self._whole
        with np.errstate(all="ignore"):
            weight = influence / influence.max(axis=1, keepdims=True)
            weight = np.where(np.isfinite(weight), weight, 0.0) + _WIDTH_SHARE * share / share.max(
                axis=1, keepdims=True
            )
        weight = np.where(width > self._least, weight, -1.0)
        axis, divisible = np.argmax(weight, axis=1), (width > self._least).any(axis=1)
        split, stuck = ~passed & divisible, ~passed & ~divisible
        self._stuck.append((lower[stuck], upper[stuck]))
        self.narrow += int(stuck.sum())
        codes[split] = axis[split]
        children[split] = self._size + 2 * np.arange(int(split.sum()))
        self._records.append((numbers, codes, children))
        if split.any():
            fresh = np.arange(self._size, self._size + 2 * int(split.sum()))
            self._size += len(fresh)
            self.waiting.append((fresh, *halves((lower[split], upper[split]), axis[split])))

    def dive(self, test: Weighed, hopeless: Callable[[np.ndarray, np.ndarray], bool]) -> bool:
        """Whether a few boxes, halved again and again where the test fails, end in narrow hopeless ones far apart."""
        (low, high), found = self._root, []
        while len(low):
            failing = np.flatnonzero(~test(low, high)[0])
            kept = failing[np.linspace(0, len(failing) - 1, min(len(failing), _DIVERS)).astype(int)]
            low, high = low[kept], high[kept]
            width = high - low
            share = np.where(width > self._least, width / self._whole, 0.0)
            narrow = ~share.any(axis=1)
            found += [low[k] for k in np.flatnonzero(narrow) if hopeless(low[k : k + 1], high[k : k + 1])]
            low, high = halves((low[~narrow], high[~narrow]), np.argmax(share[~narrow], axis=1))
        # a single place is closed in on by the search itself
        return bool(found) and bool((np.ptp(np.stack(found), axis=0) > _APART * self._whole).any())

    def result(self, exhausted: str) -> Division:
        codes, children = np.full(self._size, OPEN), np.zeros(self._size, np.int64)
        for numbers, own, first in self._records:
            codes[numbers], children[numbers] = own, first
        parts = [*self._stuck, *((lower, upper) for _, lower, upper in self.waiting)]
        low, high = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
        return Division(ordered(codes, children), (low, high), self.tested, exhausted)
