"""Verdicts for an optimiser given as a program: Theorem N at the proved minimum, or steps that never shrink."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, Outcome, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.linear_algebra import extreme_eigenvalues
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.minimum import deterministic
from certify.minimum import hypotheses as requirement
from certify.minimum.existence import ExactMinimum, symmetric_part
from certify.program import Program, evaluate, pullback
from certify.statements import say
from certify.training.optimizer.first_step import every_step, first_step
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.leaves import CLOCK, Leaf, read_leaves
from certify.training.optimizer.rest import Rest, rest_of
from certify.training.optimizer.stable_curvatures import Plane, critical_curvature, stable_on
from certify.training.optimizer.whole_map import BallFunction, WholeMap, moved_rest, read_point
from certify.verdict import Verdict
from foundation import CertificateError, InputError


@final
@dataclass(frozen=True, eq=False)
class Step:
    """programs: (params, gradient, memory...) -> (update, memory...), run in turn; one where no counter comes back.
    leaves: the memory at rest. current: as it was given."""

    programs: tuple[Program, ...]
    leaves: tuple[Leaf, ...]
    current: tuple[np.ndarray, ...]

    @staticmethod
    def from_settings(settings: Any, dimension: int) -> "Step":
        """Reads an optimiser of name "optax"; raises `CertificateError` where its parts do not fit together."""
        later = settings.get("later", [])
        programs = [settings.get("update"), *(later if isinstance(later, list) else [None])]
        if not all(isinstance(program, Program) for program in programs):
            raise CertificateError("the certificate's optimiser has no program")
        leaves = read_leaves(settings.get("memory"), dimension)
        expected = [(dimension,), (dimension,), *(leaf.value.shape for leaf in leaves)]
        for program in programs:
            if [s.shape for s in program.inputs] != expected or not all(s.is_real for s in program.inputs):
                raise CertificateError("the optimiser's program takes other arrays than its parameters and memory")
            if [s.shape for s in program.output_signatures] != expected[1:]:
                raise CertificateError("the optimiser's program gives other arrays than its update and memory")
        current = settings.get("current")
        if not isinstance(current, list) or len(current) != len(leaves):
            raise CertificateError("the optimiser's current memory does not fit")
        for array, leaf in zip(current, leaves, strict=True):
            good = isinstance(array, np.ndarray) and array.dtype == np.float64 and array.shape == leaf.value.shape
            if not good or not np.isfinite(array).all():
                raise CertificateError("the optimiser's current memory does not fit")
        return Step(tuple(programs), leaves, tuple(current))


def decide(
    statement: Any,
    minimum: ExactMinimum,
    claims: tuple[Claim, ...],
    witness: Mapping[str, Any],
    field: tuple[BallFunction, BallFunction] | None = None,
) -> Outcome:
    """The verdict of Theorem N or Theorem S; what is not understood is UNDECIDED with one sentence.

    statement: a `MinimumStatement` or a `LossStatement`; of the latter only strict minima are asked for. witness: may
    hold `rest`, a point of rest away from the minimum. field: the gradient and its derivative, at strict minima.
    """
    step = Step.from_settings(statement.optimizer, statement.dimension)
    curvature = deterministic.normal_curvature(minimum)
    if not minimum.interpolating and float(curvature.smallest.lower) <= 0:
        reason, advice = say("optimizer.not-positive"), say("optimizer.train")
        return Outcome(Verdict.UNDECIDED, say("optimizer.theorem-N"), claims, (), reason, advice)
    claims = (
        *claims,
        claim("minimum.sharpness", curvature.largest.enclosure()),
        claim("minimum.smallest-curvature", curvature.smallest.enclosure()),
        *_preconditioned(statement, minimum, step),
    )
    first = requirement.independent_gradients() if minimum.interpolating else requirement.strict_minimum()
    box = _inflated(minimum.box)
    try:
        rest = rest_of(step.programs, box, step.leaves)
    except Refused as refusal:
        point = read_point(witness.get("rest"), WholeMap.size_of(step.leaves, statement.dimension))
        if point is not None and field is not None and len(step.programs) == 1:
            return _moved(
                statement, WholeMap(step.programs[0], step.leaves, *field, statement.dimension), point, claims
            )
        return _without_rest(statement, minimum, step, claims, first, str(refusal))
    return _theorem_n(statement, minimum, claims, first, rest)


def _moved(statement: Any, whole: WholeMap, point: tuple[np.ndarray, np.ndarray], claims: tuple[Claim, ...]) -> Outcome:
    """The optimiser rests next to the minimum, where its own decay balances the gradient."""
    theorem = say("strict-minimum.indirect")
    try:
        found = moved_rest(whole, *point)
    except Refused as refusal:
        reason, advice = say("optimizer.refused", detail=str(refusal)), say("optimizer.simulate")
        return Outcome(Verdict.UNDECIDED, theorem, claims, (), reason, advice)
    start = Ball.exact(statement.params)
    away = frobenius_norm_bound((found.params - start).reshape(1, -1))
    claims = (
        *claims,
        claim("optimizer.rest-distance", Enclosure(0.0, float(away))),
        claim("optimizer.spectral-radius", found.radius),
    )
    first = (hypothesis("optimizer.rest", Status.PROVED, say("optimizer.contraction")), requirement.smooth(""))
    if found.radius.upper < 1:
        return Outcome(Verdict.STABLE, theorem, claims, first)
    if found.radius.lower > 1:
        return Outcome(Verdict.UNSTABLE, theorem, claims, first)
    reason = say("strict-minimum.not-separated", enclosure=found.radius)
    return Outcome(Verdict.UNDECIDED, theorem, claims, first, reason, say("optimizer.change-rate"))


def _inflated(box: Ball) -> Ball:
    """A box with the minimum in its interior: what holds for all its parameters holds for the minima next to it."""
    return Ball(box.mid, box.rad * (1 + 2.0**-20) + np.maximum(np.abs(box.mid), 1.0) * 2.0**-50)


def _without_rest(
    statement: Any, minimum: ExactMinimum, step: Step, claims: tuple[Claim, ...], first: Hypothesis, reason: str
) -> Outcome:
    """Steps that do not shrink, or no theorem."""
    box = _inflated(minimum.box)
    length = every_step(step.programs[0], box, step.leaves)
    if length > 0:
        found = claim("optimizer.shortest-step", Enclosure(length, length))
        return Outcome(Verdict.UNSTABLE, say("optimizer.theorem-S"), (*claims, found), (first,))
    length = first_step(step.programs[0], box, step.leaves, _alive(statement, minimum))
    if length > 0:
        found = claim("optimizer.first-step", Enclosure(length, length))
        return Outcome(Verdict.UNSTABLE, say("optimizer.theorem-S-first"), (*claims, found), (first,))
    refused = say("optimizer.refused", detail=reason)
    return Outcome(Verdict.UNDECIDED, say("optimizer.theorem-N"), claims, (first,), refused, say("optimizer.simulate"))


def _alive(statement: Any, minimum: ExactMinimum) -> np.ndarray:
    """The coordinates whose gradient is not zero for almost all parameters next to the minimum."""
    matrix = minimum.jacobian_at() if minimum.jacobian_at is not None else minimum.curvature
    return np.asarray((matrix.mignitude > 0).any(axis=0))


def _theorem_n(
    statement: Any, minimum: ExactMinimum, claims: tuple[Claim, ...], first: Hypothesis, rest: Rest
) -> Outcome:
    curvature = deterministic.normal_curvature(minimum)
    low, high = float(curvature.smallest.lower), float(curvature.largest.upper)
    manifold = minimum.is_manifold
    if low > 0:
        power = next((k for k in _REACH if rest.plane.is_stable(low * 2.0**-k, low * 2.0**-k) is True), _REACH[-1])
        stable_to, unstable_from = critical_curvature(rest.plane, low * 2.0**-power)
        if stable_to > 0:
            found = Enclosure(stable_to, max(stable_to, unstable_from))
            claims = (*claims, claim("optimizer.critical-curvature", found, power=power))
    theorem = say("optimizer.theorem-N")
    hypotheses = (first, _fixed_points(rest, manifold), _memory(rest))
    if any(_outside(rest.plane, side) for side in (curvature.largest, curvature.smallest)):
        return Outcome(Verdict.UNSTABLE, theorem, claims, hypotheses)
    if manifold and not rest.memory_decays:
        reason, advice = say("optimizer.along"), say("optimizer.simulate")
        return Outcome(Verdict.UNDECIDED, theorem, claims, hypotheses, reason, advice)
    if low > 0 and stable_on(rest.plane, low, high):
        return Outcome(Verdict.STABLE, theorem, claims, hypotheses)
    reason, advice = say("optimizer.not-separated", lower=low, upper=high), say("optimizer.change-rate")
    return Outcome(Verdict.UNDECIDED, theorem, claims, hypotheses, reason, advice)


# The stable curvatures begin at 0 in theory: they are looked for at 2^-k of the smallest one of the minimum.
_REACH = (10, 30, 60, 100)


def _outside(plane: Plane, curvature: Ball) -> bool:
    return plane.is_stable(float(curvature.lower), float(curvature.upper)) is False


def _fixed_points(rest: Rest, manifold: bool) -> Hypothesis:
    return hypothesis("optimizer.rest", Status.PROVED, say("optimizer.blind" if manifold else "optimizer.exact-zeros"))


def _memory(rest: Rest) -> Hypothesis:
    reason = (
        say("optimizer.accumulators", detail=", ".join(rest.neutral)) if rest.neutral else say("optimizer.power-jets")
    )
    return hypothesis("optimizer.differentiable", Status.PROVED, reason)


def _preconditioned(statement: Any, minimum: ExactMinimum, step: Step) -> tuple[Claim, ...]:
    """lambda_max(G^(1/2) H G^(1/2)), G the diagonal of -d update / d gradient at the memory as given."""
    gains = _gains(step, statement.dimension) if len(step.programs) == 1 else None
    if gains is None:
        return ()
    try:
        if minimum.jacobian_at is not None:
            jacobian = minimum.jacobian_at()
            matrix = symmetric_part((jacobian * gains.reshape(1, -1)) @ jacobian.T) / float(minimum.scale)
        else:
            roots = gains.sqrt()
            matrix = symmetric_part(minimum.curvature * roots.reshape(-1, 1) * roots.reshape(1, -1))
        largest = extreme_eigenvalues(matrix)[1]
    except InputError:
        return ()
    return (claim("optimizer.preconditioned-sharpness", largest),)


def _gains(step: Step, dimension: int) -> Ball | None:
    """The diagonal of -d update / d gradient, for updates where it is all there is: None where it is not positive."""
    memory = []
    for leaf, array in zip(step.leaves, step.current, strict=True):
        moment = leaf.kind == "clock"
        memory.append(
            Ball.from_bounds(np.full(array.shape, CLOCK[0]), np.full(array.shape, CLOCK[1]))
            if moment
            else Ball.exact(array)
        )
    zero = Ball.exact(np.zeros(dimension))
    cotangents = [Ball.exact(np.ones(dimension)), *(Ball.exact(np.zeros(leaf.value.shape)) for leaf in step.leaves)]
    try:
        with np.errstate(all="ignore"):
            slope = evaluate(pullback(step.programs[0], wrt=[1]), [zero, zero, *memory, *cotangents])[0]
    except InputError:
        return None
    gains = -slope
    return gains if bool((gains.lower > 0).all()) and np.isfinite(gains.rad).all() else None
