"""How many tuples of layer widths are non-augmented, augmented, or have a bottleneck: exact counts and the proof."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import comb
from typing import final

import sympy

from symbolic.checks import AllOf, Equal, Implied
from symbolic.derivation import Derivation, Step

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, section 2.1"


@final
@dataclass(frozen=True)
class WidthCounts:
    """Numbers of width tuples of each type."""

    non_augmented: int
    augmented: int
    bottleneck: int

    @property
    def total(self) -> int:
        return self.non_augmented + self.augmented + self.bottleneck


def count_by_binomials(
    depths: Iterable[int], inputs: Iterable[int], outputs: Iterable[int], widest: int
) -> WidthCounts:
    """Tuples (d_0, ..., d_L) with L in `depths`, d_0 in `inputs`, d_L in `outputs` and hidden widths 1, ..., widest."""
    ends = [(a, b) for a in inputs for b in outputs]
    falling = augmented = total = 0
    for depth in depths:
        for a, b in ends:
            falling += _falling(depth, a, b)
            augmented += sum(_rising_then_falling(depth, a, b, m, p) for m in range(a + 1, widest + 1)
                             for p in range(1, depth + 1))  # fmt: skip
            total += widest ** (depth - 1)
    return WidthCounts(falling, augmented, total - falling - augmented)


def _falling(steps: int, start: int, end: int) -> int:
    """Weakly decreasing tuples start = d_0 >= ... >= d_steps = end: the fall is shared out among the steps."""
    if steps == 0:
        return int(start == end)
    return comb(steps - 1 + start - end, steps - 1) if start >= end else 0


def _rising_then_falling(depth: int, start: int, end: int, largest: int, place: int) -> int:
    """The maximum is `largest` > start, first reached at `place`; before it at most largest - 1, weakly increasing."""
    before = comb(place - 1 + largest - 1 - start, place - 1)
    return before * _falling(depth - place, largest, end)


def count_by_rises(depths: Iterable[int], inputs: Sequence[int], outputs: Sequence[int], widest: int) -> WidthCounts:
    """The same by a walk over the layers that remembers only the width and the order of rises and falls so far."""
    totals = dict.fromkeys(_TYPES, 0)
    for depth in depths:
        states = dict.fromkeys(((a, "level") for a in inputs), 1)
        for layer in range(1, depth + 1):
            following: dict[tuple[int, str], int] = {}
            for (width, seen), number in states.items():
                for new in outputs if layer == depth else range(1, widest + 1):
                    key = (new, _AFTER[seen].get((new > width) - (new < width), seen))
                    following[key] = following.get(key, 0) + number
            states = following
        for (_, seen), number in states.items():
            totals[seen] += number
    non_augmented, augmented = (sum(totals[k] for k in totals if _TYPES[k] == name) for name in ("N", "A"))
    return WidthCounts(non_augmented, augmented, totals["rise after fall"])


_TYPES = {"level": "N", "fall": "N", "rise": "A", "rise, then fall": "A", "rise after fall": "B"}
# what a step up (+1) or down (-1) makes of what was seen before
_AFTER: dict[str, dict[int, str]] = {
    "level": {1: "rise", -1: "fall"},
    "fall": {1: "rise after fall"},
    "rise": {-1: "rise, then fall"},
    "rise, then fall": {1: "rise after fall"},
    "rise after fall": {},
}


def derive_width_types(
    depths: Sequence[int], inputs: int, outputs: int, widest: int, counts: WidthCounts
) -> Derivation:
    """The three types exclude each other and leave no tuple over; the counts add up to all tuples.

    inputs, outputs: how many values the first and the last width may take.
    """
    i, low, j = sympy.symbols("d_i d_B d_j", real=True)
    before, after, previous, following = sympy.symbols("d_p d_p' d_q d_q'", real=True)
    top, first, middle = sympy.symbols("d_m d_0 d_l", real=True)
    depth = sympy.Symbol("L", integer=True, positive=True)
    hidden = sympy.Sum(sympy.Integer(widest) ** (depth - 1), (depth, min(depths), max(depths)))
    every = sympy.Mul(sympy.Integer(inputs * outputs), hidden, evaluate=False)
    steps = (
        Step(
            "A fall followed later by a rise makes a bottleneck: take the narrowest layer B from the end p' of the "
            "fall to the start q of the rise.",
            reason="The narrowest layer is at most as wide as the layers p' and q.",
            check=Implied(
                sympy.And(before > after, previous < following, low <= after, low <= previous),
                sympy.And(before > low, low < following),
            ),
        ),
        Step(
            "Conversely a bottleneck i < B < j has a fall between i and B and a rise between B and j: without a fall "
            "the widths from i to B would increase weakly, without a rise those from B to j would decrease weakly.",
            reason="Transitivity, step by step; the displayed implications are one step each.",
            check=AllOf(
                (
                    Implied(sympy.And(i <= middle, middle <= low), i <= low),
                    Implied(sympy.And(low >= middle, middle >= j), low >= j),
                )
            ),
        ),
        Step(
            "Hence a tuple has a bottleneck iff a rise comes after a fall. Without any rise it is non-augmented, and "
            "it has neither a bottleneck nor a layer wider than the first.",
            reason="Weakly decreasing widths: d_0 >= d_m for every m.",
            reference=_PAPER,
            check=Implied(sympy.And(first >= middle, middle >= top), first >= top),
        ),
        Step(
            "With a rise, but none after a fall, the widths increase weakly up to the first of the widest layers m and "
            "decrease weakly after it, and d_m > d_0: the tuple is augmented. Conversely an augmented tuple has a "
            "rise, and none after a fall. So every tuple is of exactly one type.",
            reason="The first layer of maximal width is not the input, since something rises; a rise gives d_m > d_0.",
            reference=_PAPER,
            check=Implied(sympy.And(first <= before, before < after, after <= top), top > first),
        ),
        Step(
            "The three numbers for the chosen widths add up to the number of all tuples.",
            reason="Summation of the geometric series.",
            check=Equal(sympy.Integer(counts.total), every),
        ),
    )
    symbols = ((low, "width of the bottleneck"), (top, "largest width"), (first, "input width"), (depth, "depth"))
    return Derivation("Every tuple of layer widths is of exactly one type", symbols, steps)
