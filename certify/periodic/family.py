"""Periodic orbits that come in families, one on each level of a first integral: x' = f(x), grad H . f = 0.

With one more unknown a the field f + a grad H has isolated periodic orbits on a level: along one of period T,
0 = H(x(T)) - H(x(0)) = a int |grad H|^2, so that a = 0 and the orbit is one of f [F. Munoz-Almaraz, E. Freire,
J. Galan, E. Doedel, A. Vanderbauwhede, Physica D 181 (2003)].
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Hypothesis, ProofResult, Status, hypothesis
from certify.equilibrium.identities import vanishes_identically
from certify.equilibrium.prove import floats
from certify.flow.statement import checked_steps
from certify.flow.vector_field import analytic_field, checked_field
from certify.periodic.orbit import Return, orbit_field, returned, stays_away
from certify.periodic.orbit_zero import ADVICE, distance, existence, period_claim, proved_period, radii_of, section_of
from certify.program import Program, analytic_on, evaluate, gradient_program, piecewise_obstacle
from certify.program.arb import to_ball
from certify.program.builder import Builder
from certify.program.regularity import has_cuts
from certify.program.signature import Signature
from certify.statements import say
from certify.verdict import Verdict
from certify.zeros import Undecided
from foundation import CertificateError, InputError


def extended_field(field: Program, integral: Program) -> Program:
    """(x, a) -> (f(x) + a grad H(x), 0), from the programs (n,) -> (n,) of f and (n,) -> () of H."""
    builder, n = Builder(), field.inputs[0].size
    whole = builder.input(Signature((n + 1,)))
    x, last = (
        builder.emit("slice", whole, starts=(low,), limits=(high,), strides=(1,)) for low, high in ((0, n), (n, n + 1))
    )
    value, gradient = (builder.inline(p, [x])[p.outputs[0]] for p in (field, gradient_program(integral)))
    moved = builder.emit("add", value, builder.emit("mul", last, gradient))
    return builder.program([builder.emit("concatenate", moved, builder.number(0.0, (1,)), axis=0)])


def is_first_integral(field: Program, integral: Program) -> bool:
    """Whether grad H . f is 0, as its expansion in the variables and in the functions that occur shows."""
    builder = Builder()
    x = builder.input(field.inputs[0])
    parts = [builder.inline(p, [x])[p.outputs[0]] for p in (gradient_program(integral), field)]
    return vanishes_identically(builder.program([builder.emit("reduce_sum", builder.emit("mul", *parts), axes=(0,))]))


def prove_orbit_of_family(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove a periodic orbit on the level of the first integral through the witness's point, deterministically.

    problem: field (n,) -> (n,) and integral (n,) -> (). witness: as of `prove_periodic_orbit`, for the field of
    (x, a): point (n + 1,) with a = 0, basis (n + 1, n), radii (n + 1,), inverse (n + 1, n + 1), no discs.
    """
    field, integral = orbit_field(problem), integral_of(problem)
    if witness.get("degenerate") is True:
        reason, step = say("periodic-orbit.degenerate"), say("periodic-orbit.name-the-integral")
        return ProofResult(Verdict.UNDECIDED, "", (), (), reason, step)
    extended, n = extended_field(field, integral), field.inputs[0].size
    section = section_of(witness, n + 1)
    radii, inverse = radii_of(witness, n + 1), floats(witness, "inverse", (n + 1, n + 1))
    if section.point[-1] != 0:
        raise CertificateError("the witness of the orbit's family does not start at the field itself")
    if not is_first_integral(field, integral):
        return _undecided(say("periodic-orbit.no-integral"))
    found = returned(extended, section, radii, witness)
    if isinstance(found, str):
        return _undecided(say("periodic-orbit.no-flow", detail=found))
    rough = _roughness(integral, found)
    if rough:
        return _undecided(say("periodic-orbit.no-flow", detail=rough))
    slope = evaluate(gradient_program(integral), [found.start[:n]])[0]
    if not (slope.mignitude > 0).any():
        return _undecided(say("periodic-orbit.critical-level"))
    leveled = _with_level(found, in_units(slope), section.basis)
    proof = existence(section, leveled, radii, inverse)
    if isinstance(proof, Undecided):
        return _undecided(say("periodic-orbit.not-proved", detail=proof.reason))
    period = proved_period(section, proof)
    if period is None:
        return _undecided(say("periodic-orbit.not-positive"))
    least = stays_away(extended, found, period.upper / 2 * (1 + 2.0**-50), checked_steps(witness)[2])
    claims = (distance(section, proof), period_claim(period, least))
    required = (analytic_field(), _conserved())
    return ProofResult(Verdict.PROVED, say("periodic-orbit.family"), claims, required, "", "")


def _roughness(integral: Program, found: Return) -> str:
    """What stands against the integral being one real-analytic function along the orbit, or "": a branch cut, or the
    edge of its domain, which its gradient does not show.
    """
    n = integral.inputs[0].size
    if piecewise_obstacle(integral):
        return piecewise_obstacle(integral)
    if has_cuts(integral):
        return "the first integral has a branch cut"
    boxes = [to_ball(np.array(tube, dtype=object))[:n] for tube in (*found.passage.tube, found.around)]
    tubes = Ball(np.array([box.mid for box in boxes]), np.array([box.rad for box in boxes]))
    return analytic_on(integral, [tubes], batch=[True]).obstacle


def in_units(slope: Ball) -> Ball:
    """The gradient times the power of two that brings its largest entry near 1: H in the unit of the state."""
    return slope * float(np.ldexp(1.0, -int(np.frexp(np.abs(slope.mid).max())[1])))


def _with_level(found: Return, slope: Ball, basis: np.ndarray) -> Return:
    """The equation of the unknown a, which is void, replaced by H(x + E y) = H(x): 0 at the centre itself."""
    n = len(slope)
    row = (slope.reshape((1, n)) @ basis[:n]).reshape((n,))
    mid, rad = found.derivative.mid.copy(), found.derivative.rad.copy()
    mid[n], rad[n] = np.append(row.mid, 0.0), np.append(row.rad, 0.0)
    value = Ball(np.append(found.value.mid[:n], 0.0), np.append(found.value.rad[:n], 0.0))
    return replace(found, value=value, derivative=Ball(mid, rad))


def integral_of(problem: Mapping[str, Any]) -> Program:
    """The first integral of a certificate's problem; raises `CertificateError` when it does not fit the field."""
    field, integral = orbit_field(problem), problem.get("integral")
    if not isinstance(integral, Program) or len(integral.inputs) != 1 or len(integral.outputs) != 1:
        raise CertificateError("the problem of the periodic orbit has a malformed first integral")
    if integral.inputs != field.inputs or integral.output_signatures[0] != Signature(()):
        raise CertificateError("the first integral does not map the state of the field to one number")
    try:
        checked_field(extended_field(field, integral))
    except InputError as error:
        raise CertificateError(f"the first integral does not fit the field: {error}") from None
    return integral


def _conserved() -> Hypothesis:
    return hypothesis("periodic-orbit.integral", Status.PROVED, say("periodic-orbit.expanded"))


def _undecided(reason: str) -> ProofResult:
    return ProofResult(Verdict.UNDECIDED, "", (), (), reason, ADVICE)
