"""Exponents from structure: triangular, rank-one and reducible families, symmetric squares, Kronecker products."""
