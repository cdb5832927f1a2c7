"""Learning with Boltzmann machines: the divergence from the data and its gradient."""
