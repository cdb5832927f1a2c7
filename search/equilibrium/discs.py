"""Discs for the eigenvalues of a linearisation, with room for other roundings."""

import numpy as np

from certify.arithmetic.rounding import UNIT_ROUNDOFF
from certify.equilibrium.spectrum import are_disjoint
from certify.linear_algebra.discs import Eigenvalues

_PROPOSED_MARGIN = 1.0 + 2.0**-4


def proposed_discs(found: Eigenvalues) -> dict[str, np.ndarray]:
    """Discs slightly larger than those found, which another machine will find too; empty without finite discs."""
    if not np.isfinite(found.radii).all():
        return {}
    size = 64 * UNIT_ROUNDOFF * np.abs(found.centers)
    discs = {
        "real": found.centers.real.copy(),
        "imaginary": found.centers.imag.copy(),
        "radii": found.radii * _PROPOSED_MARGIN + size + 2.0**-1000,
        "counts": found.counts.astype(np.int64),
    }
    discs["radii"] = np.where(found.is_real & (found.radii == 0), 0.0, discs["radii"])
    return discs if are_disjoint(discs) else {}
