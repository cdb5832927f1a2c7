"""Certified periodic points of maps and periodic orbits of flows: existence, period, multipliers, verdict."""

from certify.periodic.cycle import Cycle
from certify.periodic.prove_cycle import prove_periodic_point
from certify.periodic.prove_orbit import prove_periodic_orbit

__all__ = ["Cycle", "largest_cycle_radius", "prove_periodic_orbit", "prove_periodic_point"]
