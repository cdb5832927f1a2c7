"""Certified equilibria of flows and maps: existence, spectrum, verdict; all of them in a box."""

from certify.equilibrium.known_zeros import KnownZero
from certify.equilibrium.prove import is_injective, prove_equilibrium
from certify.equilibrium.prove_all import position, prove_all_equilibria, verdicts_at
from certify.equilibrium.search import Search, search
from certify.equilibrium.smoothness import require_smooth
from certify.equilibrium.statement import EquilibriumStatement

__all__ = [
    "EquilibriumStatement",
    "KnownZero",
    "Search",
    "is_injective",
    "position",
    "prove_all_equilibria",
    "prove_equilibrium",
    "require_smooth",
    "search",
    "verdicts_at",
]
