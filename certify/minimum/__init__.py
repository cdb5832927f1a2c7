"""Certified minima: existence, curvature on the normal space, and the verdict for an optimiser."""

from certify.minimum.prove import prove_minimum
from certify.minimum.statement import MinimumStatement

__all__ = ["MinimumStatement", "prove_minimum"]
