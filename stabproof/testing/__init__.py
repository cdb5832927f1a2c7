"""Proofs inside a test suite: assertions, Hypothesis strategies with exact answers, and a pytest plugin."""

from stabproof.testing.public import __all__, __dir__, __getattr__  # noqa: F401
