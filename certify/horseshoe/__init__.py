"""Certified horseshoes: inverse branches of a map that prove positive topological entropy."""

from certify.horseshoe.branches import InverseBranch, inverse_branch
from certify.horseshoe.entropy import entropy_lower_bound
from certify.horseshoe.prove import prove_horseshoe
from certify.horseshoe.statement import HorseshoeStatement

__all__ = ["HorseshoeStatement", "InverseBranch", "entropy_lower_bound", "inverse_branch", "prove_horseshoe"]
