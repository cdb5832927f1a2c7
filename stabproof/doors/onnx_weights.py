"""Which initializers of an ONNX graph are weights: the format does not say, their places do."""

import numpy as np

from stabproof.doors.onnx_graph import Graph

# What shuts an entry out of a softmax when it is added.
_OUT = (-np.inf, float(np.finfo(np.float32).min), float(np.finfo(np.float64).min))

_PLACES = {
    "Gemm": (1, 2),
    "MatMul": (0, 1),
    "Conv": (1, 2),
    "ConvTranspose": (1, 2),
    "BatchNormalization": (1, 2),
    "LayerNormalization": (1, 2),
    "InstanceNormalization": (1, 2),
    "GroupNormalization": (1, 2),
    "RMSNormalization": (1,),
    "PRelu": (1,),
    "LSTM": (1, 2, 3),
    "GRU": (1, 2, 3),
    "RNN": (1, 2, 3),
    "Add": (0, 1),
    "Gather": (0,),
}
# A weight may pass through these on its way, as when gates are put into another order: the first input moves.
_MOVES = ("Identity", "Cast", "CastLike", "Transpose", "Reshape", "Flatten", "Squeeze", "Unsqueeze", "Slice", "Split")


def default_weights(graph: Graph) -> list[str]:
    """Initializers of real numbers with at least one axis in the place of a weight, in the order of the file.

    A mask that is added, of zeros and minus infinities (or the lowest float32), is none.
    """
    sources = _sources(graph)
    reached = [node.inputs[k] for node in graph.nodes for k in _PLACES.get(node.operator, ()) if k < len(node.inputs)]
    found = set()
    while reached:
        name = reached.pop()
        if name not in found:
            found.add(name)
            reached += sources.get(name, ())
    return [
        name
        for name, value in graph.constants.items()
        if name in found and name in graph.initializers and value.dtype.kind == "f" and value.ndim and not _mask(value)
    ]


def _sources(graph: Graph) -> dict[str, tuple[str, ...]]:
    """What the entries of a value are entries of, by name."""
    found = {}
    for node in graph.nodes:
        if node.operator in _MOVES or node.operator == "Concat":
            moved = node.inputs if node.operator == "Concat" else node.inputs[:1]
            found.update(dict.fromkeys(node.outputs, moved))
    return found


def _mask(value: np.ndarray) -> bool:
    return bool(np.isin(value, _OUT).any() and np.isin(value, (0.0, *_OUT)).all())
