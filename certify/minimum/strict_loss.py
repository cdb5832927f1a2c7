"""Strict minima of any scalar loss: the field is the program of its gradient as `jax.grad` defines it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, Outcome, Status
from certify.enclosure import Enclosure
from certify.linear_algebra import spectral_radius as radius_of
from certify.minimum import deterministic, optax_step
from certify.minimum import hypotheses as requirement
from certify.minimum.companion import companion, spectral_radius
from certify.minimum.existence import ExactMinimum, moved_distance, symmetric_part
from certify.minimum.settings import setting
from certify.program import Program, UndecidedBranch, analytic_on, evaluate, jacobian
from certify.verdict import Verdict
from certify.zeros import Undecided, prove_zero
from foundation import CertificateError

THEOREM = (
    "An isolated fixed point of the step is asymptotically stable if the spectral radius of its derivative there is "
    "below one, and unstable if it is above one (Lyapunov's indirect method for maps)."
)
TRUE = "the gradient of the loss"
REPLACED = "jax.grad of the loss, whose derivatives the user replaced"


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
        """The derivative of the field, (D, D); symmetric members where the field is a gradient."""
        matrix = jacobian(self.field, [params, *self.data], wrt=0).reshape((self.dimension, self.dimension))
        return matrix if self.replaced else symmetric_part(matrix)


def prove_strict_minimum(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> Outcome:
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
    except UndecidedBranch as kink:
        return Outcome(Verdict.UNDECIDED, THEOREM, (), (requirement.smooth(str(kink)),), str(kink), "smooth the loss")
    if isinstance(found, Undecided):
        return Outcome(Verdict.UNDECIDED, "", (), (), found.reason, found.next_step)
    box = Ball(point, found.box)
    rough = analytic_on(statement.field, [box, *statement.data], (0,)).obstacle
    if rough:
        reason = f"the gradient is not proved to be differentiable near its zero: {rough}"
        return Outcome(Verdict.UNDECIDED, THEOREM, (), (requirement.smooth(rough),), reason, "smooth the loss")
    minimum = ExactMinimum(found, box, statement.derivative(box), 1, False, found.distance)
    distance = np.nextafter(moved_distance(statement.params, point) + found.distance, np.inf)
    field = REPLACED if statement.replaced else TRUE
    text = f"An exact zero of the field exists within this distance of the given parameters; the field is {field}."
    claims = (Claim("existence_radius", text, Enclosure(0.0, float(distance))),)
    return _replaced(statement, minimum, claims) if statement.replaced else _gradient(statement, minimum, claims)


def _gradient(statement: LossStatement, minimum: ExactMinimum, claims: tuple[Claim, ...]) -> Outcome:
    if statement.optimizer.get("name") == "optax":
        return optax_step.decide(statement, minimum, claims)
    rule, curvature = companion(statement.optimizer), deterministic.normal_curvature(minimum)
    if not float(curvature.smallest.lower) > 0:
        reason = f"the smallest eigenvalue {curvature.smallest.enclosure()} of the Hessian is not proved positive"
        step = "train further; minima modulo a symmetry, or flat directions, are no strict minima"
        return Outcome(Verdict.UNDECIDED, THEOREM, claims, (), reason, step)
    critical = rule.critical_curvature * setting(statement.optimizer, "learning_rate") / curvature.largest
    radius = spectral_radius(rule, curvature.smallest, curvature.largest)
    claims = (
        *claims,
        Claim("sharpness", deterministic.SHARPNESS, curvature.largest.enclosure()),
        Claim("smallest_curvature", deterministic.SMALLEST_CURVATURE, curvature.smallest.enclosure()),
        Claim("spectral_radius", f"Spectral radius of the step's derivative: {rule.update}.", radius.enclosure()),
        Claim("critical_learning_rate", "Learning rate at which the minimum loses stability.", critical.enclosure()),
    )
    verdict = deterministic.verdict_of(rule, curvature)
    outcome = Outcome(verdict, THEOREM, claims, (requirement.smooth(""), requirement.strict_minimum()))
    if verdict is not Verdict.UNDECIDED:
        return outcome
    return replace(outcome, reason="the learning rate is critical to rounding", next_step="change it slightly")


def _replaced(statement: LossStatement, minimum: ExactMinimum, claims: tuple[Claim, ...]) -> Outcome:
    """Gradient descent along a field that is no gradient: rho(I - eta DG)."""
    if statement.optimizer.get("name") != "gradient-descent":
        reason = (
            "where derivatives are replaced the field is no gradient, and only gradient descent is certified along it"
        )
        return Outcome(Verdict.UNDECIDED, THEOREM, claims, (), reason, "ask about gradient descent")
    eta = setting(statement.optimizer, "learning_rate")
    radius = radius_of(np.eye(statement.dimension) - minimum.curvature * eta)
    claims = (*claims, Claim("spectral_radius", "Spectral radius of I - eta DG, G the field of jax.grad.", radius))
    first = Hypothesis(
        "field", f"The field that training follows is {REPLACED}.", Status.PROVED, "Traced from jax.grad."
    )
    if radius.upper < 1:
        return Outcome(Verdict.STABLE, THEOREM, claims, (first,))
    if radius.lower > 1:
        return Outcome(Verdict.UNSTABLE, THEOREM, claims, (first,))
    reason = f"the spectral radius {radius} is not separated from 1"
    return Outcome(Verdict.UNDECIDED, THEOREM, claims, (first,), reason, "change the learning rate slightly")


def _floats(witness: Mapping[str, Any], name: str) -> np.ndarray:
    value = witness.get(name)
    if not isinstance(value, np.ndarray) or value.dtype != np.float64 or not np.isfinite(value).all():
        raise CertificateError(f"the certificate's witness has no array {name!r} of finite floats")
    return value
