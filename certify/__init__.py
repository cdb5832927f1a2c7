"""Proved: arrays and programs in, enclosures and certificates out."""
