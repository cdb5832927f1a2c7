"""Verdicts for SGD at a proved interpolating minimum, through the Lyapunov exponent of its linearised updates."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim
from certify.enclosure import Enclosure
from certify.linear_algebra import extreme_eigenvalues
from certify.linear_algebra.inverse import is_nonsingular
from certify.lyapunov.families.family import Family
from certify.lyapunov.families.sgd_family import SGDFamily, avoids, is_connected
from certify.lyapunov.norms.second_moment import mean_square_verdict, prove_second_moment
from certify.lyapunov.prove import AnyFamily
from certify.lyapunov.statement import exponent_claims, read_proofs, sign_verdict
from certify.minimum import deterministic
from certify.minimum import hypotheses as requirement
from certify.minimum.companion import companion, spectral_radius
from certify.minimum.existence import ExactMinimum
from certify.minimum.linearised import has_momentum, linearised_family
from certify.minimum.momentum_batches import norm_claims
from certify.minimum.non_singular import batches_are_non_singular
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.statements import say
from certify.verdict import Verdict


def decide(
    statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> ProofResult:
    """The sign of the exponent, Theorem B where it applies, and beside it the other notions of stability."""
    family = linearised_family(statement, minimum)
    found, exponent = _exponent(statement, minimum, family, witness)
    claims = (*claims, *found, *gradient_descent_claims(statement, minimum))
    sign = sign_verdict(exponent)
    requirements = _hypotheses(statement, family, sign)
    outcome = ProofResult(sign, say("minimum.theorem-B"), claims, requirements)
    if sign is Verdict.UNDECIDED:
        if exponent.lower == 0 == exponent.upper:
            return replace(outcome, reason=say("exponent.zero"), next_step=say("exponent.beyond-linear"))
        reason = say("minimum.sign-undecided", enclosure=exponent)
        return replace(outcome, reason=reason, next_step=say("minimum.more-budget"))
    return _refused_by_theorem(deterministic.without_null_sets(outcome) if sign is Verdict.UNSTABLE else outcome)


def _exponent(
    statement: MinimumStatement, minimum: ExactMinimum, family: AnyFamily | None, witness: Mapping[str, Any]
) -> tuple[tuple[Claim, ...], Enclosure]:
    """The enclosure of the exponent with the claims about it, those of the mean square among them. With momentum the
    norms that need no list of batches are asked where the list does not decide."""
    if family is None:
        return norm_claims(statement, minimum, witness)
    found, exponent = exponent_claims(family, read_proofs(witness))
    found = (*found, *_second_moment(family, witness))
    if has_momentum(statement) and sign_verdict(exponent) is Verdict.UNDECIDED:
        by_norm, total = norm_claims(statement, minimum, {})
        if sign_verdict(total) is not Verdict.UNDECIDED:
            return (*by_norm, *found[1:]), total
    return found, exponent


def _refused_by_theorem(outcome: ProofResult) -> ProofResult:
    """Theorem B says nothing about a positive exponent at a minimum that is not proved to be regular."""
    broken = next((h for h in outcome.hypotheses if h.status is Status.UNDECIDED), None)
    if broken is None:
        return outcome
    exponent = next(claim.enclosure for claim in outcome.claims if claim.name == "lyapunov_exponent")
    return replace(
        outcome,
        verdict=Verdict.UNDECIDED,
        reason=say("minimum.must-be-regular", enclosure=exponent, detail=str(broken.reason)),
        next_step=say("minimum.change-data"),
    )


def _second_moment(family: AnyFamily, witness: Mapping[str, Any]) -> tuple[Claim, ...]:
    """Lambda(2) for families that are small enough to be listed, from the stored metric."""
    stored = witness.get("second_moment")
    listed = family.explicit() if isinstance(family, SGDFamily) else family
    if stored is None or listed is None:
        return ()
    growth = prove_second_moment(listed, stored)
    verdict = mean_square_verdict(growth).value
    return (claim("minimum.second-moment", growth, verdict=verdict),)


def gradient_descent_claims(statement: MinimumStatement, minimum: ExactMinimum) -> tuple[Claim, ...]:
    """What gradient descent with the same learning rate does."""
    settings = {"name": "gradient-descent", "learning_rate": statement.optimizer["learning_rate"]}
    rule, curvature = companion(settings), deterministic.normal_curvature(minimum)
    radius = spectral_radius(rule, curvature.smallest, curvature.largest)
    verdict = deterministic.verdict_of(rule, curvature).value
    critical = rule.critical_curvature * setting(settings, "learning_rate") / curvature.largest
    return (
        claim("minimum.sharpness", curvature.largest.enclosure()),
        claim("minimum.smallest-curvature", curvature.smallest.enclosure()),
        claim("minimum.gradient-descent-spectral-radius", radius.enclosure(), verdict=verdict),
        claim("minimum.gradient-descent-critical-learning-rate", critical.enclosure()),
    )


def _hypotheses(statement: MinimumStatement, family: AnyFamily | None, sign: Verdict) -> tuple[Hypothesis, ...]:
    return (
        requirement.smooth(""),
        requirement.independent_gradients(),
        requirement.initial_density(),
        batches_are_non_singular(statement, isinstance(family, SGDFamily) and all_invertible(family)),
        requirement.independent_batches(int(statement.optimizer["batch_size"])),
        _regular(family, sign),
        *_extension(statement, family),
    )


def all_invertible(family: SGDFamily) -> bool:
    """Whether det A_S != 0 is proved at the minimum for every batch."""
    if family.batch_size == 1 and family.outputs == 1:
        return avoids(family, 1) is True
    # det A_S = det(I - (eta/B) K_SS), and the eigenvalues of K_SS are at most those of K
    largest = extreme_eigenvalues(family.gram)[1].upper
    if float((family.step * Ball.exact(largest)).upper) < 1:
        return True
    if math.comb(family.examples, family.batch_size) > _LISTED:
        return False
    explicit = family.explicit()
    if explicit is None:
        return False
    return all(is_nonsingular(explicit.matrices[k]) is Verdict.PROVED for k in range(explicit.count))


_LISTED = 2000


def _regular(family: AnyFamily | None, sign: Verdict) -> Hypothesis:
    """Regularity in the sense of Definition 2.2 of the paper; for batches: only connectedness has a meaning.

    A negative exponent needs none of it (our proof, in place of a lemma that inverts matrices): for delta > 0,
    (1/n) E log(|A_n .. A_1| + delta) is continuous in the matrices, and as delta decreases to 0 it decreases to
    (1/n) E log |A_n .. A_1| by monotone convergence, also where that is -inf. So one n and one delta give a negative
    value at the minimum, hence on a neighbourhood of it: the infimum over n and delta is upper semicontinuous.
    """
    if sign is not Verdict.UNSTABLE:
        return requirement.regular_minimum(Status.NOT_NEEDED, say("minimum.semicontinuous"))
    if family is None or isinstance(family, Family) or family.batch_size > 1 or family.outputs > 1:
        return requirement.regular_minimum(Status.ASSUMED, say("minimum.regular-scalar-only"))
    answers = {"eta-K-1": avoids(family, 1), "eta-K-2": avoids(family, 2), "disconnected": is_connected(family)}
    broken = [name for name, answer in answers.items() if answer is False]
    if broken:
        return requirement.regular_minimum(Status.UNDECIDED, say("minimum.irregular", what=broken[:1]))
    if all(answers.values()):
        return requirement.regular_minimum(Status.PROVED, say("minimum.separated"))
    # balls are narrow: what they leave open is most likely true
    doubtful = [name for name, answer in answers.items() if not answer]
    return requirement.regular_minimum(Status.UNDECIDED, say("minimum.regularity-open", what=doubtful))


def _extension(statement: MinimumStatement, family: AnyFamily | None) -> tuple[Hypothesis, ...]:
    """What goes beyond the published theorem is assumed, and says so."""
    settings = statement.optimizer
    parts = []
    if int(settings["batch_size"]) > 1:
        parts.append("batches")
    if statement.targets.shape[1] > 1:
        parts.append("outputs")
    if not isinstance(family, SGDFamily):
        parts.append("momentum")
    if not parts:
        return ()
    return (requirement.published_extension(tuple(parts)),)
