"""Verdicts for an optimiser given as a program: Theorem N at the proved minimum, or steps that never shrink."""

from dataclasses import dataclass
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, Outcome, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.linear_algebra import extreme_eigenvalues
from certify.minimum import deterministic
from certify.minimum import hypotheses as requirement
from certify.minimum.existence import ExactMinimum, symmetric_part
from certify.program import Program, evaluate, pullback
from certify.statements import say
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.linearise import CLOCK, Leaf, linearise, read_leaves
from certify.training.optimizer.rest import Rest, at_rest
from certify.training.optimizer.stable_curvatures import Plane, critical_curvature, stable_on
from certify.verdict import Verdict
from foundation import CertificateError, InputError


@final
@dataclass(frozen=True, eq=False)
class Step:
    """program: (params, gradient, memory...) -> (update, memory...). leaves: the memory at rest. current: as it
    was given."""

    program: Program
    leaves: tuple[Leaf, ...]
    current: tuple[np.ndarray, ...]

    @staticmethod
    def from_settings(settings: Any, dimension: int) -> "Step":
        """Reads an optimiser of name "optax"; raises `CertificateError` where its parts do not fit together."""
        program = settings.get("update")
        if not isinstance(program, Program):
            raise CertificateError("the certificate's optimiser has no program")
        leaves = read_leaves(settings.get("memory"), dimension)
        expected = [(dimension,), (dimension,), *(leaf.value.shape for leaf in leaves)]
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
        return Step(program, leaves, tuple(current))


def decide(statement: Any, minimum: ExactMinimum, claims: tuple[Claim, ...]) -> Outcome:
    """The verdict of Theorem N or Theorem S; what is not understood is UNDECIDED with one sentence.

    statement: a `MinimumStatement` or a `LossStatement`; of the latter only strict minima are asked for.
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
    try:
        found = linearise(step.program, minimum.box, step.leaves)
        if found.update.order == 0 and found.update.jump > 0:
            return _leaving(claims, first, found.update.jump)
        rest = at_rest(found, step.leaves)
    except Refused as refusal:
        reason = say("optimizer.refused", detail=str(refusal))
        return Outcome(
            Verdict.UNDECIDED, say("optimizer.theorem-N"), claims, (first,), reason, say("optimizer.simulate")
        )
    return _theorem_n(statement, minimum, claims, first, rest)


def _leaving(claims: tuple[Claim, ...], first: Hypothesis, jump: float) -> Outcome:
    length = claim("optimizer.shortest-step", Enclosure(jump, jump))
    return Outcome(Verdict.UNSTABLE, say("optimizer.theorem-S"), (*claims, length), (first,))


def _theorem_n(
    statement: Any, minimum: ExactMinimum, claims: tuple[Claim, ...], first: Hypothesis, rest: Rest
) -> Outcome:
    curvature = deterministic.normal_curvature(minimum)
    low, high = float(curvature.smallest.lower), float(curvature.largest.upper)
    manifold = minimum.interpolating and statement.dimension > statement.residuals
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
    if manifold and not (rest.keeps_parameters and rest.memory_decays):
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
    blind = manifold and rest.keeps_parameters
    return hypothesis("optimizer.rest", Status.PROVED, say("optimizer.blind" if blind else "optimizer.exact-zeros"))


def _memory(rest: Rest) -> Hypothesis:
    reason = (
        say("optimizer.accumulators", detail=", ".join(rest.neutral)) if rest.neutral else say("optimizer.power-jets")
    )
    return hypothesis("optimizer.differentiable", Status.PROVED, reason)


def _preconditioned(statement: Any, minimum: ExactMinimum, step: Step) -> tuple[Claim, ...]:
    """lambda_max(G^(1/2) H G^(1/2)), G the diagonal of -d update / d gradient at the memory as given."""
    gains = _gains(step, statement.dimension)
    if gains is None:
        return ()
    try:
        if minimum.interpolating:
            jacobian = statement.jacobian(minimum.box)
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
            slope = evaluate(pullback(step.program, wrt=[1]), [zero, zero, *memory, *cotangents])[0]
    except InputError:
        return None
    gains = -slope
    return gains if bool((gains.lower > 0).all()) and np.isfinite(gains.rad).all() else None
