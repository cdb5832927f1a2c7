"""Proved Lyapunov exponents of independent identically distributed matrix products.

The builders `family` and `sgd_family` live in the modules of the same names in `families`.
"""

from typing import TYPE_CHECKING

from foundation.lazy_names import lazy_names

if TYPE_CHECKING:
    from certify.lyapunov.confidence.confidence_bound import ConfidenceBound
    from certify.lyapunov.families.family import Family, Witness, family_as_data, family_from_data
    from certify.lyapunov.families.sgd_family import SGDFamily, avoids, is_connected, is_regular
    from certify.lyapunov.prove import Proof, prove_exponent
    from certify.lyapunov.sgd.certified_range import Segment, prove_range

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

__getattr__ = lazy_names(
    __name__,
    {
        "ConfidenceBound": "confidence.confidence_bound",
        "Family": "families.family",
        "Witness": "families.family",
        "family_as_data": "families.family",
        "family_from_data": "families.family",
        "SGDFamily": "families.sgd_family",
        "avoids": "families.sgd_family",
        "is_connected": "families.sgd_family",
        "is_regular": "families.sgd_family",
        "Proof": "prove",
        "prove_exponent": "prove",
        "Segment": "sgd.certified_range",
        "prove_range": "sgd.certified_range",
    },
)
