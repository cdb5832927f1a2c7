"""Continuous Hopfield networks: all equilibria and their stability, pitchfork and Hopf bifurcations, large memories."""
