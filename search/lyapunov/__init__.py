"""Searches for the witnesses of Lyapunov exponents, one engine a file, driven by `driver`."""
