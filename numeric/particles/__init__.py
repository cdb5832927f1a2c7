"""Particles of shallow networks: quadrature, gradient flows, stochastic gradient descent, resumable runs."""

from numeric.particles.checkpoint import run_pieces, to_standard_error
from numeric.particles.quadrature import gaussian_rule, sphere_rule
from numeric.particles.three_spin import (
    half_mean_square,
    permutation_sum,
    radial_loss,
    sphere_points,
    three_spin_coefficients,
    three_spin_gradient,
    three_spin_value,
)

__all__ = [
    "gaussian_rule",
    "half_mean_square",
    "permutation_sum",
    "radial_loss",
    "run_pieces",
    "sphere_points",
    "sphere_rule",
    "three_spin_coefficients",
    "three_spin_gradient",
    "three_spin_value",
    "to_standard_error",
]
