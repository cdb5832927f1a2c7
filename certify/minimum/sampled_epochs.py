"""Verdicts for SGD whose data loader runs through epochs: shuffled, in a fixed order, or beside independent batches."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.lyapunov.norms.second_moment import mean_square_verdict
from certify.lyapunov.statement import sign_verdict
from certify.minimum import deterministic, stochastic
from certify.minimum import hypotheses as requirement
from certify.minimum.existence import ExactMinimum
from certify.minimum.linearised import epochs_of
from certify.minimum.non_singular import batches_are_non_singular
from certify.minimum.statement import MinimumStatement
from certify.statements import say
from certify.training.sampling import BOTH, FIXED, IID, Epochs, fixed_order, order_free, sampling_of, shuffled
from certify.training.sampling.scheme import order_of
from certify.verdict import Verdict


def decide(
    statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> ProofResult:
    """The verdict for the sampling that the settings name."""
    scheme = sampling_of(statement.optimizer)
    if scheme == IID:
        return stochastic.decide(statement, minimum, claims, witness)
    if scheme == FIXED:
        return _fixed(statement, minimum, claims, _part(witness, "fixed"))
    if scheme == BOTH:
        return _side_by_side(statement, minimum, claims, witness)
    return _shuffled(statement, minimum, claims, _part(witness, "shuffled"))


def _part(witness: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = witness.get(name)
    return found if isinstance(found, dict) else {}


def _shuffled(
    statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> ProofResult:
    epochs = epochs_of(statement, minimum)
    exponent, found = _shuffled_claims(epochs, witness, "")
    claims = (*claims, *found, *stochastic.gradient_descent_claims(statement, minimum))
    verdict = sign_verdict(exponent)
    outcome = ProofResult(
        verdict, say("sampling.theorem-B-epochs"), claims, _shuffled_hypotheses(statement, epochs, verdict)
    )
    if verdict is Verdict.UNDECIDED:
        return _undecided(outcome, "shuffled", exponent)
    return deterministic.without_null_sets(outcome) if verdict is Verdict.UNSTABLE else outcome


def _shuffled_claims(epochs: Epochs, witness: Mapping[str, Any], beside: str) -> tuple[Enclosure, tuple[Claim, ...]]:
    """The exponent of shuffled epochs and what belongs to it; `beside` where another sampling stands there too."""
    exponent, growth, engines = shuffled.prove(epochs, witness)
    claims = [claim(f"sampling.shuffled-exponent{beside}", exponent, engines=list(engines))]
    if growth is not None:
        verdict = mean_square_verdict(growth).value
        claims.append(claim(f"sampling.shuffled-second-moment{beside}", growth, verdict=verdict))
    return exponent, (*claims, *contracting_claim(epochs))


def contracting_claim(epochs: Epochs) -> tuple[Claim, ...]:
    """Up to which learning rate no batch expands, where K > 0 is proved."""
    critical = order_free.critical_rate(epochs) if epochs.curvature[0] > 0 else 0.0
    if not critical > 0:
        return ()
    momentum = "" if epochs.momentum is None else "-with-momentum"
    return (claim(f"sampling.contracting-learning-rate{momentum}", Enclosure(critical, critical)),)


def _fixed(
    statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> ProofResult:
    epochs = epochs_of(statement, minimum)
    order = order_of(statement.optimizer, statement.examples)
    growth = fixed_order.prove(epochs, order, witness)
    exponent = shuffled.per_step(growth, epochs.steps)
    claims = (
        *claims,
        claim("sampling.fixed-exponent", exponent),
        *stochastic.gradient_descent_claims(statement, minimum),
    )
    verdict = sign_verdict(exponent)
    outcome = ProofResult(verdict, say("sampling.theorem-A-epoch"), claims, _fixed_hypotheses(statement, epochs, order))
    if verdict is Verdict.UNDECIDED:
        return _undecided(outcome, "fixed", exponent)
    return deterministic.without_null_sets(outcome) if verdict is Verdict.UNSTABLE else outcome


def _undecided(outcome: ProofResult, drawn: str, exponent: Enclosure) -> ProofResult:
    reason = say("sampling.sign-undecided", drawn=drawn, enclosure=exponent)
    return replace(outcome, reason=reason, next_step=say("sampling.more-budget"))


def _side_by_side(
    statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> ProofResult:
    """Independent batches and shuffled epochs: a verdict where both agree."""
    first = stochastic.decide(statement, minimum, claims, witness)
    epochs = epochs_of(statement, minimum)
    exponent, found = _shuffled_claims(epochs, _part(witness, "shuffled"), "-beside")
    second = sign_verdict(exponent)
    needed = tuple(h for h in _shuffled_hypotheses(statement, epochs, second) if h.name in (_EPOCHS, "shuffling"))
    theorem = say("sampling.theorem-B-both")
    outcome = ProofResult(first.verdict, theorem, (*first.claims, *found), (*first.hypotheses, *needed))
    if first.verdict is second:
        return replace(outcome, reason=first.reason, next_step=first.next_step)
    reason = say("sampling.disagree", independent=first.verdict.name, shuffled=second.name, enclosure=exponent)
    return replace(outcome, verdict=Verdict.UNDECIDED, reason=reason, next_step=say("sampling.say-how"))


_EPOCHS = "epochs"


def _shuffled_hypotheses(statement: MinimumStatement, epochs: Epochs, verdict: Verdict) -> tuple[Hypothesis, ...]:
    if verdict is not Verdict.UNSTABLE:
        carried = hypothesis("sampling.epochs", Status.PROVED, say("sampling.negative-half"))
    else:
        carried = hypothesis("sampling.epochs", Status.ASSUMED, say("sampling.positive-half"))
    return (
        requirement.smooth(""),
        requirement.independent_gradients(),
        requirement.initial_density(),
        _every_batch_invertible(statement, epochs),
        requirement.shuffled_batches(),
        carried,
    )


def _every_batch_invertible(statement: MinimumStatement, epochs: Epochs) -> Hypothesis:
    """H3 for all batches of every size that an epoch has."""
    sizes = tuple(dict.fromkeys(epochs.sizes))
    at_minimum = epochs.momentum is None and all(stochastic.all_invertible(epochs.independent(n)) for n in sizes)
    if len(sizes) == 1 or at_minimum or epochs.momentum is not None:
        return batches_are_non_singular(statement, at_minimum, sizes)
    return requirement.non_singular(Status.ASSUMED, "batch", say("sampling.last-batch-open"))


def _fixed_hypotheses(statement: MinimumStatement, epochs: Epochs, order: Any) -> tuple[Hypothesis, ...]:
    at_minimum = epochs.momentum is None and fixed_order.log_abs_determinant(epochs, order) > -math.inf
    if at_minimum or len(set(epochs.sizes)) == 1:
        third = batches_are_non_singular(statement, at_minimum, tuple(dict.fromkeys(epochs.sizes)))
    else:
        third = requirement.non_singular(Status.ASSUMED, "batch", say("sampling.last-batch-open"))
    return (requirement.smooth(""), requirement.independent_gradients(), requirement.initial_density(), third)
