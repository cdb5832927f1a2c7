"""The kernel M that moves a network of n particles: definite up to n (N + 1) points, singular beyond."""
