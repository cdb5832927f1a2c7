"""Searches for test functions, cones and bases on the directions."""
