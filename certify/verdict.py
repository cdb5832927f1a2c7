"""What a proof answers: never a bare bool."""

from enum import Enum
from typing import final


@final
class Verdict(Enum):
    """STABLE, UNSTABLE, UNDECIDED for systems; PROVED, REFUTED, UNDECIDED for claims.

    A verdict has no truth value: `if verdict:` raises, because UNDECIDED is neither yes nor no. Compared with text
    or a bool it raises too, because `verdict == "STABLE"` would be False for every verdict.
    """

    STABLE = "stable"
    UNSTABLE = "unstable"
    PROVED = "proved"
    REFUTED = "refuted"
    UNDECIDED = "undecided"

    def __bool__(self) -> bool:
        raise TypeError(f"{self} has no truth value; compare it with Verdict.PROVED, Verdict.STABLE, ...")

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str | bool):
            raise TypeError(f"a verdict is no {type(other).__name__}: compare {self} with {_meant(other)}")
        return self is other

    __hash__ = Enum.__hash__


def _meant(other: str | bool) -> str:
    """The verdict that was probably meant."""
    name = str(other).upper()
    return f"Verdict.{name}" if name in Verdict.__members__ else "a Verdict, such as Verdict.PROVED"
