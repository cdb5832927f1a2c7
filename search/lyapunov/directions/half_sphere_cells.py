"""The search for a trial function on the directions of three dimensions."""

from certify.lyapunov.families.family import Family, Witness
from search.lyapunov.directions.face_functions import propose_in_frame

_CELLS = 2000


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """A test function on adaptive squares, four times as many for each unit of `effort`, or as many as time allows.

    `deadline` is a `computing_time()` value. The witness is that of `face_functions`.
    """
    return propose_in_frame(family, _CELLS * 4**effort, deadline)
