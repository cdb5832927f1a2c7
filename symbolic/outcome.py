"""What a machine check can answer, with its reason."""

from dataclasses import dataclass
from enum import Enum
from typing import final


@final
class Outcome(Enum):
    """PASSED: shown by exact arithmetic. FAILED: refuted, or not what is displayed. UNDECIDED: neither."""

    PASSED = "passed"
    FAILED = "failed"
    UNDECIDED = "undecided"

    def __bool__(self) -> bool:
        raise TypeError("an Outcome has three values and no truth value; compare it with Outcome.PASSED")


@final
@dataclass(frozen=True)
class CheckResult:
    """The outcome of one check and the sentence that explains it."""

    outcome: Outcome
    reason: str


def passed(reason: str) -> CheckResult:
    """The statement is shown; `reason` says how."""
    return CheckResult(Outcome.PASSED, reason)


def failed(reason: str) -> CheckResult:
    """The statement is false; `reason` carries the witness."""
    return CheckResult(Outcome.FAILED, reason)


def undecided(reason: str) -> CheckResult:
    """Neither shown nor refuted; `reason` says what was tried."""
    return CheckResult(Outcome.UNDECIDED, reason)


def decide(answer: bool | None, shown: str, refuted: str, unknown: str) -> CheckResult:
    """A three-valued `answer` as a result with the sentence that belongs to it."""
    if answer is None:
        return undecided(unknown)
    return passed(shown) if answer else failed(refuted)


def combine(results: list[CheckResult]) -> CheckResult:
    """All of them: failed when one failed, passed when all passed, otherwise undecided."""
    for outcome in (Outcome.FAILED, Outcome.UNDECIDED):
        hits = [result for result in results if result.outcome is outcome]
        if hits:
            return hits[0]
    return passed("; ".join(dict.fromkeys(result.reason for result in results)) or "nothing to check")
