"""Two-sided bounds of the top exponent in dimension 4: test functions on the three-sphere modulo +-1.

The directions are cut into the four faces of a cube, and these into cubes (`face_functions` has the theorem and
`face_bounds` the proof of the bounds).
"""

from certify.enclosure import Enclosure
from certify.lyapunov.face_functions import prove_in_frame
from certify.lyapunov.family import Family, Witness
from foundation import CertificateError

_DIMENSION = 4


def admits(family: Family) -> str | None:
    """None in dimension 4, else the reason."""
    if family.dimension == _DIMENSION:
        return None
    return f"directions on the three-sphere are those of dimension 4, not {family.dimension}"


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) that the witness proves; raises `CertificateError` when it is malformed."""
    if reason := admits(family):
        raise CertificateError(reason)
    return prove_in_frame(family, witness)
