"""Hopfield networks of any size: an equilibrium and its stability, proved by norms."""

from certify.neurons.hopfield import Hopfield
from certify.neurons.prove import prove_contraction
from certify.neurons.weights import Dense, Factors, Weights, weights_from_tree

__all__ = ["Dense", "Factors", "Hopfield", "Weights", "prove_contraction", "weights_from_tree"]
