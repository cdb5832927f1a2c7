"""Certified minima: existence, curvature on the normal space, and the verdict for an optimiser."""

from certify.minimum.linearised import epochs_of, linearised_family
from certify.minimum.prove import exact_minimum, is_stochastic, prove_minimum, single_examples
from certify.minimum.statement import MinimumStatement

__all__ = [
    "MinimumStatement",
    "epochs_of",
    "exact_minimum",
    "is_stochastic",
    "linearised_family",
    "prove_minimum",
    "single_examples",
]
