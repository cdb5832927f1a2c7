"""Particles of shallow networks: quadrature, gradient flows, stochastic gradient descent, resumable runs."""

from numeric.particles.quadrature import gaussian_rule, sphere_rule

__all__ = ["gaussian_rule", "sphere_rule"]
