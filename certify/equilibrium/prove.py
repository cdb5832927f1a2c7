"""The prover of equilibrium certificates: existence, spectrum, verdict, from the problem and the witness alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, Outcome, Status
from certify.enclosure import Enclosure
from certify.equilibrium import hypotheses
from certify.equilibrium.smoothness import kink
from certify.equilibrium.spectrum import eigenvalue_claims, stated_eigenvalues
from certify.equilibrium.statement import EquilibriumStatement
from certify.equilibrium.verdicts import Decision, decide
from certify.linear_algebra import Eigenvalues, eigenvalues, is_nonsingular
from certify.linear_algebra.norms import frobenius_norm_bound, infinity_norm_bound
from certify.verdict import Verdict
from certify.zeros import Undecided, ZeroProof, prove_zero
from foundation import CertificateError

DEGENERATE_ADVICE = (
    "a symmetry (pass symmetry=) or a conservation law (pass subspace=) may make it isolated; a degenerate equilibrium "
    "needs a symbolic argument, or slightly different parameters"
)

_ALONE = (
    "No other equilibrium has coordinates (in the whole space: entries) within this distance, in the maximum norm, "
    "of the witness's coordinates."
)
_ALONE_ON_SLICE = (
    "No other relative equilibrium on the slice has coordinates and velocities within this distance, in the maximum "
    "norm, of the witness's coordinates."
)
_NOT_SMOOTH = "the field is not proved to be differentiable near the equilibrium: "
_RESTRICTED = {"subspace": "invariant subspace", "symmetry": "symmetry", "group": "symmetry"}
_REFUTED = {
    "invariant": "exact arithmetic refutes that the subspace is invariant: nothing is claimed about the restriction",
    "symmetry": "exact arithmetic refutes the symmetry: nothing is claimed about the quotient",
}
_REFUTED_ADVICE = (
    "pass columns that span the tangent space and a point of an invariant subspace, directions u with f(x + c u) = "
    "f(x), or no restriction"
)
_SMOOTH_ADVICE = "the linearisation decides nothing at a kink: smooth the field, or treat its pieces one by one"


def prove_equilibrium(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> Outcome:
    """Prove what can be proved about the equilibrium near the witness's point, deterministically.

    problem: see `EquilibriumStatement`. witness: coordinates (k,), point (n,), inverse (k, k) of the derivative
    (approximate), discs of the eigenvalues, uniqueness_radius. Wrong witnesses lead to UNDECIDED or to fewer claims,
    never to a wrong proof. Raises `InputError` where the restriction is refuted.
    """
    statement = EquilibriumStatement.from_tree(problem)
    size = statement.dimension
    coordinates, inverse = floats(witness, "coordinates", (size,)), floats(witness, "inverse", (size, size))
    point = floats(witness, "point", (statement.ambient,))
    proof = prove_zero(statement.residual(coordinates), statement.derivative, coordinates, right_inverse=inverse)
    if isinstance(proof, Undecided):
        return _not_isolated(statement, coordinates, proof)
    unknowns = Ball(coordinates, proof.box)
    box, unmoved = statement.point(unknowns), hypotheses.unmoved(statement, unknowns)
    setting = hypotheses.required(statement, box)
    refuted = next((h for h in setting if h.status is Status.REFUTED), None)
    if refuted is not None:
        return Outcome(Verdict.UNDECIDED, "", (), setting, _REFUTED[refuted.name], _REFUTED_ADVICE)
    assumed = any(h.status is not Status.PROVED for h in setting)
    claims = _existence(statement, proof, box, point, coordinates, bool(unmoved), assumed)
    claims += _uniqueness(statement, witness, coordinates, inverse, proof)
    roughness = kink(statement.field, box)
    required = (hypotheses.smooth(not roughness), *setting, *unmoved)
    if roughness:
        return Outcome(Verdict.UNDECIDED, "", claims, required, _NOT_SMOOTH + roughness, _SMOOTH_ADVICE)
    found = eigenvalues(statement.linearisation(unknowns))
    decision = decide(found, statement.kind, statement.restriction)
    claims += (
        *decision.claims,
        *_eigenvalue_claims(found, witness),
        *hypotheses.velocities(statement, unknowns, bool(unmoved)),
    )
    return _outcome(decision, claims, (*required, decision.hyperbolic))


def _outcome(decision: Decision, claims: tuple[Claim, ...], required: tuple[Hypothesis, ...]) -> Outcome:
    return Outcome(decision.verdict, decision.theorem, claims, required, decision.reason, decision.next_step)


def _not_isolated(statement: EquilibriumStatement, coordinates: np.ndarray, proof: Undecided) -> Outcome:
    reason, advice = f"an isolated equilibrium is not proved: {proof.reason}", proof.next_step
    if is_nonsingular(statement.derivative(Ball.exact(coordinates))) is not Verdict.PROVED:
        reason = (
            "an isolated equilibrium is not proved: the derivative is singular to rounding at the point, so that it "
            "may be degenerate (a multiple zero) or one of a continuum"
        )
        advice = DEGENERATE_ADVICE
    return Outcome(Verdict.UNDECIDED, "", (), (), reason, advice)


def _existence(
    statement: EquilibriumStatement,
    proof: ZeroProof,
    box: Ball,
    point: np.ndarray,
    coordinates: np.ndarray,
    unmoved: bool,
    assumed: bool,
) -> tuple[Claim, ...]:
    """How far the exact equilibrium is from the point; where the restriction is assumed, the claim says "if"."""
    what = {"flow": "equilibrium", "map": "fixed point"}[statement.kind]
    if statement.restriction in ("symmetry", "group") and not unmoved:
        what = f"relative {what}"
    radius = frobenius_norm_bound(Ball(np.zeros(point.shape), (box - point).magnitude).reshape(1, -1))
    if statement.restriction == "none" and np.array_equal(point, coordinates):
        radius = min(radius, proof.distance)
    text = f"An exact {what} exists within this Euclidean distance of the witness's point."
    if assumed:
        text = f"If the hypothesis on the {_RESTRICTED[statement.restriction]} holds: {text}"
    return (Claim("radius", text, Enclosure(0.0, radius)),)


def _uniqueness(
    statement: EquilibriumStatement,
    witness: Mapping[str, Any],
    coordinates: np.ndarray,
    inverse: np.ndarray,
    proof: ZeroProof,
) -> tuple[Claim, ...]:
    radius = witness.get("uniqueness_radius")
    if not isinstance(radius, float) or not proof.box.max() <= radius < np.inf:
        return ()
    if not is_injective(statement, coordinates, inverse, radius):
        return ()
    text = _ALONE_ON_SLICE if statement.group else _ALONE
    return (Claim("uniqueness_radius", text, Enclosure(radius, radius)),)


def is_injective(statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray, radius: float) -> bool:
    """Whether y -> T^T f is proved to be one to one on the cube of this radius.

    ||I - B G'(Y)|| < 1 over a convex set Y makes every mean of the derivatives there non-singular.
    """
    cube = Ball(coordinates, np.full(coordinates.shape, radius))
    defect = Ball.exact(np.eye(len(inverse))) - Ball.exact(inverse) @ statement.derivative(cube)
    return infinity_norm_bound(defect) < 1


def _eigenvalue_claims(found: Eigenvalues, witness: Mapping[str, Any]) -> tuple[Claim, ...]:
    discs = witness.get("discs")
    stated = stated_eigenvalues(found, discs) if isinstance(discs, dict) and discs else None
    return () if stated is None else eigenvalue_claims(stated)


def floats(witness: Mapping[str, Any], name: str, shape: tuple[int, ...]) -> np.ndarray:
    """The finite float array of that name and shape; raises `CertificateError` otherwise."""
    value = witness.get(name)
    if not isinstance(value, np.ndarray) or value.dtype != np.float64 or value.shape != shape:
        raise CertificateError(f"the certificate's witness has no float array {name!r} of shape {shape}")
    if not np.isfinite(value).all():
        raise CertificateError(f"the certificate's witness {name!r} holds entries that are not finite")
    return value
