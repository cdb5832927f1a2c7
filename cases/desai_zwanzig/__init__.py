"""Coupled double-well particles: all equilibria of a few, the critical noise and the order of many."""
