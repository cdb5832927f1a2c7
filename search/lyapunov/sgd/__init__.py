"""Searches for the bounds of SGD's linearised updates."""
