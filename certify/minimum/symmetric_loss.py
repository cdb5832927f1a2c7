"""Minima modulo symmetries of a scalar loss: the orbit of a symmetry consists of minima, across it they are strict.

V(theta) = (S_j theta + t_j)_j. The zero of F(theta) = grad L(theta) + c U0 U0^T (theta - theta0) is enclosed. By
invariance V^T grad L = 0, so that V^T U0 U0^T (theta - theta0) = 0 there; where V^T U0 is invertible, grad L = 0. The
orbit of a zero consists of zeros, H V = 0, and H + c U U^T > 0 with U = V R of full rank shows that the kernel of H is
the tangent space of the orbit and H is positive across it (docs/theory/symmetric-minima.md).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball, matmul
from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.linear_algebra import extreme_eigenvalues
from certify.linear_algebra.norms import two_norm_bound
from certify.minimum import deterministic, optax_step
from certify.minimum import hypotheses as requirement
from certify.minimum.companion import companion, spectral_radius
from certify.minimum.existence import ExactMinimum, moved_distance, symmetric_part
from certify.minimum.settings import setting
from certify.minimum.strict_loss import LossStatement
from certify.program import Program, UndecidedBranch, analytic_on
from certify.program.builder import Builder
from certify.program.reverse import gradient_program
from certify.program.signature import Signature
from certify.statements import say
from certify.training.symmetry.generator import Generator, directions, read_generators
from certify.training.symmetry.invariance import is_invariant
from certify.verdict import Verdict
from certify.zeros import Undecided, ZeroProof, prove_zero
from foundation import CertificateError


@final
@dataclass(frozen=True, eq=False)
class SymmetricStatement:
    """loss: program (arrays of parameters, data...) -> (). inner: the same with its gradient by the flat parameters."""

    loss: Program
    shapes: tuple[tuple[int, ...], ...]
    generators: tuple[Generator, ...]
    inner: LossStatement

    @staticmethod
    def from_tree(problem: Mapping[str, Any]) -> "SymmetricStatement":
        """Reads the problem of a certificate; raises `CertificateError` where its parts do not fit together."""
        loss, stored, data = problem.get("loss"), problem.get("shapes"), problem.get("data")
        if not isinstance(loss, Program) or not isinstance(data, list) or not isinstance(stored, list):
            raise CertificateError("the certificate's problem has no readable loss, data or shapes")
        shapes = tuple(tuple(shape) if isinstance(shape, list) else (None,) for shape in stored)
        if any(type(n) is not int or n < 0 for shape in shapes for n in shape) or loss.output_signatures != (
            Signature(()),
        ):
            raise CertificateError("the certificate's loss is not a scalar, or its arrays have no shapes")
        if [s.shape for s in loss.inputs[: len(shapes)]] != list(shapes) or len(loss.inputs) != len(shapes) + len(data):
            raise CertificateError("the loss takes other arrays than the parameters and data")
        generators, field = read_generators(problem.get("generators"), shapes), field_of(loss, shapes)
        tree = {key: problem.get(key) for key in ("params", "data", "optimizer")}
        inner = LossStatement.from_tree({**tree, "field": field, "replaced": False})
        if len(generators) >= inner.dimension:
            raise CertificateError("the symmetries leave no direction across their orbit")
        return SymmetricStatement(loss, shapes, generators, inner)


def field_of(loss: Program, shapes: tuple[tuple[int, ...], ...]) -> Program:
    """The gradient of the loss as a program (params (D,), data...) -> (D,), by the rules of `certify.program`."""
    if not all(signature.is_real for signature in loss.inputs):
        raise CertificateError("the loss takes arrays that are not real numbers")
    builder, start, leaves = Builder(), 0, []
    flat = builder.input(Signature((sum(int(np.prod(shape)) for shape in shapes),)))
    data = [builder.input(signature) for signature in loss.inputs[len(shapes) :]]
    for shape in shapes:
        stop = start + int(np.prod(shape))
        part = builder.emit("slice", flat, starts=(start,), limits=(stop,), strides=(1,))
        leaves.append(part if shape == (stop - start,) else builder.emit("reshape", part, shape=shape))
        start = stop
    values = builder.inline(loss, [*leaves, *data])
    return gradient_program(builder.program([values[loss.outputs[0]]]))


def prove_symmetric_minimum(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove a minimum modulo the symmetries near `witness["point"]` (D,), and the optimiser's verdict there.

    witness: inverse_hessian (D, D), of H + c U0 U0^T; frame U0 (D, k); mixing R (k, k); scale c > 0.
    """
    statement = SymmetricStatement.from_tree(problem)
    data = statement.inner.data
    for position, generator in enumerate(statement.generators):
        if not is_invariant(statement.loss, generator, data):
            return _undecided("not-invariant", position=position)
    frame = _Frame.read(statement, witness)
    found = frame.zero()
    if isinstance(found, str):
        return _undecided("not-proved", detail=found)
    box = Ball(frame.point, found.box)
    rough = analytic_on(statement.inner.field, [box, *data], (0,)).obstacle
    if rough:
        reason, advice = say("strict-minimum.rough", detail=rough), say("strict-minimum.smooth")
        return ProofResult(
            Verdict.UNDECIDED, say("optimizer.theorem-N"), (), (requirement.smooth(rough),), reason, advice
        )
    return _across(statement, frame, found, box)


def _undecided(why: str, **facts: Any) -> ProofResult:
    reason, advice = say(f"symmetric-minimum.{why}", **facts), say("symmetric-minimum.next")
    return ProofResult(Verdict.UNDECIDED, say("optimizer.theorem-N"), (), (), reason, advice)


@final
@dataclass(frozen=True, eq=False)
class _Frame:
    """The witness: point, inverse, U0, R and c, any floats."""

    statement: SymmetricStatement
    point: np.ndarray
    inverse: np.ndarray
    columns: np.ndarray
    mixing: np.ndarray
    scale: float

    @staticmethod
    def read(statement: SymmetricStatement, witness: Mapping[str, Any]) -> "_Frame":
        dimension, count = statement.inner.dimension, len(statement.generators)
        shapes = {
            "point": (dimension,),
            "inverse_hessian": (dimension, dimension),
            "frame": (dimension, count),
            "mixing": (count, count),
            "scale": (),
        }
        arrays: list[Any] = []
        for name, shape in shapes.items():
            value = witness.get(name)
            good = isinstance(value, np.ndarray) and value.dtype == np.float64 and value.shape == shape
            if not good or not np.isfinite(np.asarray(value)).all():
                raise CertificateError(f"the certificate's witness has no array {name!r} of finite floats")
            arrays.append(value)
        point, inverse, frame, mixing, scale = arrays
        if not 0 < float(scale) < 1e150:
            raise CertificateError("the scale of the certificate's witness must be positive")
        return _Frame(statement, point, inverse, frame, mixing, float(scale))

    def along(self, box: Ball) -> Ball:
        """U = V(theta) R, (D, k)."""
        moving = directions(self.statement.generators, self.statement.shapes, box)
        return matmul(moving, Ball.exact(self.mixing))

    def penalty(self) -> Ball:
        """c U0 U0^T."""
        columns = Ball.exact(self.columns)
        return symmetric_part(matmul(columns, Ball.exact(self.columns.T)) * self.scale)

    def zero(self) -> ZeroProof | str:
        """A critical point of the loss near the point; what failed, where none is proved."""
        inner, penalty = self.statement.inner, self.penalty()
        try:
            value = inner.gradient(Ball.exact(self.point))
            found = prove_zero(value, lambda x: inner.curvature(x) + penalty, self.point, right_inverse=self.inverse)
        except UndecidedBranch as kink:
            return str(kink)
        if isinstance(found, Undecided):
            return found.reason
        across = matmul(self.along(Ball(self.point, found.box)).T, Ball.exact(self.columns))
        if not two_norm_bound(across - np.eye(len(self.mixing))) < 1:
            return "the directions of the symmetries are not proved independent at the minimum"
        return found


def _across(statement: SymmetricStatement, frame: _Frame, found: ZeroProof, box: Ball) -> ProofResult:
    """The curvature across the orbit, and the verdict."""
    inner, count = statement.inner, len(statement.generators)
    slope, along = inner.curvature(box), frame.along(box)
    gram = symmetric_part(matmul(along.T, along))
    # eigenvalues of c U U^T on its range
    apart = Ball.exact(np.float64(frame.scale)) * (1.0 - two_norm_bound(gram - np.eye(count)))
    least = extreme_eigenvalues(slope + symmetric_part(matmul(along, along.T)) * frame.scale)[0]
    largest = extreme_eigenvalues(slope)[1]
    floor = float(apart.lower)
    distance = float(np.nextafter(moved_distance(inner.params, frame.point) + found.distance, np.inf))
    claims = (
        claim("strict-minimum.existence-radius", Enclosure(0.0, distance), field="gradient"),
        claim("symmetric-minimum.dimension", Enclosure(float(count), float(count))),
    )
    if not (least.lower > 0 and floor > 0):
        reason, advice = say("strict-minimum.not-positive", enclosure=least), say("strict-minimum.train")
        return ProofResult(Verdict.UNDECIDED, say("optimizer.theorem-N"), claims, (), reason, advice)
    # the least eigenvalue of the sum is that of H across the orbit wherever it is below those of c U U^T
    smallest = Enclosure(least.lower, least.upper if least.upper < floor else max(largest.upper, least.upper))
    minimum = ExactMinimum(found, box, 1, False, found.distance, lambda: slope, (smallest, largest), orbit=count)
    added = (requirement.smooth(""), *_symmetries(count))
    if inner.optimizer.get("name") == "optax":
        outcome = optax_step.decide(inner, minimum, claims, {})
        return replace(outcome, hypotheses=(*outcome.hypotheses, *added))
    return _own(inner, minimum, claims, (*added, requirement.definite_across_orbit()))


def _symmetries(count: int) -> tuple[Hypothesis, ...]:
    invariant = say("symmetric-minimum.on-the-program")
    return (
        hypothesis("symmetric-minimum.invariance", Status.PROVED, invariant, count=count),
        hypothesis("strict-minimum.field", Status.PROVED, say("symmetric-minimum.derived"), field="gradient"),
    )


def _own(
    statement: LossStatement, minimum: ExactMinimum, claims: tuple[Claim, ...], hypotheses: tuple[Hypothesis, ...]
) -> ProofResult:
    """Gradient descent, heavy ball, Nesterov's method and Adam at zero moments."""
    rule, curvature = companion(statement.optimizer), deterministic.normal_curvature(minimum)
    critical = rule.critical_curvature * setting(statement.optimizer, "learning_rate") / curvature.largest
    radius = spectral_radius(rule, curvature.smallest, curvature.largest)
    claims = (
        *claims,
        claim("minimum.sharpness", curvature.largest.enclosure()),
        claim("minimum.smallest-curvature", curvature.smallest.enclosure()),
        claim("minimum.spectral-radius", radius.enclosure(), radius=rule.name, update=rule.name),
        claim("minimum.critical-learning-rate", critical.enclosure()),
    )
    verdict = deterministic.verdict_of(rule, curvature)
    outcome = ProofResult(verdict, say("optimizer.theorem-N"), claims, hypotheses)
    if verdict is not Verdict.UNDECIDED:
        return outcome
    return replace(outcome, reason=say("strict-minimum.critical"), next_step=say("optimizer.change-rate"))
