"""The search for the bounds of a reduced SGD family."""

from certify.lyapunov.family import Witness
from certify.lyapunov.sgd_family import SGDFamily
from certify.lyapunov.sgd_reduction import diagonal_blocks
from search.lyapunov.reduction import block_proofs


def propose(family: SGDFamily, effort: int, deadline: float) -> Witness:
    """Proofs for every block."""
    return {"blocks": block_proofs(diagonal_blocks(family), effort, deadline)}
