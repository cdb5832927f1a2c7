"""Factorisations and functions of small matrices of Arb balls, and of float64 balls."""
