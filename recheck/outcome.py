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
        found = {line.standing for line in self.lines}
        if Standing.REFUSED in found:
            return Standing.REFUSED
        if Standing.NOT_COVERED in found or not found:
            return Standing.NOT_COVERED
        return Standing.CONFIRMED
