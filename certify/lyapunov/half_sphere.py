"""Two-sided bounds of the top exponent in dimension 3: test functions on the half-sphere of directions.

The half-sphere is cut into the three faces of a cube, and these into squares (`face_functions` has the theorem and
`face_bounds` the proof of the bounds).
"""

from certify.enclosure import Enclosure
from certify.lyapunov.face_functions import propose_in_frame, prove_in_frame
from certify.lyapunov.family import Family, Witness
from foundation import CertificateError

_DIMENSION = 3
_CELLS = 2000


def applies(family: Family) -> str | None:
    """None in dimension 3, else the reason."""
    if family.dimension == _DIMENSION:
        return None
    return f"directions on a half-sphere are those of dimension 3, not {family.dimension}"


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """A test function on adaptive squares, four times as many for each unit of `effort`, or as many as time allows.

    `deadline` is a `computing_time()` value. The witness is that of `face_functions`.
    """
    return propose_in_frame(family, _CELLS * 4**effort, deadline)


def prove(family: Family, witness: Witness) -> Enclosure:
    """The bounds (nats per step) that the witness proves; raises `CertificateError` when it is malformed."""
    if reason := applies(family):
        raise CertificateError(reason)
    return prove_in_frame(family, witness)
