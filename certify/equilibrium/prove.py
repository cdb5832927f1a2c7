"""The prover of equilibrium certificates: existence, spectrum, verdict, from the problem and the witness alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim
from certify.enclosure import Enclosure
from certify.equilibrium import hypotheses
from certify.equilibrium.smoothness import nonsmooth_point
from certify.equilibrium.spectrum import eigenvalue_claims, stated_eigenvalues
from certify.equilibrium.statement import EquilibriumStatement
from certify.equilibrium.units import Units
from certify.equilibrium.verdicts import Decision, decide
from certify.linear_algebra import Eigenvalues, eigenvalues, is_nonsingular
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.linear_algebra.perron import upper_product, upper_sum
from certify.once import once
from certify.statements import say
from certify.verdict import Verdict
from certify.zeros import Undecided, ZeroProof, prove_zero
from foundation import CertificateError

# The point of a chart's coordinates is a product with a matrix, rounded once more on each machine.
_CHART_ROUNDING = 2.0**-40


def prove_equilibrium(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove what can be proved about the equilibrium near the witness's point, deterministically.

    problem: see `EquilibriumStatement`. witness: coordinates (k,), point (n,), inverse (k, k) of the derivative
    (approximate), discs of the eigenvalues, uniqueness_radius, units (see `Units`; the inverse is then that of the
    scaled statement). Wrong witnesses lead to UNDECIDED or to fewer claims, never to a wrong proof. Raises `InputError`
    where the restriction is refuted.
    """
    statement = EquilibriumStatement.from_tree(problem)
    size = statement.dimension
    coordinates, inverse = floats(witness, "coordinates", (size,)), floats(witness, "inverse", (size, size))
    point = floats(witness, "point", (statement.ambient,))
    _demand_same_point(statement, point, coordinates)
    units = Units.from_tree(witness.get("units"), statement)
    scaled, start = units.applied(statement), units.down(coordinates)
    proof = prove_zero(scaled.residual(start), scaled.derivative, start, right_inverse=inverse)
    if isinstance(proof, Undecided):
        return _not_isolated(scaled, start, proof)
    inside = Ball(start, proof.box if units.are_one else _narrowed(scaled, start, inverse, proof.box))
    unknowns = units.up_ball(inside)
    box, unmoved = statement.point(unknowns), hypotheses.unmoved(statement, unknowns)
    setting = hypotheses.required(statement, box)
    refuted = next((h for h in setting if h.status is Status.REFUTED), None)
    if refuted is not None:
        reason, advice = say(f"equilibrium.refuted-{refuted.name}"), say("equilibrium.other-restriction")
        return ProofResult(Verdict.UNDECIDED, "", (), setting, reason, advice)
    assumed = any(h.status is not Status.PROVED for h in setting)
    distance = proof.distance if units.are_one else np.inf
    claims = _existence(statement, distance, box, point, bool(unmoved), assumed)
    claims += _uniqueness(scaled, witness.get("uniqueness_radius"), units.smallest, start, inverse, proof)
    roughness = nonsmooth_point(statement.field, box)
    required = (hypotheses.smooth(not roughness), *setting, *unmoved)
    if roughness:
        reason, advice = say("equilibrium.rough", detail=roughness), say("equilibrium.smooth-it")
        return ProofResult(Verdict.UNDECIDED, "", claims, required, reason, advice)
    found = once(eigenvalues, scaled.linearisation(inside))
    decision = decide(found, statement.kind, statement.restriction)
    claims += (
        *decision.claims,
        *_eigenvalue_claims(found, witness),
        *hypotheses.velocities(statement, unknowns, bool(unmoved)),
    )
    return _outcome(decision, claims, (*required, decision.hyperbolic))


def _narrowed(scaled: EquilibriumStatement, start: np.ndarray, inverse: np.ndarray, box: np.ndarray) -> np.ndarray:
    """Each coordinate by itself: the zero x* in X = x +- box obeys x* - x = -B F(x) + (I - B J)(x* - x), J in F'(X)."""
    guess = Ball.exact(inverse)
    defect = Ball.exact(np.eye(len(inverse))) - guess @ scaled.derivative(Ball(start, box))
    image = guess @ scaled.residual(start) + defect @ Ball(np.zeros(box.shape), box)
    return np.asarray(np.where(image.magnitude < box, image.magnitude, box))


def _demand_same_point(statement: EquilibriumStatement, point: np.ndarray, coordinates: np.ndarray) -> None:
    """Radius and uniqueness are told about the point: it must be that of the coordinates, to rounding in a chart."""
    place = statement.point(Ball.exact(coordinates))
    gap = np.abs(point - place.mid)
    allowed = 0.0 if statement.restriction == "none" else _CHART_ROUNDING * np.abs(place.mid).max()
    if not (gap <= np.asarray(place.rad) + allowed).all():
        raise CertificateError(
            f"the witness's point is {float(gap.max()):.3g} away from the coordinates about which the proof speaks"
        )


def _outcome(decision: Decision, claims: tuple[Claim, ...], required: tuple[Hypothesis, ...]) -> ProofResult:
    return ProofResult(decision.verdict, decision.theorem, claims, required, decision.reason, decision.next_step)


def _not_isolated(statement: EquilibriumStatement, coordinates: np.ndarray, proof: Undecided) -> ProofResult:
    reason, advice = say("equilibrium.not-proved", detail=proof.reason), say("equilibrium.next", detail=proof.next_step)
    if is_nonsingular(statement.derivative(Ball.exact(coordinates))) is not Verdict.PROVED:
        reason, advice = say("equilibrium.singular"), say("equilibrium.degenerate")
    return ProofResult(Verdict.UNDECIDED, "", (), (), reason, advice)


def _existence(
    statement: EquilibriumStatement,
    distance: float,
    box: Ball,
    point: np.ndarray,
    unmoved: bool,
    assumed: bool,
) -> tuple[Claim, ...]:
    """How far the exact equilibrium is from the point; where the restriction is assumed, the claim says "if"."""
    relative = statement.restriction in ("symmetry", "group") and not unmoved
    what = f"relative-{statement.kind}" if relative else statement.kind
    radius = frobenius_norm_bound(Ball(np.zeros(point.shape), (box - point).magnitude).reshape(1, -1))
    if statement.restriction == "none":
        radius = min(radius, distance)
    condition = {"subspace": "subspace", "none": "none"}.get(statement.restriction, "symmetry") if assumed else "none"
    return (claim("equilibrium.radius", Enclosure(0.0, radius), condition=condition, what=what),)


def _uniqueness(
    scaled: EquilibriumStatement,
    radius: Any,
    unit: float,
    start: np.ndarray,
    inverse: np.ndarray,
    proof: ZeroProof,
) -> tuple[Claim, ...]:
    """The cube of this radius lies in the one of radius / unit in the units of the coordinates, none of them smaller.

    It must reach beyond the enclosure in every coordinate.
    """
    if not isinstance(radius, float) or not 0 <= radius < np.inf:
        return ()
    wide = np.nextafter(radius / unit, np.inf) if unit != 1 else radius
    if not proof.box.max() <= wide < np.inf:
        return ()
    if not is_injective(scaled, start, inverse, float(wide)):
        return ()
    where = "equilibrium.uniqueness-radius-on-slice" if scaled.group else "equilibrium.uniqueness-radius"
    return (claim(where, Enclosure(radius, radius)),)


def is_injective(statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray, radius: float) -> bool:
    """Whether y -> T^T f is proved to be one to one on the cube of this radius.

    ||I - B G'(Y)|| < 1 over a convex set Y makes every mean of the derivatives there non-singular.
    """
    return injectivity_defect(statement, coordinates, inverse, radius) < 1


def injectivity_defect(
    statement: EquilibriumStatement, coordinates: np.ndarray, inverse: np.ndarray, radius: float
) -> float:
    """Upper bound of ||I - B G'(Y)||_inf over the cube Y of this radius.

    G'(Y) = <J, R>: the sums of the rows are at most those of |I - B J| and the entries of |B| (R e), e = (1, ..., 1)
    [S. Rump, Fast interval matrix multiplication, Numer. Algorithms 61 (2012)]: one product of matrices.
    """
    slopes = statement.derivative(Ball(coordinates, np.full(coordinates.shape, radius)))
    defect = Ball.exact(np.eye(len(inverse))) - Ball.exact(inverse) @ Ball.exact(slopes.mid)
    centre = upper_sum(defect.magnitude, 1)
    spread = upper_product(np.abs(inverse), upper_sum(slopes.rad, 1))
    return float(upper_sum(np.stack([centre, spread], axis=1), 1).max())


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
