"""Proofs about training as a trajectory: exact orbits of gradient descent, their losses and tangent growth."""

from certify.trajectories.descent import certify_descent, prove_descent
from certify.trajectories.exponent import certify_orbit_exponent, prove_orbit_exponent
from certify.trajectories.null_directions import certify_null_directions, prove_null_directions

__all__ = [
    "certify_descent",
    "certify_null_directions",
    "certify_orbit_exponent",
    "prove_descent",
    "prove_null_directions",
    "prove_orbit_exponent",
]
