"""Certified equilibria of flows and maps: existence, spectrum, verdict; all of them in a box."""

from typing import TYPE_CHECKING

from certify.equilibrium.known_zeros import KnownZero
from certify.equilibrium.prove import is_injective, prove_equilibrium
from certify.equilibrium.smoothness import require_smooth
from certify.equilibrium.space import SearchSpace
from certify.equilibrium.statement import EquilibriumStatement
from certify.equilibrium.units import Units
from foundation.lazy_names import lazy_names

if TYPE_CHECKING:
    from certify.equilibrium.prove_all import position, prove_all_equilibria, verdicts_at
    from certify.equilibrium.subdivision import Search, search

__all__ = [
    "EquilibriumStatement",
    "KnownZero",
    "Search",
    "SearchSpace",
    "Units",
    "is_injective",
    "position",
    "prove_all_equilibria",
    "prove_equilibrium",
    "require_smooth",
    "search",
    "verdicts_at",
]

__getattr__ = lazy_names(
    __name__,
    {
        "position": "prove_all",
        "prove_all_equilibria": "prove_all",
        "verdicts_at": "prove_all",
        "Search": "subdivision",
        "search": "subdivision",
    },
)
