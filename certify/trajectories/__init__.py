"""Proofs about training as a trajectory: exact orbits of gradient descent, their losses and tangent growth."""

from certify.trajectories.descent import prove_descent
from certify.trajectories.exponent import prove_orbit_exponent
from certify.trajectories.null_directions import prove_null_directions

__all__ = [
    "prove_descent",
    "prove_null_directions",
    "prove_orbit_exponent",
]
