"""Which initializers of an ONNX graph are weights: the format does not say, their places do."""

from stabproof.doors.onnx_graph import Graph

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
# A weight may pass through these on its way.
_MOVES = ("Identity", "Transpose", "Reshape", "Squeeze", "Unsqueeze", "Cast")


def default_weights(graph: Graph) -> list[str]:
    """Initializers of real numbers with at least one axis in the place of a weight, in the order of the file."""
    source = {name: node.inputs[0] for node in graph.nodes for name in node.outputs if node.operator in _MOVES}
    found = set()
    for node in graph.nodes:
        for place in _PLACES.get(node.operator, ()):
            name = node.inputs[place] if place < len(node.inputs) else ""
            while name in source:
                name = source[name]
            found.add(name)
    return [
        name
        for name, value in graph.constants.items()
        if name in found and name in graph.initializers and value.dtype.kind == "f" and value.ndim
    ]
