"""Exact statements about particular systems."""
