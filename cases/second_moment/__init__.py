"""Almost-sure against mean-square stability: one residual, multiplied by random numbers."""
