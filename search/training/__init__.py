"""Searches for the witnesses of training in epochs."""
