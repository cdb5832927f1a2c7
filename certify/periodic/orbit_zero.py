"""What proofs of periodic orbits share: the section, the zero of its equations, and what they say of it."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, claim
from certify.enclosure import Enclosure
from certify.equilibrium.prove import floats
from certify.linear_algebra.norms import frobenius_norm_bound
from certify.periodic.orbit import Return, Section
from certify.statements import say
from certify.zeros import Undecided, ZeroProof, prove_zero
from foundation import CertificateError, InputError

ADVICE = say("periodic-orbit.polish")
_RANGE = 1.0 - 2.0**-20


def section_of(witness: Mapping[str, Any], n: int) -> Section:
    """The section of a witness; raises `CertificateError` where it is malformed."""
    period = witness.get("period")
    if not isinstance(period, float) or not 0 < period < np.inf:
        raise CertificateError("the witness of the periodic orbit has a malformed period")
    return Section(floats(witness, "point", (n,)), floats(witness, "basis", (n, n - 1)), period)


def existence(section: Section, found: Return, radii: np.ndarray, right_inverse: np.ndarray) -> ZeroProof | Undecided:
    """A zero of F(y, T) = Phi_T(x + E y) - (x + E y) in the box of unknowns over which its derivative is known."""

    def derivative(over: Ball) -> Ball:
        if not ((over.rad <= radii).all() and np.array_equal(over.mid, section.unknowns)):
            raise InputError("the derivative is known over a smaller box only")
        return found.derivative

    rows = np.linalg.norm(right_inverse, axis=1)
    within = [r / row for r, row in zip(radii, rows, strict=True) if row > 0]
    if not within or not min(within) > 0:
        return Undecided("the box of unknowns is empty", ADVICE)
    try:
        return prove_zero(
            found.value, derivative, section.unknowns, right_inverse=right_inverse, radius=_RANGE * min(within)
        )
    except InputError as error:
        return Undecided(str(error), ADVICE)


def radii_of(witness: Mapping[str, Any], n: int) -> np.ndarray:
    """The half sides of the box of unknowns, (n,); raises `CertificateError` where they are malformed."""
    radii = floats(witness, "radii", (n,))
    if not (radii >= 0).all():
        raise CertificateError("the witness of the periodic orbit has negative radii")
    return radii


def proved_period(section: Section, proof: ZeroProof) -> Enclosure | None:
    """The period of the proved orbit; None where it is not proved to be positive."""
    period = Ball(section.unknowns, proof.box)[-1].enclosure()
    return period if period.lower > 0 else None


def period_claim(period: Enclosure, least: bool) -> Claim:
    return claim("periodic-orbit.least-period" if least else "periodic-orbit.period", period)


def distance(section: Section, proof: ZeroProof) -> Claim:
    deviation = Ball.exact(section.basis) @ Ball(np.zeros(len(proof.box) - 1), proof.box[:-1])
    bound = frobenius_norm_bound(deviation.reshape(1, -1))
    return claim("periodic-orbit.radius", Enclosure(0.0, bound))
