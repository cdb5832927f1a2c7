"""Reducible families: block-triangular form, whose exponent is the largest of the exponents of its diagonal blocks."""

from typing import Any

import numpy as np
from flint import fmpq_mat

from certify.arithmetic import Ball
from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.families.rationals import rational_text
from foundation import CertificateError


def admits(family: Any) -> str | None:
    """None for lists of matrices from dimension two on: the witness names the subspace, which is not searched again."""
    if not isinstance(family, Family):
        return "the family is not a list of matrices"
    return "dimension one is not reducible" if family.dimension == 1 else None


def prove(family: Family, witness: Witness) -> Enclosure:
    """lambda = max over the diagonal blocks of S^-1 A S, nats per step [Furstenberg, Kifer 1983, Lemma 3.6].

    A product of block-triangular matrices has the products of the diagonal blocks on its diagonal, and off the diagonal
    sums of n terms (product of one block)(entry)(product of another): none of them grows faster than the largest
    exponent, singular blocks included. Checked: the basis is square and regular; which entries are zero is read off the
    family itself; there are two blocks at least, and one list of proofs for each.
    """
    changed = family
    if len(witness["basis"]):
        if family.exact is None:
            raise CertificateError("a change of basis needs an exact family")
        basis = fmpq_mat([[rational_text(x) for x in row] for row in witness["basis"]])
        if (basis.nrows(), basis.ncols()) != (family.dimension,) * 2:
            raise CertificateError(f"the basis of the witness must have {family.dimension} rows and columns")
        changed = in_basis(family, basis)
    blocks = diagonal_blocks(changed)
    if len(blocks) < 2:
        raise CertificateError("the family is not block-triangular in the basis of the witness")
    return largest_exponent(blocks, witness["blocks"])


def diagonal_blocks(family: Family) -> list[Family]:
    """The diagonal blocks of the block-triangular form that permuting the coordinates gives."""
    return [_restricted(family, component) for component in components(family)]


def in_basis(family: Family, basis: fmpq_mat) -> Family:
    """The exact family S^-1 A_i S; raises `CertificateError` for a singular S."""
    assert family.exact is not None
    try:
        inverse = basis.inv()
    except ZeroDivisionError:
        raise CertificateError("the basis of the witness is singular") from None
    matrices = [inverse * a * basis for a in family.exact]
    return matrix_family(matrices, _probabilities(family))


def largest_exponent(blocks: list[Any], proofs: list[list[list[Any]]]) -> Enclosure:
    """The enclosure of the largest exponent of the blocks that their proofs give."""
    enclosures = block_exponents(blocks, proofs)
    return Enclosure(max(e.lower for e in enclosures), max(e.upper for e in enclosures))


def block_exponents(blocks: list[Any], proofs: list[list[list[Any]]]) -> list[Enclosure]:
    """The enclosure of every block's exponent; raises `CertificateError` when the numbers differ."""
    from certify.lyapunov.prove import prove_exponent

    if len(proofs) != len(blocks):
        raise CertificateError(f"the witness has proofs for {len(proofs)} blocks, but there are {len(blocks)}")
    return [
        prove_exponent(block, [(name, witness) for name, witness in listed])
        for block, listed in zip(blocks, proofs, strict=True)
    ]


def components(family: Family) -> list[list[int]]:
    """Coordinates grouped by strong connection: an edge j -> i where some entry (i, j) is not exactly zero."""
    import networkx

    present = (family.matrices.magnitude > 0).any(axis=0)
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(family.dimension))
    graph.add_edges_from((int(j), int(i)) for i, j in np.argwhere(present))
    return sorted(sorted(component) for component in networkx.strongly_connected_components(graph))


def _restricted(family: Family, component: list[int]) -> Family:
    if family.exact is None:
        rows, columns = np.ix_(component, component)
        return matrix_family(family.matrices[:, rows, columns], _probabilities(family))
    tables = [a.tolist() for a in family.exact]
    return matrix_family(
        [fmpq_mat([[t[i][j] for j in component] for i in component]) for t in tables], _probabilities(family)
    )


def _probabilities(family: Family) -> Ball | list[Any]:
    return family.probabilities if family.exact_probabilities is None else list(family.exact_probabilities)
