"""Whether a value is a NetworkX graph, without importing NetworkX: it takes longer than many a proof."""

import sys
from typing import TYPE_CHECKING, Any, TypeGuard

if TYPE_CHECKING:
    import networkx


def is_graph(value: Any) -> "TypeGuard[networkx.Graph]":
    """Whether the value is a graph of NetworkX, directed or not; who has made one has imported NetworkX."""
    graph = getattr(sys.modules.get("networkx"), "Graph", None)
    return graph is not None and isinstance(value, graph)
