"""Proved Lyapunov exponents of independent identically distributed matrix products."""
