"""Validated flows: the time-T map of an ordinary differential equation with its derivative, by Taylor's method."""

from certify.flow.statement import MappedPoint, TimeMapStatement, prove_time_map
from certify.flow.vector_field import VectorField, checked_field, with_time

__all__ = ["MappedPoint", "TimeMapStatement", "VectorField", "checked_field", "prove_time_map", "with_time"]
