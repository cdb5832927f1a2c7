"""Searches for cycles of maps and periodic orbits of flows."""
