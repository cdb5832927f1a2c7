"""The search for the bounds of a family that is nearly a Kronecker product."""

import numpy as np

from certify.enclosure import Enclosure
from certify.lyapunov.families.family import Family, Witness, matrix_family
from certify.lyapunov.structure.perturbed_kronecker_product import admits, factor_probabilities
from foundation import CertificateError
from foundation.computing_time import computing_time
from search.lyapunov.structure.kronecker_form import framed, recognised, refined
from search.lyapunov.structure.stationary_measure_regularity import propose_tails

_LEVELS_PER_STEP = 9.0
_DEPTH = 8


def applies(family: Family) -> str | None:
    """None for exact families in dimension 4 that are independent Kronecker products up to rounding, else why."""
    if reason := admits(family):
        return reason
    found = recognised(family.matrices.mid)
    if found is None:
        return "the matrices are not seen to be Kronecker products of independent factors up to rounding"
    if factor_probabilities(family, found.rows, found.columns) is None:
        return "the factors of the Kronecker products are not independent"
    return None


def propose(family: Family, effort: int, deadline: float) -> Witness:
    """The Kronecker products, proofs of the factors' exponents and bounds of their tails, finer with more `effort`."""
    from search.lyapunov.driver import lyapunov_exponent

    found = recognised(family.matrices.mid)
    probabilities = None if found is None else factor_probabilities(family, found.rows, found.columns)
    if found is None or probabilities is None:
        raise CertificateError("the family is not an independent Kronecker product up to rounding")
    found = refined(family.matrices.mid, framed(found, probabilities))
    proofs, tails = [], []
    for number, (factors, weights) in enumerate(zip((found.left, found.right), probabilities, strict=True)):
        planar = matrix_family(factors, weights)
        share = (deadline - computing_time()) / (3 - number)
        result = lyapunov_exponent(
            planar, tolerance=10.0 ** (-4 - effort), budget=min(max(share, 0.5), 4.0 ** (effort + 1))
        )
        proofs.append([[proof.engine, proof.witness] for proof in result.proofs])
        tails.append(propose_tails(planar, _step(planar, result.enclosure) / 1.5**effort, _DEPTH + min(effort, 3)))
    indices = {"rows": found.rows.astype(float), "columns": found.columns.astype(float)}
    matrices = {"basis": found.basis, "left": found.left, "right": found.right}
    return matrices | indices | {"proofs": proofs, "tails": tails}


def _step(planar: Family, exponent: Enclosure) -> float:
    """A fraction of the gap between the two exponents of a plane family, by which its tails shrink every step."""
    total = float(planar.probabilities.mid @ np.log(np.abs(np.linalg.det(planar.matrices.mid))))
    gap = 2 * exponent.midpoint - total if np.isfinite(exponent.midpoint) else 0.5
    return float(np.clip(gap / _LEVELS_PER_STEP, 0.01, 0.1))
