"""Proved Lyapunov exponents of independent identically distributed matrix products.

The builders `family`, `sgd_family` and `certified_range` live in the modules of the same names.
"""

from certify.lyapunov.certified_range import Segment, prove_range
from certify.lyapunov.confidence import ConfidenceBound
from certify.lyapunov.family import Family, Witness, family_as_data, family_from_data
from certify.lyapunov.prove import Proof, prove_exponent
from certify.lyapunov.sgd_family import SGDFamily, avoids, is_connected, is_regular

__all__ = [
    "ConfidenceBound",
    "Family",
    "Proof",
    "SGDFamily",
    "Segment",
    "Witness",
    "avoids",
    "family_as_data",
    "family_from_data",
    "is_connected",
    "is_regular",
    "prove_exponent",
    "prove_range",
]
