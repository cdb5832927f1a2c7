"""The search for a trial function on the projective line."""

from certify.lyapunov.family import Family, Witness
from certify.lyapunov.projective_line import MOST_CELLS
from search.lyapunov.line_search import solve_adaptively

_EVALUATIONS = 30_000
_ROUNDS = 400


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """A piecewise linear f on adaptive cells, four times as many for each unit of `effort`.

    `deadline` is a `computing_time()` value after which the cells are not refined further. The witness holds the
    ascending `nodes` (N,) in [0, 2), `values` (N,), an estimate `exponent`, and the number of averaging `rounds`.
    """
    # a cell has k + 1 pieces, each with k images
    cells = max(256, _EVALUATIONS * 4**effort // (family.count * (family.count + 1)))
    found = solve_adaptively(family.matrices.mid, family.probabilities.mid, min(cells, MOST_CELLS), deadline)
    return {"nodes": found.nodes, "values": found.values, "exponent": found.exponent, "rounds": _ROUNDS}
