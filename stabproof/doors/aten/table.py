"""All operations of ATen that are modelled."""

from stabproof.doors.aten import (
    activations,
    creation,
    indexing,
    linear,
    normalisation,
    pointwise,
    reductions,
    shapes,
    windows,
)
from stabproof.doors.rule import Table

_TOPICS = (pointwise, activations, reductions, shapes, indexing, linear, windows, normalisation, creation)
OPERATIONS: Table = {name: function for topic in _TOPICS for name, function in topic.TABLE.items()}
