"""Branches of equilibria and fixed points in one parameter, with their bifurcations."""

from certify.branch.problem import BranchProblem
from certify.branch.prove import prove_branch

__all__ = ["BranchProblem", "prove_branch"]
