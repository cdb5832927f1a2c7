"""Two-sided bounds of the top exponent in dimension 3: test functions on the half-sphere of directions.

The half-sphere is cut into the three faces of a cube, and these into squares (`face_functions` has the theorem and
`face_bounds` the proof of the bounds).
"""

from certify.enclosure import Enclosure
from certify.lyapunov.face_functions import prove_in_frame
from certify.lyapunov.family import Family, Witness
from foundation import CertificateError

_DIMENSION = 3


def admits(family: Family) -> str | None:
    """None in dimension 3, else the reason."""
    if family.dimension == _DIMENSION:
        return None
    return f"directions on a half-sphere are those of dimension 3, not {family.dimension}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) that the witness proves; raises `CertificateError` when it is malformed."""
    if reason := admits(family):
        raise CertificateError(reason)
    return prove_in_frame(family, witness)
