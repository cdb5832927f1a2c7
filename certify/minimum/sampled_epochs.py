"""Verdicts for SGD whose data loader runs through epochs: shuffled, in a fixed order, or beside independent batches."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from certify.certificate.model import Claim, Hypothesis, Outcome, Status
from certify.enclosure import Enclosure
from certify.lyapunov.second_moment import mean_square_verdict
from certify.lyapunov.statement import UNIT, sign_verdict
from certify.minimum import deterministic, stochastic
from certify.minimum import hypotheses as requirement
from certify.minimum.existence import ExactMinimum
from certify.minimum.non_singular import batches_are_non_singular
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.training.sampling import BOTH, FIXED, IID, Epochs, epochs, fixed_order, order_free, sampling_of, shuffled
from certify.training.sampling.scheme import drops_last, order_of
from certify.verdict import Verdict

_THEOREM_SHUFFLED = (
    "Theorem B of D. Chemnitz and M. Engel, Characterizing dynamical stability of stochastic gradient descent in "
    "overparameterized learning, for the epoch maps A_(S_m) ... A_(S_1), which independent permutations make "
    "independent and identically distributed: the exponent of a step is theirs divided by m."
)
_THEOREM_FIXED = (
    "Theorem A of D. Chemnitz and M. Engel, Characterizing dynamical stability of stochastic gradient descent in "
    "overparameterized learning, for the map of one epoch, which a fixed order repeats: the minimum is stable if the "
    "spectral radius of its Jacobian on the normal space is below one, and is not if it is above one."
)
_ADVICE = "raise the budget, or change the learning rate or the batch size"


def epochs_of(statement: MinimumStatement, minimum: ExactMinimum) -> Epochs:
    """The epochs of the statement's SGD at the exact minimum."""
    settings = statement.optimizer
    momentum = setting(settings, "momentum") if "momentum" in settings else None
    return epochs(
        minimum.curvature,
        setting(settings, "learning_rate"),
        int(settings["batch_size"]),
        statement.targets.shape[1],
        drop_last=drops_last(settings),
        momentum=momentum,
    )


def decide(
    statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> Outcome:
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
) -> Outcome:
    members = epochs_of(statement, minimum)
    exponent, found = _shuffled_claims(members, witness, "")
    claims = (*claims, *found, *stochastic.gradient_descent_claims(statement, minimum))
    verdict = sign_verdict(exponent)
    outcome = Outcome(verdict, _THEOREM_SHUFFLED, claims, _shuffled_hypotheses(statement, members, verdict))
    if verdict is Verdict.UNDECIDED:
        return _undecided(outcome, "shuffled epochs", exponent)
    return deterministic.without_null_sets(outcome) if verdict is Verdict.UNSTABLE else outcome


def _shuffled_claims(members: Epochs, witness: Mapping[str, Any], prefix: str) -> tuple[Enclosure, tuple[Claim, ...]]:
    """The exponent of shuffled epochs and what belongs to it; `prefix` where another sampling stands beside it."""
    exponent, growth, engines = shuffled.prove(members, witness)
    text = f"Top Lyapunov exponent of the linearised updates under shuffled epochs (engines: {engines})."
    claims = [Claim(f"{prefix}lyapunov_exponent", text, exponent, UNIT)]
    if growth is not None:
        verdict = mean_square_verdict(growth).value
        text = f"Mean-square growth under shuffled epochs: the minimum is mean-square {verdict}."
        claims.append(Claim(f"{prefix}second_moment_exponent", text, growth, UNIT))
    if members.momentum is None and members.curvature[0] > 0:
        text = "Up to the lower end, every learning rate contracts in the norm of K, whatever the order of the batches."
        claims.append(Claim("contracting_learning_rate", text, Enclosure(order_free.critical_rate(members), math.inf)))
    return exponent, tuple(claims)


def _fixed(
    statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> Outcome:
    members = epochs_of(statement, minimum)
    order = order_of(statement.optimizer, statement.examples)
    growth = fixed_order.prove(members, order, dict(witness))
    exponent = shuffled.per_step(growth, members.steps)
    text = "Logarithm of the spectral radius of one epoch's linearised update in the given order, divided by its steps."
    claims = (
        *claims,
        Claim("lyapunov_exponent", text, exponent, UNIT),
        *stochastic.gradient_descent_claims(statement, minimum),
    )
    verdict = sign_verdict(exponent)
    outcome = Outcome(verdict, _THEOREM_FIXED, claims, _fixed_hypotheses(statement, members, order))
    if verdict is Verdict.UNDECIDED:
        return _undecided(outcome, "epochs in this order", exponent)
    return deterministic.without_null_sets(outcome) if verdict is Verdict.UNSTABLE else outcome


def _undecided(outcome: Outcome, what: str, exponent: Enclosure) -> Outcome:
    reason = f"the exponent of {what} is proved to lie in {exponent}, which does not decide its sign"
    return replace(outcome, reason=reason, next_step=_ADVICE)


def _side_by_side(
    statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> Outcome:
    """Independent batches and shuffled epochs: a verdict where both agree."""
    first = stochastic.decide(statement, minimum, claims, witness)
    members = epochs_of(statement, minimum)
    exponent, found = _shuffled_claims(members, _part(witness, "shuffled"), "shuffled_")
    second = sign_verdict(exponent)
    needed = tuple(h for h in _shuffled_hypotheses(statement, members, second) if h.name in (_EPOCHS, "shuffling"))
    theorem = f"{first.theorem} For shuffled epochs the same theorem, for the maps of whole epochs."
    outcome = Outcome(first.verdict, theorem, (*first.claims, *found), (*first.hypotheses, *needed))
    if first.verdict is second:
        return replace(outcome, reason=first.reason, next_step=first.next_step)
    shown = f"independent batches: {first.verdict.name}, shuffled epochs: {second.name} (exponent {exponent})"
    return replace(
        outcome,
        verdict=Verdict.UNDECIDED,
        reason=f"it depends on how the batches are drawn, which SGD does not say here: {shown}. {first.reason}".strip(),
        next_step='say how the data loader draws: SGD(..., sampling="shuffled"), "iid", "fixed", or an order',
    )


_EPOCHS = "epochs"


def _shuffled_hypotheses(statement: MinimumStatement, members: Epochs, verdict: Verdict) -> tuple[Hypothesis, ...]:
    text = "Theorem B holds for the epoch maps."
    if verdict is not Verdict.UNSTABLE:
        reason = (
            "The half for negative exponents rests on subadditivity and on independent, identically distributed maps."
        )
        carried = Hypothesis(_EPOCHS, text, Status.PROVED, reason)
    else:
        reason = (
            "The half for positive exponents is published for single examples drawn independently; for epoch maps it "
            "needs a minimum that is regular in their sense. The exponent itself is proved positive."
        )
        carried = Hypothesis(_EPOCHS, text, Status.ASSUMED, reason)
    return (
        requirement.smooth(""),
        requirement.independent_gradients(),
        requirement.initial_density(),
        _every_batch_invertible(statement, members),
        requirement.shuffled_batches(),
        carried,
    )


def _every_batch_invertible(statement: MinimumStatement, members: Epochs) -> Hypothesis:
    """H3 for all batches of every size that an epoch has."""
    sizes = tuple(dict.fromkeys(members.sizes))
    at_minimum = members.momentum is None and all(stochastic.all_invertible(members.independent(n)) for n in sizes)
    if len(sizes) == 1 or at_minimum or members.momentum is not None:
        return batches_are_non_singular(statement, at_minimum)
    reason = "Not every determinant, of the last and smaller batch too, could be separated from zero at the minimum."
    return requirement.non_singular(Status.ASSUMED, "the update of each batch", reason)


def _fixed_hypotheses(statement: MinimumStatement, members: Epochs, order: Any) -> tuple[Hypothesis, ...]:
    at_minimum = members.momentum is None and fixed_order.log_abs_determinant(members, order) > -math.inf
    if at_minimum or len(set(members.sizes)) == 1:
        third = batches_are_non_singular(statement, at_minimum)
    else:
        reason = "Not every batch's determinant could be separated from zero at the minimum."
        third = requirement.non_singular(Status.ASSUMED, "the update of each batch", reason)
    return (requirement.smooth(""), requirement.independent_gradients(), requirement.initial_density(), third)
