"""Searches for critical points of a function in a box."""
