"""Certified periodic points of maps: existence, least period, multipliers, verdict."""

from certify.periodic.cycle import Cycle
from certify.periodic.prove_cycle import largest_cycle_radius, prove_periodic_point

__all__ = ["Cycle", "largest_cycle_radius", "prove_periodic_point"]
