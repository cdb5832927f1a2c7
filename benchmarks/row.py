"""One row of the table."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import final


@final
@dataclass(frozen=True)
class Row:
    """`measure(runs)` answers today's figure and what it is made of; lower is better, and `target` is to be reached.

    unit: "x" for a ratio of processor times to the peer's, else what the figure counts. heavy: left out unless it is
    asked for by name or with --all, because it takes more than a minute.
    """

    name: str
    work: str
    peer: str
    target: float | None
    measure: Callable[[int], tuple[float, str]]
    unit: str = "x"
    heavy: bool = False
