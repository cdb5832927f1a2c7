"""Strict minima of any scalar loss: the field is the program of its gradient as `jax.grad` defines it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.linear_algebra import spectral_radius as radius_of
from certify.minimum import deterministic
from certify.minimum import hypotheses as requirement
from certify.minimum.companion import companion, spectral_radius
from certify.minimum.existence import ExactMinimum, moved_distance, symmetric_part
from certify.minimum.from_here import read_reach, strict_claims
from certify.minimum.settings import check_settings, setting
from certify.program import Program, UndecidedBranch, analytic_on, evaluate, jacobian
from certify.statements import say
from certify.verdict import Verdict
from certify.zeros import Undecided, prove_zero
from foundation import CertificateError


@final
@dataclass(frozen=True, eq=False)
class LossStatement:
    """field: program (params (D,), data...) -> (D,), the gradient as the user's framework computes it. replaced:
    whether `stop_gradient` or a custom derivative makes it another field than the gradient of the loss."""

    field: Program
    params: np.ndarray
    data: tuple[np.ndarray, ...]
    optimizer: Mapping[str, Any]
    replaced: bool

    @staticmethod
    def from_tree(problem: Mapping[str, Any]) -> "LossStatement":
        """Reads the problem of a certificate; raises `CertificateError` where its parts do not fit together."""
        field, params, data = problem.get("field"), problem.get("params"), problem.get("data")
        optimizer, replaced = problem.get("optimizer"), problem.get("replaced")
        if not isinstance(field, Program) or not isinstance(optimizer, dict) or not isinstance(replaced, bool):
            raise CertificateError("the certificate's problem has no readable field, optimizer or word on derivatives")
        given = [params, *data] if isinstance(data, list) else [None]
        arrays = [x for x in given if isinstance(x, np.ndarray) and x.dtype == np.float64 and np.isfinite(x).all()]
        if len(arrays) != len(given):
            raise CertificateError("the certificate's params and data must be arrays of finite floats")
        shapes = [array.shape for array in arrays]
        if [s.shape for s in field.inputs] != shapes or [s.shape for s in field.output_signatures] != [shapes[0]]:
            raise CertificateError("the field takes or gives other arrays than the params and data")
        if len(shapes[0]) != 1:
            raise CertificateError("the params must be one vector")
        check_settings(optimizer, 1)
        if optimizer.get("name") == "sgd":
            raise CertificateError("strict minima of a loss are proved for full batches only, not for sgd")
        return LossStatement(field, arrays[0], tuple(arrays[1:]), optimizer, replaced)

    @property
    def dimension(self) -> int:
        """D."""
        return len(self.params)

    @property
    def residuals(self) -> int:
        """As many equations as parameters: the minimum is isolated."""
        return self.dimension

    def gradient(self, params: Ball) -> Ball:
        """The field over a ball of parameters, (D,)."""
        result: Ball = evaluate(self.field, [params, *self.data])[0]
        return result

    def derivative(self, params: Ball) -> Ball:
        """The derivative of the field over a ball of parameters, (D, D)."""
        return jacobian(self.field, [params, *self.data], wrt=0).reshape((self.dimension, self.dimension))

    def curvature(self, params: Ball) -> Ball:
        """The same for a field that is a gradient: its symmetric members, the Hessians."""
        return symmetric_part(self.derivative(params))


def prove_strict_minimum(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove an exact zero of the field near `witness["point"]` (D,), its type, and the optimiser's verdict.

    witness: point, inverse_hessian (D, D). With a gradient field the Hessian is proved positive definite; with replaced
    derivatives the zero is a fixed point whose derivative need not be symmetric.
    """
    statement = LossStatement.from_tree(problem)
    point, inverse = (_floats(witness, name) for name in ("point", "inverse_hessian"))
    if point.shape != statement.params.shape or inverse.shape != (statement.dimension,) * 2:
        raise CertificateError("the certificate's witness has no point and approximate inverse of the right shapes")
    try:
        found = prove_zero(statement.gradient(Ball.exact(point)), statement.derivative, point, right_inverse=inverse)
    except UndecidedBranch as nonsmooth_point:
        return _rough(str(nonsmooth_point))
    if isinstance(found, Undecided):
        reason, advice = say("minimum.not-proved", detail=found.reason), say("minimum.next", detail=found.next_step)
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, advice)
    box = Ball(point, found.box)
    rough = analytic_on(statement.field, [box, *statement.data], (0,)).obstacle
    if rough:
        return _rough(rough)
    slope = statement.derivative(box) if statement.replaced else statement.curvature(box)
    minimum = ExactMinimum(found, box, 1, False, found.distance, lambda: slope)
    distance = np.nextafter(moved_distance(statement.params, point) + found.distance, np.inf)
    field = "jax-grad" if statement.replaced else "gradient"
    claims = (claim("strict-minimum.existence-radius", Enclosure(0.0, float(distance)), field=field),)
    if statement.replaced:
        return _replaced(statement, minimum, claims)
    return _gradient(statement, minimum, claims, witness)


def _rough(obstacle: str) -> ProofResult:
    """The linearised step decides nothing where the field is not proved to be differentiable."""
    reason, advice = say("strict-minimum.rough", detail=obstacle), say("strict-minimum.smooth")
    theorem = say("strict-minimum.indirect")
    return ProofResult(Verdict.UNDECIDED, theorem, (), (requirement.smooth(obstacle),), reason, advice)


def _from_here(statement: LossStatement, exists: Claim, stored: Any) -> tuple[Claim, ...]:
    """Convergence from the given parameters, where the field is differentiable on the whole box."""
    box = Ball(statement.params, np.full(statement.dimension, read_reach(stored)))
    if exists.enclosure is None or analytic_on(statement.field, [box, *statement.data], (0,)).obstacle:
        return ()
    away = float(exists.enclosure.upper)
    return strict_claims(statement.optimizer, statement.params, statement.curvature, away, stored)


def _gradient(
    statement: LossStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], witness: Mapping[str, Any]
) -> ProofResult:
    field = hypothesis("strict-minimum.field", Status.ASSUMED, say("strict-minimum.symmetric"), field="gradient")
    if statement.optimizer.get("name") == "optax":
        from certify.minimum import optax_step

        along = (statement.gradient, statement.derivative)
        outcome = optax_step.decide(statement, minimum, claims, witness, along)
        return replace(outcome, hypotheses=(*outcome.hypotheses, field))
    theorem = say("strict-minimum.indirect")
    rule, curvature = companion(statement.optimizer), deterministic.normal_curvature(minimum)
    if not float(curvature.smallest.lower) > 0:
        reason = say("strict-minimum.not-positive", enclosure=curvature.smallest.enclosure())
        return ProofResult(Verdict.UNDECIDED, theorem, claims, (), reason, say("strict-minimum.train"))
    critical = rule.critical_curvature * setting(statement.optimizer, "learning_rate") / curvature.largest
    radius = spectral_radius(rule, curvature.smallest, curvature.largest)
    claims = (
        *claims,
        claim("minimum.sharpness", curvature.largest.enclosure()),
        claim("minimum.smallest-curvature", curvature.smallest.enclosure()),
        claim("strict-minimum.spectral-radius", radius.enclosure(), rule=rule.name),
        claim("minimum.critical-learning-rate", critical.enclosure()),
    )
    if "basin" in witness:
        claims = (*claims, *_from_here(statement, claims[0], witness["basin"]))
    verdict = deterministic.verdict_of(rule, curvature)
    outcome = ProofResult(verdict, theorem, claims, (requirement.smooth(""), requirement.strict_minimum(), field))
    if verdict is not Verdict.UNDECIDED:
        return outcome
    return replace(outcome, reason=say("strict-minimum.critical"), next_step=say("optimizer.change-rate"))


def _replaced(statement: LossStatement, minimum: ExactMinimum, claims: tuple[Claim, ...]) -> ProofResult:
    """Gradient descent along a field that is no gradient: rho(I - eta DG)."""
    theorem = say("strict-minimum.indirect")
    if statement.optimizer.get("name") != "gradient-descent":
        reason, advice = say("strict-minimum.only-descent"), say("strict-minimum.ask-descent")
        return ProofResult(Verdict.UNDECIDED, theorem, claims, (), reason, advice)
    eta = setting(statement.optimizer, "learning_rate")
    radius = radius_of(np.eye(statement.dimension) - minimum.curvature * eta)
    claims = (*claims, claim("strict-minimum.spectral-radius-of-field", radius))
    first = hypothesis("strict-minimum.field", Status.PROVED, say("strict-minimum.traced"), field="jax-grad")
    found = (requirement.smooth(""), first)
    if radius.upper < 1:
        return ProofResult(Verdict.STABLE, theorem, claims, found)
    if radius.lower > 1:
        return ProofResult(Verdict.UNSTABLE, theorem, claims, found)
    reason = say("strict-minimum.not-separated", enclosure=radius)
    return ProofResult(Verdict.UNDECIDED, theorem, claims, found, reason, say("optimizer.change-rate"))


def _floats(witness: Mapping[str, Any], name: str) -> np.ndarray:
    value = witness.get(name)
    if not isinstance(value, np.ndarray) or value.dtype != np.float64 or not np.isfinite(value).all():
        raise CertificateError(f"the certificate's witness has no array {name!r} of finite floats")
    return value
