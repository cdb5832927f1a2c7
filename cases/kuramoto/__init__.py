"""Kuramoto's phase oscillators on graphs: locked states, their stability, and the critical coupling."""
