"""Readers for the formats in which people keep their systems: files are data, nothing in them is evaluated."""
