"""Multiplicative weights in two-player games: simultaneous play spirals out, alternating play does not."""
