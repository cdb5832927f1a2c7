"""Certified minima: existence, curvature on the normal space, and the verdict for an optimiser."""

from certify.minimum.prove import exact_minimum, is_stochastic, prove_minimum, single_examples
from certify.minimum.sampled_epochs import epochs_of
from certify.minimum.statement import MinimumStatement
from certify.minimum.stochastic import linearised_family

__all__ = [
    "MinimumStatement",
    "epochs_of",
    "exact_minimum",
    "is_stochastic",
    "linearised_family",
    "prove_minimum",
    "single_examples",
]
