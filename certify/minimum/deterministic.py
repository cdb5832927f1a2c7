"""Verdicts for gradient descent, heavy ball, Nesterov and Adam at a proved minimum."""

from dataclasses import dataclass, replace
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim
from certify.linear_algebra.inverse import is_nonsingular
from certify.minimum import hypotheses as requirement
from certify.minimum.companion import Companion, companion, spectral_radius
from certify.minimum.existence import ExactMinimum
from certify.minimum.non_singular import update_is_non_singular
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.statements import say
from certify.verdict import Verdict


@final
@dataclass(frozen=True)
class Curvature:
    """Smallest and largest eigenvalue of the loss's Hessian on the normal space, as balls with one entry."""

    smallest: Ball
    largest: Ball


def normal_curvature(minimum: ExactMinimum) -> Curvature:
    """Enclosures from the Gram matrix (eigenvalues / N) or from the Hessian.

    The Gram matrix of an interpolating minimum is positive definite, because its gradients are independent.
    """
    smallest, largest = minimum.extremes
    low = max(smallest.lower, 0.0) if minimum.interpolating else smallest.lower
    scale = float(minimum.scale)
    return Curvature(
        Ball.from_bounds(low, smallest.upper) / scale, Ball.from_bounds(largest.lower, largest.upper) / scale
    )


def decide(statement: MinimumStatement, minimum: ExactMinimum, claims: tuple[Claim, ...]) -> ProofResult:
    """The verdict of Theorem A (manifold of minima) or of its strict version, for a deterministic optimiser."""
    rule = companion(statement.optimizer)
    curvature = normal_curvature(minimum)
    if not minimum.interpolating and float(curvature.smallest.lower) <= 0:
        return _not_positive(statement, curvature, claims)
    radius = spectral_radius(rule, curvature.smallest, curvature.largest)
    claims = (*claims, *_claims(statement, rule, curvature, radius))
    manifold = minimum.is_manifold
    verdict = verdict_of(rule, curvature)
    outcome = ProofResult(
        verdict, _theorem(statement, manifold), claims, _hypotheses(statement, minimum, rule, manifold, curvature)
    )
    if verdict is Verdict.UNDECIDED:
        return _critical(outcome)
    return without_null_sets(outcome) if verdict is Verdict.UNSTABLE else outcome


def without_null_sets(outcome: ProofResult) -> ProofResult:
    """Where the update is refuted to be non-singular, an open set of starts may land on the minimum exactly: then the
    instability half of the theorems, which alone rests on H3, says nothing.
    """
    third = next(h for h in outcome.hypotheses if h.name == "H3")
    if third.status is not Status.REFUTED:
        return outcome
    reason, advice = say("minimum.singular-update"), say("minimum.change-rate-or-memory")
    return replace(outcome, verdict=Verdict.UNDECIDED, reason=reason, next_step=advice)


def is_gradient_descent(statement: MinimumStatement) -> bool:
    """Plain full-batch descent, also as SGD with one batch that holds everything."""
    settings = statement.optimizer
    return settings["name"] == "gradient-descent" or (settings["name"] == "sgd" and not settings.get("momentum"))


def verdict_of(rule: Companion, curvature: Curvature) -> Verdict:
    """All Hessian eigenvalues on the normal space are positive; stable iff they are below the critical one."""
    if curvature.largest.upper < rule.critical_curvature.lower:
        return Verdict.STABLE
    if curvature.largest.lower > rule.critical_curvature.upper:
        return Verdict.UNSTABLE
    return Verdict.UNDECIDED


def _claims(statement: MinimumStatement, rule: Companion, curvature: Curvature, radius: Ball) -> tuple[Claim, ...]:
    critical = rule.critical_curvature * _learning_rate(statement) / curvature.largest
    return (
        claim("minimum.sharpness", curvature.largest.enclosure()),
        claim("minimum.smallest-curvature", curvature.smallest.enclosure()),
        claim("minimum.spectral-radius", radius.enclosure(), radius=rule.name, update=rule.name),
        claim("minimum.critical-learning-rate", critical.enclosure()),
    )


def _learning_rate(statement: MinimumStatement) -> Ball:
    return setting(statement.optimizer, "learning_rate")


def _theorem(statement: MinimumStatement, manifold: bool) -> str:
    place = "gradient-descent" if is_gradient_descent(statement) else "companion"
    return say("minimum.theorem-A" if manifold else "minimum.theorem-strict", setting=place)


def _hypotheses(
    statement: MinimumStatement, minimum: ExactMinimum, rule: Companion, manifold: bool, curvature: Curvature
) -> tuple[Hypothesis, ...]:
    first = requirement.independent_gradients() if manifold else requirement.strict_minimum()
    third = update_is_non_singular(statement, lambda: _is_invertible(statement, minimum, curvature), rule.name)
    found = (requirement.smooth(""), first, requirement.initial_density(), third)
    if is_gradient_descent(statement):
        return found
    return (*found, requirement.companion_extension(statement.optimizer["name"] == "adam"))


def _is_invertible(statement: MinimumStatement, minimum: ExactMinimum, curvature: Curvature) -> bool:
    """Whether I - (eta/scale) M, gradient descent's Jacobian on the normal space, is proved non-singular: it is
    positive definite below the rate 1 / sharpness.
    """
    if float((_learning_rate(statement) * curvature.largest).upper) < 1.0:
        return True
    identity = Ball.exact(np.eye(minimum.curvature.shape[0]))
    derivative = identity - minimum.curvature * (_learning_rate(statement) / float(minimum.scale))
    return is_nonsingular(derivative) is Verdict.PROVED


def _not_positive(statement: MinimumStatement, curvature: Curvature, claims: tuple[Claim, ...]) -> ProofResult:
    lower, upper = float(curvature.smallest.lower), float(curvature.smallest.upper)
    reason, advice = say("minimum.not-positive", lower=lower, upper=upper), say("minimum.train-or-remove")
    return ProofResult(Verdict.UNDECIDED, _theorem(statement, False), claims, (), reason, advice)


def _critical(outcome: ProofResult) -> ProofResult:
    shown = next(claim.enclosure for claim in outcome.claims if claim.name == "spectral_radius")
    reason, advice = say("minimum.critical", enclosure=shown), say("minimum.symbolic-or-change")
    return replace(outcome, reason=reason, next_step=advice)
