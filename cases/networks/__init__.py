"""Networks as dynamical systems."""
