"""Verdicts for an optimiser given as a program: Theorem N at the proved minimum, or steps that never shrink."""

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.minimum import deterministic, optax_batches
from certify.minimum import hypotheses as requirement
from certify.minimum.existence import ExactMinimum
from certify.minimum.optax_settings import Step
from certify.minimum.preconditioned import critical_of, preconditioned_claims, weighted_curvature
from certify.statements import say
from certify.training.optimizer.counters import check_counters
from certify.training.optimizer.first_step import every_step, first_step
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.leaves import CLOCK
from certify.training.optimizer.rest import Rest, rest_of
from certify.training.optimizer.stable_curvatures import Plane, stable_on
from certify.training.optimizer.whole_map import BallFunction, WholeMap, moved_rest, read_point
from certify.verdict import Verdict
from foundation import CertificateError


def decide(
    statement: Any,
    minimum: ExactMinimum,
    claims: tuple[Claim, ...],
    witness: Mapping[str, Any],
    field: tuple[BallFunction, BallFunction] | None = None,
) -> ProofResult:
    """The verdict of Theorem N or Theorem S; what is not understood is UNDECIDED with one sentence.

    statement: a `MinimumStatement` or a `LossStatement`; of the latter only strict minima are asked for. witness: may
    hold `rest`, a point of rest away from the minimum. field: the gradient and its derivative, at strict minima.
    """
    step = Step.from_settings(statement.optimizer, statement.dimension)
    curvature = deterministic.normal_curvature(minimum)
    if not minimum.interpolating and float(curvature.smallest.lower) <= 0:
        reason, advice = say("optimizer.not-positive"), say("optimizer.train")
        return ProofResult(Verdict.UNDECIDED, say("optimizer.theorem-N"), claims, (), reason, advice)
    box = _inflated(minimum.box)
    claims = (
        *claims,
        claim("minimum.sharpness", curvature.largest.enclosure()),
        claim("minimum.smallest-curvature", curvature.smallest.enclosure()),
        *preconditioned_claims(minimum, box, step, statement.dimension),
    )
    first = requirement.of_isolation(minimum)
    if "batch_size" in statement.optimizer:
        return optax_batches.decide(
            statement, minimum, step, box, claims, lambda rest: (_fixed_points(rest, True), _memory(rest))
        )
    try:
        check_counters(step.programs, step.leaves)
    except Refused as refusal:
        return _refused(claims, first, str(refusal))
    try:
        rest = rest_of(step.programs, box, step.leaves)
    except Refused as refusal:
        point = read_point(witness.get("rest"), WholeMap.size_of(step.leaves, statement.dimension))
        alone = len(step.programs) == 1 and not step.takes_loss
        if point is not None and field is not None and alone:
            whole = WholeMap(step.programs[0], step.leaves, *field, statement.dimension)
            found = _moved(statement, whole, point, claims)
            if found.verdict is not Verdict.UNDECIDED:
                return found
            apart = _without_rest(statement, minimum, step, claims, first, str(refusal))
            return found if apart.verdict is Verdict.UNDECIDED else apart
        return _without_rest(statement, minimum, step, claims, first, str(refusal))
    given = _loss_given(statement, minimum, step)
    if rest.plane is None:
        return ProofResult(
            Verdict.STABLE, say("optimizer.theorem-stop"), claims, (first, *given, _fixed_points(rest, True))
        )
    outcome = _theorem_n(statement, minimum, claims, first, rest)
    outcome = replace(outcome, hypotheses=(*outcome.hypotheses, *given))
    if outcome.verdict is Verdict.UNDECIDED and _unstable_by_parts(step, box, minimum):
        slow = hypothesis("optimizer.slow", Status.ASSUMED, say("optimizer.octaves"))
        hypotheses = (*outcome.hypotheses, slow)
        return replace(outcome, verdict=Verdict.UNSTABLE, hypotheses=hypotheses, reason="", next_step="")
    return outcome


def _loss_given(statement: Any, minimum: ExactMinimum, step: Step) -> tuple[Hypothesis, ...]:
    """What is known of the loss at the minimum, where the optimiser takes its value."""
    if not step.takes_loss:
        return ()
    value = next(float(leaf.value) for leaf in step.leaves if leaf.kind == "loss")
    squared = minimum.interpolating and getattr(statement, "loss", None) is None
    if squared and value != 0:
        raise CertificateError(
            "the squared error vanishes at an interpolating minimum, the certificate's loss does not"
        )
    status = Status.PROVED if squared else Status.ASSUMED
    return (hypothesis("optimizer.loss", status, say("optimizer.loss-zero" if squared else "optimizer.loss-near")),)


def _unstable_by_parts(step: Step, box: Ball, minimum: ExactMinimum) -> bool:
    """Whether an eigenvalue is outside for the step counters of every octave: rates that grow with the counter."""
    if not any(leaf.kind == "clock" for leaf in step.leaves):
        return False
    low, high = (round(math.log2(end)) for end in CLOCK)
    try:
        parts = [rest_of(step.programs, box, step.leaves, (2.0**k, 2.0 ** (k + 1))) for k in range(low, high)]
    except Refused:
        return False
    return all(
        part.plane is not None and _outside(part.plane, weighted_curvature(minimum, part.weights).largest)
        for part in parts
    )


def _moved(
    statement: Any, whole: WholeMap, point: tuple[np.ndarray, np.ndarray], claims: tuple[Claim, ...]
) -> ProofResult:
    """The optimiser rests next to the minimum, where its own decay balances the gradient."""
    theorem = say("strict-minimum.indirect")
    try:
        found = moved_rest(whole, *point)
    except Refused as refusal:
        reason, advice = say("optimizer.refused", detail=str(refusal)), say("optimizer.simulate")
        return ProofResult(Verdict.UNDECIDED, theorem, claims, (), reason, advice)
    start = Ball.exact(statement.params)
    away = frobenius_norm_bound((found.params - start).reshape(1, -1))
    claims = (
        *claims,
        claim("optimizer.rest-distance", Enclosure(0.0, float(away))),
        claim("optimizer.spectral-radius", found.radius),
    )
    first = (hypothesis("optimizer.rest", Status.PROVED, say("optimizer.contraction")), requirement.smooth(""))
    if found.radius.upper < 1:
        return ProofResult(Verdict.STABLE, theorem, claims, first)
    if found.radius.lower > 1:
        return ProofResult(Verdict.UNSTABLE, theorem, claims, first)
    reason = say("strict-minimum.not-separated", enclosure=found.radius)
    return ProofResult(Verdict.UNDECIDED, theorem, claims, first, reason, say("optimizer.change-rate"))


def _inflated(box: Ball) -> Ball:
    """A box with the minimum in its interior: what holds for all its parameters holds for the minima next to it."""
    return Ball(box.mid, box.rad * (1 + 2.0**-20) + np.maximum(np.abs(box.mid), 1.0) * 2.0**-50)


def _without_rest(
    statement: Any, minimum: ExactMinimum, step: Step, claims: tuple[Claim, ...], first: Hypothesis, reason: str
) -> ProofResult:
    """Steps that do not shrink, or no theorem."""
    box = _inflated(minimum.box)
    length = every_step(step.programs[0], box, step.leaves)
    if length > 0:
        found = claim("optimizer.shortest-step", Enclosure(length, length))
        return ProofResult(Verdict.UNSTABLE, say("optimizer.theorem-S"), (*claims, found), (first,))
    length = first_step(step.programs[0], box, step.leaves, _alive(statement, minimum))
    if length > 0:
        found = claim("optimizer.first-step", Enclosure(length, length))
        return ProofResult(Verdict.UNSTABLE, say("optimizer.theorem-S-first"), (*claims, found), (first,))
    return _refused(claims, first, reason)


def _refused(claims: tuple[Claim, ...], first: Hypothesis, reason: str) -> ProofResult:
    refused, advice = say("optimizer.refused", detail=reason), say("optimizer.simulate")
    return ProofResult(Verdict.UNDECIDED, say("optimizer.theorem-N"), claims, (first,), refused, advice)


def _alive(statement: Any, minimum: ExactMinimum) -> np.ndarray:
    """The coordinates whose gradient is not zero for almost all parameters next to the minimum."""
    matrix = minimum.jacobian_at() if minimum.jacobian_at is not None else minimum.curvature
    return np.asarray((matrix.mignitude > 0).any(axis=0))


def _theorem_n(
    statement: Any, minimum: ExactMinimum, claims: tuple[Claim, ...], first: Hypothesis, rest: Rest
) -> ProofResult:
    assert rest.plane is not None
    curvature = weighted_curvature(minimum, rest.weights)
    low, high = float(curvature.smallest.lower), float(curvature.largest.upper)
    manifold = minimum.is_manifold
    critical = critical_of(rest.plane, low) if low > 0 and rest.weights is None else None
    if critical is not None:
        claims = (*claims, claim("optimizer.critical-curvature", critical[0], power=critical[1]))
    theorem = say("optimizer.theorem-A" if rest.averaged else "optimizer.theorem-N")
    hypotheses = (first, _fixed_points(rest, manifold), _memory(rest))
    if any(_outside(rest.plane, side) for side in (curvature.largest, curvature.smallest)):
        return ProofResult(Verdict.UNSTABLE, theorem, claims, hypotheses)
    if rest.given:
        reason = say("optimizer.given", detail=", ".join(rest.given))
        return ProofResult(Verdict.UNDECIDED, theorem, claims, hypotheses, reason, say("optimizer.simulate"))
    if manifold and not rest.memory_decays:
        reason, advice = say("optimizer.along"), say("optimizer.simulate")
        return ProofResult(Verdict.UNDECIDED, theorem, claims, hypotheses, reason, advice)
    if low > 0 and stable_on(rest.plane, low, high):
        return ProofResult(Verdict.STABLE, theorem, claims, hypotheses)
    reason, advice = say("optimizer.not-separated", lower=low, upper=high), say("optimizer.change-rate")
    return ProofResult(Verdict.UNDECIDED, theorem, claims, hypotheses, reason, advice)


def _outside(plane: Plane, curvature: Ball) -> bool:
    return plane.is_stable(float(curvature.lower), float(curvature.upper)) is False


def _fixed_points(rest: Rest, manifold: bool) -> Hypothesis:
    return hypothesis("optimizer.rest", Status.PROVED, say("optimizer.blind" if manifold else "optimizer.exact-zeros"))


def _memory(rest: Rest) -> Hypothesis:
    detail = ", ".join(rest.neutral)
    if rest.weights is not None:
        reason = say("optimizer.weighted-accumulators", detail=detail) if detail else say("optimizer.weighted")
    else:
        reason = say("optimizer.accumulators", detail=detail) if detail else say("optimizer.power-jets")
    return hypothesis("optimizer.differentiable", Status.PROVED, reason)
