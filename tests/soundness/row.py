"""What a soundness campaign is made of: rows of (routine, generator, oracle), and what an oracle reports."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np


@dataclass
class Outcome:
    """Comparisons made with the truth, those that failed (a sentence each), widths of the results, and the named
    functions that were evaluated.
    """

    checks: int = 0
    violations: list[str] = field(default_factory=list)
    widths: list[float] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)

    def demand(self, holds: bool, complaint: Callable[[], str]) -> None:
        """One comparison with the truth."""
        self.checks += 1
        if not holds:
            self.violations.append(complaint())

    def width(self, value: float) -> None:
        """A relative width of a result, for the report of tightness; infinite ones count too."""
        self.widths.append(float(value))


@dataclass(frozen=True)
class Row:
    """`generator(rng)` makes the arguments of `routine`; `oracle(rng, arguments, result)` knows the truth."""

    name: str
    routine: Callable[..., Any]
    generator: Callable[[np.random.Generator], tuple[Any, ...]]
    oracle: Callable[[np.random.Generator, tuple[Any, ...], Any], Outcome]
