"""The hypotheses of the stability theorems: one small function for each, with its parameters."""

from dataclasses import replace
from typing import TYPE_CHECKING

from certify.certificate.model import Hypothesis, ProofResult, Status, hypothesis
from certify.statements import say

if TYPE_CHECKING:
    from certify.minimum.existence import ExactMinimum


def independent_gradients() -> Hypothesis:
    """H1, which the proof of existence has shown."""
    return hypothesis("minimum.H1-independent", Status.PROVED, say("minimum.onto"))


def naming_arithmetic(outcome: ProofResult, minimum: "ExactMinimum") -> ProofResult:
    """The outcome with what existence took named beside H1: more than float64 balls, or examples that count once."""
    extended, copies = minimum.extended, minimum.copies
    if extended is not None:
        facts = {"arithmetic": extended.arithmetic, "bits": extended.bits, "terms": len(extended.terms)}
        how = say("minimum.onto-extended-single" if copies else "minimum.onto-extended", **facts, **_copies(copies))
    elif copies:
        how = say("minimum.onto-single", **_copies(copies))
    else:
        return outcome
    named = [replace(h, reason=how) if h.reason == say("minimum.onto") else h for h in outcome.hypotheses]
    return replace(outcome, hypotheses=tuple(named))


def _copies(copies: int) -> dict[str, int]:
    return {"copies": copies} if copies else {}


def no_interpolation(first: int, second: int) -> Hypothesis:
    """Two examples that agree in their inputs alone."""
    return hypothesis("minimum.interpolation", Status.REFUTED, say("minimum.contradiction", first=first, second=second))


def strict_minimum() -> Hypothesis:
    """H1 for strict minima."""
    return hypothesis("minimum.H1-strict", Status.PROVED, say("minimum.definite"))


def definite_across_orbit() -> Hypothesis:
    """H1 for minima modulo symmetries."""
    return hypothesis("symmetric-minimum.H1-orbit", Status.PROVED, say("symmetric-minimum.definite"))


def of_isolation(minimum: "ExactMinimum") -> Hypothesis:
    """H1 as the kind of minimum has it."""
    if minimum.interpolating:
        return independent_gradients()
    return definite_across_orbit() if minimum.orbit else strict_minimum()


def initial_density() -> Hypothesis:
    """H2, which only the user can know."""
    return hypothesis("minimum.H2", Status.ASSUMED, say("minimum.initialisation"))


def smooth(obstacle: str) -> Hypothesis:
    """The network is analytic, hence C2, around the exact minimum; `obstacle`: what stands against it, or ""."""
    if obstacle:
        return hypothesis("minimum.smooth", Status.UNDECIDED, say("minimum.kink", detail=obstacle))
    return hypothesis("minimum.smooth", Status.PROVED, say("minimum.analytic-near"))


def non_singular(status: Status, update: str, reason: str) -> Hypothesis:
    """H3 about the whole state map: parameters and memory together, for every batch, on all of R^D."""
    return hypothesis("minimum.H3", status, reason, update=update)


def companion_extension(adam: bool) -> Hypothesis:
    """H4: what goes beyond the theorem for gradient descent."""
    why = say("minimum.published-for-descent-adam" if adam else "minimum.published-for-descent")
    return hypothesis("minimum.H4", Status.ASSUMED, why)


def independent_batches(batch_size: int) -> Hypothesis:
    """How the batches are drawn, which only the user can know."""
    return hypothesis("minimum.sampling", Status.ASSUMED, say("minimum.loader"), batch=batch_size)


def shuffled_batches() -> Hypothesis:
    """How epochs are shuffled, which only the user can know."""
    return hypothesis("sampling.shuffling", Status.ASSUMED, say("sampling.loader"))


def published_extension(parts: tuple[str, ...]) -> Hypothesis:
    """What goes beyond the published Theorem B."""
    return hypothesis("minimum.extension", Status.ASSUMED, say("minimum.published-for-scalars"), parts=list(parts))


def regular_minimum(status: Status, reason: str) -> Hypothesis:
    """Regularity in the sense of Definition 2.2 of the paper of Theorem B."""
    return hypothesis("minimum.regular", status, reason)
