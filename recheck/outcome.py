"""What a recheck can answer: never a bare bool."""

from dataclasses import dataclass, field
from enum import Enum

VERSION = "1"


class Standing(Enum):
    """How one statement of a certificate stands after the recheck."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
    NOT_COVERED = "not covered"


class Ending(Exception):
    """What ends a recheck. Its guards raise it with a sentence, which is built even where nothing is raised."""

    @classmethod
    def when(cls, condition: object, sentence: str) -> None:
        if condition:
            raise cls(sentence)

    @classmethod
    def unless(cls, condition: object, sentence: str) -> None:
        cls.when(not condition, sentence)


class BadInput(Ending):
    """The file is no certificate: unreadable, malformed, damaged, or beyond the sizes that are read."""


class NotCovered(Ending):
    """The statement, or the only way to prove it, is outside of what this program knows."""


class Undecided(Ending):
    """A comparison, domain or kink is not decided by the balls: nothing follows about the statement."""


# Elementary operations of one recheck: some minutes of one core.
MOST_WORK = 2 * 10**9


class Work:
    """Counts elementary operations, and ends a recheck that would take too many."""

    def __init__(self, most: int = MOST_WORK) -> None:
        self.left = most

    def spend(self, amount: int) -> None:
        self.left -= amount
        NotCovered.when(self.left < 0, "the recheck needs more operations than it is given")


@dataclass
class Line:
    """One statement of the certificate: what it says, what was found, and how it stands."""

    name: str
    standing: Standing
    stated: tuple[float, float] | None = None
    own: tuple[str, str] | None = None
    sharper: float | None = None
    reason: str = ""


@dataclass
class Report:
    """The lines of a certificate, and the standing of the whole: the weakest of its lines."""

    kind: str
    verdict: str
    bits: int
    digest: str
    lines: list[Line] = field(default_factory=list)

    @property
    def standing(self) -> Standing:
        order = (Standing.CONFIRMED, Standing.NOT_COVERED, Standing.REFUSED)
        return max((line.standing for line in self.lines), key=order.index, default=Standing.NOT_COVERED)
