"""Searches for flows: estimated orbits, and the steps of validated ones."""
