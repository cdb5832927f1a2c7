"""Hopfield networks of any size: an equilibrium and its stability, proved by norms."""

from certify.hopfield.hopfield import Hopfield
from certify.hopfield.prove import prove_contraction
from certify.hopfield.weights import Dense, Factors, Weights, weights_from_tree

__all__ = ["Dense", "Factors", "Hopfield", "Weights", "prove_contraction", "weights_from_tree"]
