"""Subdivisions and levels for inequalities on sets."""
