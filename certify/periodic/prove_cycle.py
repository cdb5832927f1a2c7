"""The prover of periodic points: existence, least period, multipliers, verdict, from problem and witness alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, Hypothesis, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.equilibrium.smoothness import nonsmooth_point
from certify.equilibrium.spectrum import eigenvalue_claims, stated_eigenvalues
from certify.equilibrium.verdicts import Decision, decide
from certify.linear_algebra import Eigenvalues, eigenvalues
from certify.linear_algebra.inverse import approximate_inverse
from certify.linear_algebra.norms import frobenius_norm_bound, infinity_norm_bound
from certify.periodic.cycle import Cycle
from certify.statements import say
from certify.verdict import Verdict
from certify.zeros import Undecided, ZeroProof, prove_zero
from foundation import InputError


def prove_periodic_point(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove what can be proved about the cycle near the witness's points, deterministically.

    problem: see `Cycle`. witness: points (m, n) of the cycle, point (n,) the first of them, discs of the multipliers,
    uniqueness_radius. Wrong witnesses lead to UNDECIDED or to fewer claims, never to a wrong proof.
    """
    cycle = Cycle.from_tree(problem)
    points = floats(witness, "points", (cycle.period, cycle.dimension))
    first = floats(witness, "point", (cycle.dimension,))
    proof = prove_cycle(cycle, points)
    if isinstance(proof, Undecided):
        reason = say("periodic-point.not-proved", detail=proof.reason)
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, say("periodic-point.next", detail=proof.next_step))
    boxes = Ball(points, proof.box.reshape(points.shape))
    claims = (*_existence(boxes, first), *_least_period(boxes), *_uniqueness(cycle, points, witness, proof))
    roughness = _nonsmooth_point(cycle, boxes)
    if roughness:
        reason = say("periodic-point.rough", detail=roughness)
        return ProofResult(Verdict.UNDECIDED, "", claims, (_smooth(False),), reason, say("periodic-point.smooth-it"))
    found = eigenvalues(cycle.multiplier_matrix(boxes))
    decision = decide(found, "map", "iterate")
    return _outcome(decision, (*claims, *decision.claims, *_multipliers(found, witness)))


def prove_cycle(cycle: Cycle, points: np.ndarray) -> ZeroProof | Undecided:
    """A zero of the cycle's equations near the points (m, n)."""
    flat = points.reshape(-1)
    return prove_zero(cycle.residual(Ball.exact(points)), lambda x: cycle.derivative(x.reshape(points.shape)), flat)


def is_injective_around(cycle: Cycle, points: np.ndarray, inverse: np.ndarray, radius: float) -> bool:
    """||I - B DG|| < 1 over the cubes makes every mean of the derivatives there non-singular."""
    cubes = Ball(points, np.full(points.shape, radius))
    try:
        derivative = cycle.derivative(cubes)
    except InputError:
        return False
    defect = Ball.exact(np.eye(len(inverse))) - Ball.exact(inverse) @ derivative
    return infinity_norm_bound(defect) < 1


def _existence(boxes: Ball, first: np.ndarray) -> tuple[Claim, ...]:
    distance = frobenius_norm_bound(Ball(np.zeros(first.shape), (boxes[0] - first).magnitude).reshape(1, -1))
    return (claim("periodic-point.radius", Enclosure(0.0, distance)),)


def _least_period(boxes: Ball) -> tuple[Claim, ...]:
    """The least period divides m; a smaller one d would make the points 1 and 1 + d equal."""
    m = len(boxes.mid)
    separate = all(_disjoint(boxes[0], boxes[d]) for d in range(1, m) if m % d == 0)
    if not separate:
        return ()
    return (claim("periodic-point.least-period", Enclosure(float(m), float(m))),)


def _disjoint(x: Ball, y: Ball) -> bool:
    return bool(((x.upper < y.lower) | (y.upper < x.lower)).any())


def _uniqueness(cycle: Cycle, points: np.ndarray, witness: Mapping[str, Any], proof: ZeroProof) -> tuple[Claim, ...]:
    radius = witness.get("uniqueness_radius")
    inverse = approximate_inverse(cycle.derivative(Ball.exact(points)).mid)
    if not isinstance(radius, float) or not proof.box.max() <= radius < np.inf or inverse is None:
        return ()
    if not is_injective_around(cycle, points, inverse, radius):
        return ()
    return (claim("periodic-point.uniqueness-radius", Enclosure(radius, radius)),)


def _nonsmooth_point(cycle: Cycle, boxes: Ball) -> str:
    return next((reason for k in range(cycle.period) if (reason := nonsmooth_point(cycle.map, boxes[k]))), "")


def _multipliers(found: Eigenvalues, witness: Mapping[str, Any]) -> tuple[Claim, ...]:
    discs = witness.get("discs")
    stated = stated_eigenvalues(found, discs) if isinstance(discs, dict) and discs else None
    return () if stated is None else eigenvalue_claims(stated)


def _smooth(proved: bool) -> Hypothesis:
    if not proved:
        return hypothesis("periodic-point.smooth", Status.UNDECIDED, say("periodic-point.kink"))
    return hypothesis("periodic-point.smooth", Status.PROVED, say("periodic-point.analytic"))


def _outcome(decision: Decision, claims: tuple[Claim, ...]) -> ProofResult:
    required = (_smooth(True), decision.hyperbolic)
    return ProofResult(decision.verdict, decision.theorem, claims, required, decision.reason, decision.next_step)
