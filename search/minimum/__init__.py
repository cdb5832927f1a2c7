"""Searches for minima: refined points, approximate inverses, boxes of starts that converge."""
