"""The search for a trial function on the directions of four dimensions."""

from certify.lyapunov.family import Family, Witness
from search.lyapunov.face_functions import propose_in_frame

_CELLS = 2000


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """A test function on adaptive cubes, four times as many for each unit of `effort`, or as many as time allows.

    `deadline` is a `computing_time()` value. The witness is that of `face_functions`.
    """
    return propose_in_frame(family, _CELLS * 4**effort, deadline)
