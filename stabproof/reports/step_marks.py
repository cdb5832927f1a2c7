"""How the outcome of a step is shown: a tick means that something was proved, so definitions carry none."""

from symbolic import Outcome, StepResult
from symbolic.checks import is_definition

_WORDS = {Outcome.PASSED: "checked", Outcome.FAILED: "check failed", Outcome.UNDECIDED: "check undecided"}
_MARKS = {Outcome.PASSED: "good", Outcome.FAILED: "bad", Outcome.UNDECIDED: "open"}


def step_mark(result: StepResult) -> str:
    """good, bad, open, or plain for what asserts nothing."""
    return _MARKS[result.outcome] if result.is_proof else ""


def step_word(result: StepResult) -> str:
    """What the outcome is called."""
    if result.is_proof:
        return _WORDS[result.outcome]
    assert result.step.check is not None
    return "definition" if is_definition(result.step.check) else "as written"


def step_reason(result: StepResult) -> str:
    """How a check decided; nothing for what asserts nothing."""
    return result.reason if result.is_proof else ""
