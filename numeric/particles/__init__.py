"""Particles of shallow networks: quadrature, gradient flows, stochastic gradient descent, resumable runs."""

from numeric.particles.checkpoint import run_pieces, to_standard_error
from numeric.particles.ensembles import InitialLaw, charge_flow_ensemble, full_flow_ensemble
from numeric.particles.quadrature import gaussian_rule, sphere_rule
from numeric.particles.radial import RadialRun, RadialSettings, radial_flow, radial_velocity
from numeric.particles.radial_equilibria import radial_equilibrium, radial_field
from numeric.particles.sigmoid import SigmoidRun, SigmoidSettings, sigmoid_descent, sigmoid_network
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
    "InitialLaw",
    "RadialRun",
    "RadialSettings",
    "SigmoidRun",
    "SigmoidSettings",
    "charge_flow_ensemble",
    "full_flow_ensemble",
    "gaussian_rule",
    "half_mean_square",
    "permutation_sum",
    "radial_equilibrium",
    "radial_field",
    "radial_flow",
    "radial_loss",
    "radial_velocity",
    "run_pieces",
    "sigmoid_descent",
    "sigmoid_network",
    "sphere_points",
    "sphere_rule",
    "three_spin_coefficients",
    "three_spin_gradient",
    "three_spin_value",
    "to_standard_error",
]
