"""A derivation: ordered steps, each a sentence with a formula, a reason, a reference and a machine check."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, is_dataclass, replace
from typing import final

import sympy

from foundation import InputError, Shown, Summary
from symbolic.checks import Check, Definition, proves_something
from symbolic.outcome import CheckResult, Outcome, failed

_MOST_STEPS = 5


@final
@dataclass(frozen=True)
class Step:
    """One step of a derivation.

    `statement` is a full sentence; `expression` the formula displayed with it (left out, it is the claim of the
    check); `reason` says why the statement holds; `reference` names the source; `check` decides the formula anew.
    """

    statement: str
    expression: sympy.Basic | None = None
    reason: str = ""
    reference: str = ""
    check: Check | None = None

    def __post_init__(self) -> None:
        if self.check is None:
            raise InputError(f"the step {self.statement!r} has no check; give it one of the kinds in symbolic.checks")
        if _holds_text(self.check):
            raise InputError(f"the check of {self.statement!r} holds text; pass SymPy expressions")
        if self.expression is None:
            object.__setattr__(self, "expression", self.check.claim)


def _holds_text(value: object) -> bool:
    if isinstance(value, tuple):
        return any(_holds_text(entry) for entry in value)
    if is_dataclass(value) and not isinstance(value, type):
        return any(_holds_text(getattr(value, field.name)) for field in fields(value) if field.name != "relation")
    return isinstance(value, str)


@final
@dataclass(frozen=True)
class StepResult:
    """A step together with the outcome of its check."""

    step: Step
    outcome: Outcome
    reason: str
    asserts: bool = True

    @property
    def is_proof(self) -> bool:
        """Whether a pass shows something: a definition, and an equation between equal writings, carry no tick."""
        return self.outcome is not Outcome.PASSED or self.asserts

    @property
    def failed(self) -> bool:
        """Whether the check refuted the step."""
        return self.outcome is Outcome.FAILED


@final
@dataclass(frozen=True, repr=False)
class Derivation(Shown):
    """A titled sequence of steps; `symbols` are pairs (symbol, its meaning in words)."""

    title: str
    symbols: tuple[tuple[sympy.Basic, str], ...]
    steps: tuple[Step, ...]

    def _summary(self) -> Summary:
        """Nothing is decided for it: `verify` does that."""
        numbered = tuple((f"step {number}", step.statement) for number, step in enumerate(self.steps, start=1))
        rest = len(numbered) - _MOST_STEPS
        told = (*numbered[:_MOST_STEPS], *((("", f"and {rest} more in .steps"),) if rest > 0 else ()))
        symbols = (("symbols", ", ".join(str(symbol) for symbol, _ in self.symbols)),) if self.symbols else ()
        how = ("checked by", ".verify(), which decides every step anew; sp.document(...) shows them with the formulas")
        return Summary(self.title, f"{len(self.steps)} steps", (*symbols, *told, how))

    def verify(self) -> list[StepResult]:
        """Every step decided anew, in order; nothing is remembered between two calls.

        PASSED: the displayed formula is the claim of the check, and exact arithmetic shows it. Theorems that are cited
        in a step's reason are not proved here: the check covers their hypotheses as displayed.
        """
        definitions: dict[sympy.Basic, sympy.Basic] = {}
        results = []
        for step in self.steps:
            result = _verify_step(step, definitions)
            asserts = step.check is not None and proves_something(step.check, definitions)
            results.append(StepResult(step, result.outcome, result.reason, asserts))
            if isinstance(step.check, Definition):
                definitions[step.check.name] = step.check.value
        return results

    def then(self, steps: Iterable[Step]) -> "Derivation":
        """The same derivation with more steps at its end."""
        return replace(self, steps=(*self.steps, *steps))


def all_passed(results: Iterable[StepResult]) -> bool:
    """Whether there is a result and every one is PASSED."""
    outcomes = [result.outcome for result in results]
    return bool(outcomes) and all(outcome is Outcome.PASSED for outcome in outcomes)


def _verify_step(step: Step, definitions: dict[sympy.Basic, sympy.Basic]) -> CheckResult:
    assert step.check is not None
    if step.expression != step.check.claim:
        return failed("the displayed formula is not the one that the check proves")
    return step.check.verify(definitions)
