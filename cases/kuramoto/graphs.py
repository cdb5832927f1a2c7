"""Graphs for networks of oscillators, by name; random ones from a seed."""

from collections.abc import Callable

import networkx as nx

from foundation import InputError

# All pairs are stored as edges.
_LARGEST_COMPLETE = 2000

KINDS = ("complete", "ring", "path", "grid", "tree", "random", "small-world", "scale-free")


def oscillator_graph(kind: str, nodes: int, neighbours: int, seed: int) -> nx.Graph:
    """A connected graph with nodes 0, 1, ...; neighbours: on each side of a ring, or half the mean degree.

    grid: the most square one with this number of nodes. random: the largest component of an Erdos-Renyi graph, so
    perhaps fewer nodes. Raises `InputError` where there is no such graph.
    """
    return nx.convert_node_labels_to_integers(_BUILDERS[kind](nodes, neighbours, seed))


def _complete(nodes: int, _: int, __: int) -> nx.Graph:
    if nodes > _LARGEST_COMPLETE:
        raise InputError(f"a complete graph of {nodes} nodes has too many edges; at most {_LARGEST_COMPLETE} nodes")
    return nx.complete_graph(nodes)


def _ring(nodes: int, neighbours: int, _: int) -> nx.Graph:
    if nodes < 2 * neighbours + 1:
        raise InputError(f"a ring with {neighbours} neighbours on each side needs at least {2 * neighbours + 1} nodes")
    return nx.circulant_graph(nodes, range(1, neighbours + 1))


def _grid(nodes: int, _: int, __: int) -> nx.Graph:
    rows = max(k for k in range(1, int(nodes**0.5) + 1) if nodes % k == 0)
    return nx.grid_2d_graph(rows, nodes // rows)


def _random(nodes: int, neighbours: int, seed: int) -> nx.Graph:
    edges = min(neighbours * nodes, nodes * (nodes - 1) // 2)
    graph = nx.gnm_random_graph(nodes, edges, seed=seed)
    return graph.subgraph(max(nx.connected_components(graph), key=len)).copy()


def _small_world(nodes: int, neighbours: int, seed: int) -> nx.Graph:
    if nodes < 2 * neighbours + 1:
        raise InputError(f"{neighbours} neighbours on each side need at least {2 * neighbours + 1} nodes")
    return nx.connected_watts_strogatz_graph(nodes, 2 * neighbours, 0.1, seed=seed)


def _scale_free(nodes: int, neighbours: int, seed: int) -> nx.Graph:
    if nodes <= neighbours:
        raise InputError(f"a scale-free graph with {neighbours} edges a node needs more nodes than that")
    return nx.barabasi_albert_graph(nodes, neighbours, seed=seed)


_BUILDERS: dict[str, Callable[[int, int, int], nx.Graph]] = {
    "complete": _complete,
    "ring": _ring,
    "path": lambda nodes, _, __: nx.path_graph(nodes),
    "grid": _grid,
    "tree": lambda nodes, _, seed: nx.random_labeled_tree(nodes, seed=seed),
    "random": _random,
    "small-world": _small_world,
    "scale-free": _scale_free,
}
