"""Symmetries of a loss: exact generators, and a proof on the program that the loss does not change along them."""
