"""The search for the bounds of a lifted family."""

from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.structure.lift import lift_of
from foundation.computing_time import computing_time


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """For each factor what the other engines prove about it; `deadline` in `computing_time()` seconds."""
    from search.lyapunov.driver import lyapunov_exponent

    lift = lift_of(family)
    proofs = []
    for number, factor in enumerate(lift.factors):
        share = (deadline - computing_time()) / (len(lift.factors) - number)
        found = lyapunov_exponent(factor, tolerance=10.0 ** (-4 - 2 * effort), budget=max(share, 0.1))
        proofs.append([[proof.engine, proof.witness] for proof in found.proofs])
    return {"factors": proofs}
