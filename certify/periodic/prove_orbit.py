"""The prover of periodic orbits of flows: existence, period, multipliers, verdict, from problem and witness alone."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, ProofResult
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.equilibrium.spectrum import eigenvalue_claims, stated_eigenvalues
from certify.equilibrium.verdicts import decide
from certify.flow.statement import checked_steps
from certify.flow.vector_field import analytic_field
from certify.linear_algebra import Eigenvalues, eigenvalues, inverse
from certify.periodic.family import prove_orbit_of_family
from certify.periodic.orbit import Return, Section, orbit_field, returned, stays_away
from certify.periodic.orbit_zero import ADVICE, distance, existence, period_claim, proved_period, radii_of, section_of
from certify.program import Program
from certify.statements import say
from certify.verdict import Verdict
from certify.zeros import Undecided, ZeroProof


def prove_periodic_orbit(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove what can be proved about the periodic orbit near the witness's point, deterministically.

    problem: the field, a program (n,) -> (n,), and perhaps a first integral of it, (n,) -> (). witness: point (n,),
    basis (n, n - 1) and period of the section, radii (n,) of the box of unknowns, inverse (n, n) of the derivative
    (approximate), steps, order and precision of the flow, discs of the multipliers. Wrong witnesses lead to UNDECIDED
    or to fewer claims, never to a wrong proof.
    """
    if "integral" in problem:
        return prove_orbit_of_family(problem, witness)
    program = orbit_field(problem)
    if witness.get("degenerate") is True:
        reason, step = say("periodic-orbit.degenerate"), say("periodic-orbit.name-the-integral")
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, step)
    section = section_of(witness, program.inputs[0].size)
    radii = radii_of(witness, len(section.point))
    right_inverse = floats(witness, "inverse", (len(section.point),) * 2)
    found = returned(program, section, radii, witness)
    if isinstance(found, str):
        return _undecided(say("periodic-orbit.no-flow", detail=found))
    proof = existence(section, found, radii, right_inverse)
    if isinstance(proof, Undecided):
        return _undecided(say("periodic-orbit.not-proved", detail=proof.reason))
    period = proved_period(section, proof)
    if period is None:
        return _undecided(say("periodic-orbit.not-positive"))
    return _outcome(program, section, found, proof, period, witness)


def multiplier_matrix(section: Section, found: Return) -> Ball:
    """The derivative of the Poincare map in the coordinates y, (n - 1, n - 1).

    DPhi_T maps the velocity v to itself; in the basis (v, E) it is [[1, *], [0, N]], N = (P^-1 DPhi_T E) without its
    first row, P = (v, E).
    """
    velocity = found.velocity.reshape((len(section.point), 1))
    frame = Ball(np.hstack([velocity.mid, section.basis]), np.hstack([velocity.rad, np.zeros(section.basis.shape)]))
    return inverse(frame)[1:] @ (found.monodromy @ section.basis)


def _outcome(
    program: Program,
    section: Section,
    found: Return,
    proof: ZeroProof,
    period: Enclosure,
    witness: Mapping[str, Any],
) -> ProofResult:
    precision = checked_steps(witness)[2]
    least = stays_away(program, found, period.upper / 2 * (1 + 2.0**-50), precision)
    matrix = multiplier_matrix(section, found)
    claims: tuple[Claim, ...] = (distance(section, proof), period_claim(period, least))
    analytic = analytic_field()  # `returned` gives nothing else
    if not np.isfinite(matrix.rad).all():
        reason = say("periodic-orbit.not-transversal")
        return ProofResult(Verdict.UNDECIDED, "", claims, (analytic,), reason, ADVICE)
    multipliers = eigenvalues(matrix)
    decision = decide(multipliers, "map", "none")
    decided = decision.verdict is not Verdict.UNDECIDED
    theorem = say(f"periodic-orbit.{decision.verdict.value}") if decided else ""
    claims += (*decision.claims, *_multiplier_claims(multipliers, witness))
    required = (analytic, decision.hyperbolic)
    return ProofResult(decision.verdict, theorem, claims, required, decision.reason, decision.next_step)


def _multiplier_claims(found: Eigenvalues, witness: Mapping[str, Any]) -> tuple[Claim, ...]:
    discs = witness.get("discs")
    stated = stated_eigenvalues(found, discs) if isinstance(discs, dict) and discs else None
    return () if stated is None else eigenvalue_claims(stated)


def _undecided(reason: str) -> ProofResult:
    return ProofResult(Verdict.UNDECIDED, "", (), (), reason, ADVICE)
