"""Branches of equilibria, followed by pseudo-arclength continuation."""
