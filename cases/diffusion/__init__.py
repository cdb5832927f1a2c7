"""Diffusions dX = b(X) dt + eps dW: stationary densities, spectra and gaps (Ornstein-Uhlenbeck, double well)."""
