"""What a proof answers: never a bare bool."""

from enum import Enum
from typing import final


@final
class Verdict(Enum):
    """STABLE, UNSTABLE, UNDECIDED for systems; PROVED, REFUTED, UNDECIDED for claims.

    A verdict has no truth value: `if verdict:` raises, because UNDECIDED is neither yes nor no.
    """

    STABLE = "stable"
    UNSTABLE = "unstable"
    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"

    def __bool__(self) -> bool:
        raise TypeError(f"{self} has no truth value; compare it with Verdict.PROVED, Verdict.STABLE, ...")
