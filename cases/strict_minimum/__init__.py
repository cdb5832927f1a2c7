"""Strict minima: rho(I - eta Hess L) < 1, the threshold 2 / lambda_max, and what decides when rho = 1."""
