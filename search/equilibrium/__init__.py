"""Searches for equilibria, and the discs of their eigenvalues."""
