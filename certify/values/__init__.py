"""The values of formulas: numbers written down exactly, enclosed by Arb, and compared with each other."""

from certify.values.prove import prove_values

__all__ = ["prove_values"]
