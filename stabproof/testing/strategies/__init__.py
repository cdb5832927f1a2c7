"""Hypothesis strategies whose exact answers are known: spectra, exponents, minima, thresholds, balls."""

from stabproof.testing.strategies.public import __all__, __dir__, __getattr__  # noqa: F401
