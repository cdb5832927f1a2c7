"""Coupled van der Pol / FitzHugh-Nagumo oscillators: rest, limit cycle, synchronisation."""
