"""The search for a common invariant subspace and the bounds of the blocks."""

from typing import Any

from flint import fmpq_mat

from certify.lyapunov.families.family import Family, Witness
from certify.lyapunov.structure.reduction import components, diagonal_blocks, in_basis
from foundation.computing_time import computing_time
from search.lyapunov.structure.invariant_subspace import invariant_basis

_LARGEST_EXACT = 8


def applies(family: Any) -> str | None:
    """None when a common invariant subspace is found: by zero entries, or exactly for rational families up to d = 8."""
    if not isinstance(family, Family):
        return "the family is not a list of matrices"
    if family.dimension == 1:
        return "dimension one is not reducible"
    if len(components(family)) > 1 or _basis(family) is not None:
        return None
    return "no common invariant subspace is found"


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The basis (rationals as strings; empty when zeros suffice) and proofs for every diagonal block."""
    basis = None if len(components(family)) > 1 else _basis(family)
    blocks = diagonal_blocks(family if basis is None else in_basis(family, basis))
    strings = [] if basis is None else [[str(x) for x in row] for row in basis.tolist()]
    return {"basis": strings, "blocks": block_proofs(blocks, effort, deadline)}


def block_proofs(blocks: list[Any], effort: int, deadline: float) -> list[list[list[Any]]]:
    """For every block the list of [engine, witness] that bounds its exponent."""
    from search.lyapunov.driver import lyapunov_exponent

    share = max((deadline - computing_time()) / len(blocks), 0.01)
    proofs = []
    for block in blocks:
        result = lyapunov_exponent(block, tolerance=1e-10, budget=min(share, 4.0**effort))
        proofs.append([[proof.engine, proof.witness] for proof in result.proofs])
    return proofs


def _basis(family: Family) -> fmpq_mat | None:
    if family.exact is None or family.dimension > _LARGEST_EXACT or family.count > 64:
        return None
    return invariant_basis(family.exact)
