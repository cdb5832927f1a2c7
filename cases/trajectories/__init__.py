"""Training trajectories as orbits."""
