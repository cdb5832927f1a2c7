"""All operators of ONNX that are modelled by a rule; others are expanded from their schema's body, or refused."""

from stabproof.doors.onnx_operators import (
    activations,
    arithmetic,
    attention,
    linear,
    normalisation,
    recurrent,
    reductions,
    shapes,
    windows,
)
from stabproof.doors.rule import Table

_TOPICS = (arithmetic, activations, shapes, reductions, linear, windows, normalisation, recurrent, attention)
OPERATORS: Table = {name: function for topic in _TOPICS for name, function in topic.TABLE.items()}
