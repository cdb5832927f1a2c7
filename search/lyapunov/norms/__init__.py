"""Searches for metrics, weights and sets of words."""
