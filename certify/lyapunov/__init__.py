"""Proved Lyapunov exponents of independent identically distributed matrix products.

The builders `family`, `sgd_family` and `certified_range` live in the modules of the same names.
"""

from certify.lyapunov.certified_range import CertifiedRange, Segment, prove_range
from certify.lyapunov.confidence import ConfidenceBound, confidence_bound, repeat_bound
from certify.lyapunov.driver import ExponentResult, Proof, lyapunov_exponent, prove_exponent
from certify.lyapunov.family import Family, Witness, family_as_data, family_from_data
from certify.lyapunov.sgd_family import SGDFamily, avoids, is_connected, is_regular

__all__ = [
    "CertifiedRange",
    "ConfidenceBound",
    "ExponentResult",
    "Family",
    "Proof",
    "SGDFamily",
    "Segment",
    "Witness",
    "avoids",
    "confidence_bound",
    "family_as_data",
    "family_from_data",
    "is_connected",
    "is_regular",
    "lyapunov_exponent",
    "prove_exponent",
    "prove_range",
    "repeat_bound",
]
