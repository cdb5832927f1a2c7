"""Training as a dynamical system."""
