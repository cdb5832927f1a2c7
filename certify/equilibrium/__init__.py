"""Certified equilibria of flows and maps: existence, spectrum, verdict."""

from certify.equilibrium.prove import is_injective, prove_equilibrium
from certify.equilibrium.spectrum import proposed_discs
from certify.equilibrium.statement import EquilibriumStatement

__all__ = ["EquilibriumStatement", "is_injective", "proposed_discs", "prove_equilibrium"]
