"""Stability along training: the exponents of gradient descent and SGD while a network learns digits."""
