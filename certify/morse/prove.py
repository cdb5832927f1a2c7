"""The prover of Morse certificates: the class of a function on a box, from its subdivision."""

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.equilibrium import KnownZero, position
from certify.equilibrium.known_zeros import is_new, prove_known
from certify.equilibrium.prove import floats
from certify.equilibrium.smoothness import nonsmooth_point
from certify.morse.critical_points import CriticalPoint, degenerate_point, degenerate_zero, regular_point
from certify.morse.degenerate import is_critical, is_degenerate
from certify.morse.degenerate_zero import DegenerateZero, degenerate_enclosure
from certify.morse.partition import COVERED, EXCLUDED, OPEN, Boxes, halves, levels, unpack
from certify.morse.problem import MorseProblem
from certify.morse.search import covered, excluded
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

_CHUNK = 4096
# Another machine rounds differently: a part that is barely excluded is halved this often.
_FURTHER_HALVINGS = 6


def prove_morse_class(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove the class of the function on the box, and its critical points there, from the witness alone.

    problem: see `MorseProblem`. witness: points (M, d), inverses (M, d, d) and radii (M,) of the critical points,
    exact (M,) marks those that are the floats themselves, parts: the subdivision, degenerate: a rational point, a
    `DegenerateZero`, or none.
    """
    statement = MorseProblem.from_tree(problem)
    zeros = _zeros(statement, witness)
    points = _described(statement, zeros, witness)
    if statement.roughness:
        reason, advice = say("morse.rough", detail=statement.roughness), say("morse.leave-out-kinks")
        return ProofResult(Verdict.UNDECIDED, "", (), (_smooth(Status.UNDECIDED),), reason, advice)
    degenerate = _degenerate(statement, witness)
    if degenerate is not None:
        claims = (_class_claim(3), *_claims(points), _degenerate_claim(degenerate))
        theorem = say("morse.common-zero" if degenerate.exact is None else "morse.identity")
        return ProofResult(Verdict.PROVED, theorem, claims, (_smooth(Status.PROVED),))
    undecided = undecided_parts(statement, zeros, unpack(witness.get("parts")))
    return _concluded(points, len(undecided[0]))


def described_points(problem: MorseProblem, witness: Mapping[str, Any]) -> tuple[CriticalPoint, ...]:
    """The critical points that the witness proves."""
    points = _described(problem, _zeros(problem, witness), witness).values()
    degenerate = _degenerate(problem, witness)
    return (*points, *(() if degenerate is None else (degenerate,)))


def undecided_parts(problem: MorseProblem, zeros: list[KnownZero], codes: np.ndarray) -> Boxes:
    """The parts of the subdivision that are left open; raises `CertificateError` where one does not hold as marked."""
    found: list[Boxes] = []
    for (lower, upper), own in levels(codes, problem.lower, problem.upper):
        inside = own == COVERED
        if not covered(zeros, (lower[inside], upper[inside])).all():
            raise CertificateError("a part of the certificate's box belongs to no critical point of its list")
        free = own == EXCLUDED
        _demand_excluded(problem, (lower[free], upper[free]), _FURTHER_HALVINGS)
        found.append((lower[own == OPEN], upper[own == OPEN]))
    lower, upper = (np.concatenate([part[side] for part in found]) for side in (0, 1))
    return lower, upper


def _demand_excluded(problem: MorseProblem, boxes: Boxes, halvings: int) -> None:
    for start in range(0, len(boxes[0]), _CHUNK):
        part = boxes[0][start : start + _CHUNK], boxes[1][start : start + _CHUNK]
        test = excluded(problem, part)
        left = ~test.excluded
        if not left.any():
            continue
        if halvings == 0:
            raise CertificateError("a part of the certificate's box may hold a critical point that it does not list")
        rest = part[0][left], part[1][left]
        _demand_excluded(problem, halves(rest, np.argmax(rest[1] - rest[0], axis=1)), halvings - 1)


def _concluded(points: Mapping[int, CriticalPoint], undecided: int) -> ProofResult:
    inside = sum(point.position == "inside" for point in points.values())
    number = Enclosure(float(inside), float(len(points)))
    theorem, hypotheses = say("morse.subdivision"), (_smooth(Status.PROVED),)
    if undecided:
        claims = (claim("morse.critical-points-at-least", Enclosure(float(inside), math.inf)), *_claims(points))
        reason, advice = say("morse.undecided-parts", count=undecided), say("morse.more-budget")
        return ProofResult(Verdict.UNDECIDED, theorem, claims, hypotheses, reason, advice)
    claims = (claim("morse.critical-points", number), *_claims(points))
    if points and not inside:
        reason, advice = say("morse.boundary-only"), say("morse.move-boundary")
        return ProofResult(Verdict.UNDECIDED, theorem, claims, hypotheses, reason, advice)
    return ProofResult(Verdict.PROVED, theorem, (_class_claim(2 if points else 1), *claims), hypotheses)


def _class_claim(number: int) -> Claim:
    return claim(f"morse.class-{number}", Enclosure(float(number), float(number)))


def _claims(points: Mapping[int, CriticalPoint]) -> tuple[Claim, ...]:
    return tuple(claim for k, point in points.items() for claim in _point_claims(k, point))


def _point_claims(k: int, point: CriticalPoint) -> tuple[Claim, ...]:
    own = claim(
        "morse.critical-point",
        Enclosure(0.0, point.radius),
        point=k,
        index=-1 if point.index is None else point.index,
        place=point.position,
        exact="near" if point.exact is None else "exact",
    )
    values = (
        claim("morse.hessian-eigenvalue", value, point=k, index=j + 1) for j, value in enumerate(point.eigenvalues)
    )
    return (own, *values)


def _degenerate_claim(point: CriticalPoint) -> Claim:
    if point.exact is None:
        return claim("morse.degenerate-near", Enclosure(0.0, point.radius))
    return claim("morse.degenerate-at")


def _smooth(status: Status) -> Hypothesis:
    reason = say("morse.analytic" if status is Status.PROVED else "morse.kink")
    return hypothesis("morse.smooth", status, reason)


def _described(problem: MorseProblem, zeros: list[KnownZero], witness: Mapping[str, Any]) -> dict[int, CriticalPoint]:
    """The proved critical points that are not proved to lie outside of the box, by their number in the witness."""
    found = {}
    for k, (zero, exact) in enumerate(zip(zeros, _exact(problem, zeros, witness), strict=True)):
        place = "inside" if exact else position(zero, problem.lower, problem.upper)
        if place == "boundary" and nonsmooth_point(problem.function, zero.box):
            raise CertificateError("a critical point on the boundary lies where the function may not be smooth")
        if place != "outside":
            found[k + 1] = regular_point(problem, zero, place, exact)
    return found


def _zeros(problem: MorseProblem, witness: Mapping[str, Any]) -> list[KnownZero]:
    radii, d = witness.get("radii"), problem.dimension
    if not isinstance(radii, np.ndarray) or radii.ndim != 1 or radii.dtype != np.float64:
        raise CertificateError("the certificate's witness has no radii")
    points, inverses = floats(witness, "points", (len(radii), d)), floats(witness, "inverses", (len(radii), d, d))
    zeros: list[KnownZero] = []
    for point, inverse, radius in zip(points, inverses, radii.tolist(), strict=True):
        zero = prove_known(problem.zeros, point, inverse, radius)
        if zero is None or not is_new(zeros, zero):
            raise CertificateError(f"point {len(zeros) + 1} of the witness is not proved to be near a critical point")
        zeros.append(zero)
    return zeros


def _exact(problem: MorseProblem, zeros: list[KnownZero], witness: Mapping[str, Any]) -> list[bool]:
    """Which critical points are the floats themselves: proved for those that are marked, which lie in the box."""
    marks = witness.get("exact")
    if not isinstance(marks, np.ndarray) or marks.dtype != bool or marks.shape != (len(zeros),):
        raise CertificateError("the certificate's witness does not say which critical points are exact")
    for zero, mark in zip(zeros, marks.tolist(), strict=True):
        place = [Fraction(x) for x in zero.point.tolist()]
        within = (problem.lower <= zero.point).all() and (zero.point <= problem.upper).all()
        if mark and not (within and is_critical(problem, place)):
            raise CertificateError("a point that the certificate calls an exact critical point is not proved to be one")
    return [bool(mark) for mark in marks]


def _degenerate(problem: MorseProblem, witness: Mapping[str, Any]) -> CriticalPoint | None:
    place = witness.get("degenerate")
    if place is None:
        return None
    if isinstance(place, dict):
        return _common_zero(problem, DegenerateZero.from_tree(place, problem.dimension))
    good = isinstance(place, list) and len(place) == problem.dimension and all(isinstance(x, Fraction) for x in place)
    if not good or not all(
        Fraction(a) <= x <= Fraction(b)
        for a, x, b in zip(problem.lower.tolist(), place, problem.upper.tolist(), strict=True)
    ):
        raise CertificateError("the certificate's degenerate critical point lies outside of the box")
    if not is_degenerate(problem, place):
        raise CertificateError("the certificate's degenerate critical point is not proved to be one")
    return degenerate_point(problem, tuple(place))


def _common_zero(problem: MorseProblem, zero: DegenerateZero) -> CriticalPoint:
    place = degenerate_enclosure(problem, zero)
    if place is None:
        raise CertificateError("the certificate's degenerate critical point is not proved to be one")
    return degenerate_zero(problem, place)
