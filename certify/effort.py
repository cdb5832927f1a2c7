"""Counts the work of a proof, and stops it where it exceeds what was allowed.

Work is counted, not timed: the counts of a proof are the same on every machine but for what rounding decides. The
places that can be made to run long by a small file charge their work before they do it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import final

from foundation import CertificateError

# Counter -> microseconds that one of its units takes on a laptop, measured with float64 balls and rounded up.
COSTS = {
    "entries": 0.2,  # an entry of a value in a program: elementary functions of balls take about this
    "products": 0.002,  # a multiplication in a matrix product; three or four real ones make a product of balls
    "steps": 10.0,  # an equation, a box, a step of an orbit: what Python itself costs
    "words": 0.02,  # an Arb operation on one 64-bit word of its precision
}
DEFAULT_BUDGET = 60.0
# What Python adds to an Arb operation, in words: on numbers of few words it takes a fifth of a microsecond.
_ARB_OVERHEAD = 8


class EffortExceeded(CertificateError):
    """A proof needs more work than was allowed."""


@final
@dataclass
class Effort:
    """What was counted so far; `budget` in units that a laptop does in about a second, None: no bound.

    outer: the surrounding count, which counts along.
    """

    budget: float | None = None
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COSTS, 0))
    spent: float = 0.0
    outer: "Effort | None" = None

    def charge(self, counter: str, count: int) -> None:
        """Count `count` units; raises `EffortExceeded` beyond the budget, or beyond that of a surrounding count."""
        if self.outer is not None:
            self.outer.charge(counter, count)
        self.counts[counter] += count
        self.spent += COSTS[counter] * count * 1e-6
        if self.budget is not None and not self.spent <= self.budget:
            raise EffortExceeded(
                f"the proof needs more work than the {self.budget:.4g} units allowed (a laptop does one in about a "
                "second); pass a larger budget"
            )


_current: ContextVar[Effort | None] = ContextVar("effort", default=None)


@contextmanager
def counting(budget: float | None = None) -> Iterator[Effort]:
    """Counts the work done inside, against the budget and that of the surrounding count."""
    effort = Effort(budget, outer=_current.get())
    token = _current.set(effort)
    try:
        yield effort
    finally:
        _current.reset(token)


def charge(counter: str, count: int) -> None:
    """Count work about to be done; free of cost where nobody counts."""
    effort = _current.get()
    if effort is not None:
        effort.charge(counter, count)


def charge_arb(operations: int, bits: int) -> None:
    """Count Arb operations about to be done at a working precision of so many bits."""
    charge("words", int(operations) * (_ARB_OVERHEAD + -(-int(bits) // 64)))


def work_of(counts: dict[str, int]) -> float:
    """The counted work in units of about a second."""
    return sum(COSTS[counter] * count for counter, count in counts.items()) * 1e-6
