"""Boltzmann machines: the chain on 2^M states, its stationary law, its spectral gap."""
