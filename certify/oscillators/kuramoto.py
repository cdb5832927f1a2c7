"""Kuramoto's model on a user's graph: reads and checks what the user passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import numpy as np
import scipy.sparse

from certify.arithmetic import Ball, ball
from certify.linear_algebra.sparse_input import graph_entries, symmetric_entries
from certify.oscillators.network import LARGEST, SMALLEST, PhaseNetwork
from foundation import InputError, exact_number
from foundation.graphs import is_graph


@final
@dataclass(frozen=True, eq=False)
class Kuramoto:
    """theta_i' = omega_i + coupling * sum_j a_ij sin(theta_j - theta_i) on a connected undirected graph.

    graph: a NetworkX graph (edge attribute "weight", 1 where missing; parallel edges add up), or a symmetric SciPy
    sparse matrix of weights; negative weights repel. frequencies: omega, one number for all, a sequence in
    the order of `graph.nodes`, a dict by node, or a `Ball`. coupling: a number, not zero; with coupling =
    Fraction(K, n) the model is the one with K/n. All numbers are exact, of whatever type (`exact_number`), and so are
    the sums of parallel edges. `stabproof.certify_equilibrium` takes it as a field. Raises `InputError` on directed or
    disconnected graphs, fewer than two nodes, self-loops and what is no finite number.
    """

    graph: Any
    frequencies: Any
    coupling: Any = 1

    def __post_init__(self) -> None:
        _ = self.network

    @cached_property
    def network(self) -> PhaseNetwork:
        """Its arrays."""
        tails, heads, weights = _edges(self.graph)
        nodes = self.graph.number_of_nodes() if is_graph(self.graph) else self.graph.shape[0]
        network = PhaseNetwork(
            tails,
            heads,
            weights,
            _frequencies(self.frequencies, self.graph, nodes),
            _coupling(self.coupling),
        )
        if not (SMALLEST <= abs(network.coupling) <= LARGEST):
            size = Decimal(network.coupling.numerator) / Decimal(network.coupling.denominator)
            raise InputError(f"coupling must be a number between 2^-300 and 2^300 in size, but is {size:.6g}")
        parts = network.components
        if parts > 1:
            raise InputError(
                f"the graph has {parts} connected components, which lock independently of each other; pass one of them"
            )
        return network

    def __len__(self) -> int:
        """The number of oscillators."""
        return self.network.nodes


def _edges(graph: Any) -> tuple[np.ndarray, np.ndarray, Ball]:
    """Ends and weights of the edges, tails < heads."""
    if is_graph(graph):
        if graph.is_directed():
            raise InputError("the graph must be undirected, but is directed; use graph.to_undirected()")
        if len(graph) < 2:
            raise InputError(f"oscillators need at least 2 nodes to couple, but the graph has {len(graph)}")
        entries = graph_entries(graph, "the graph")
    elif scipy.sparse.issparse(graph):
        entries = symmetric_entries(graph, "graph")
    else:
        raise InputError(f"graph must be a NetworkX graph or a SciPy sparse matrix, but is {type(graph).__name__}")
    own = entries.rows == entries.columns
    if own.any():
        node = int(entries.rows[own][0])
        raise InputError(f"node {node} has an edge to itself, which never acts; remove it (nx.selfloop_edges)")
    upper = entries.rows < entries.columns
    if not upper.any():
        raise InputError("the graph has no edges with a weight other than 0")
    weights = entries.ball("the edges' weights")[upper]
    if not ((np.abs(weights.mid) >= SMALLEST).all() and (weights.magnitude <= LARGEST).all()):
        raise InputError("edge weights must lie between 2^-300 and 2^300 in size; rescale them with the coupling")
    return entries.rows[upper], entries.columns[upper], weights


def _frequencies(given: Any, graph: Any, nodes: int) -> Ball:
    if isinstance(given, Mapping):
        given = _by_node(given, graph)
    values = ball(given, "frequencies")
    if values.ndim == 0:
        values = values.map(lambda entries: np.broadcast_to(entries, nodes))
    if values.ndim != 1 or len(values) != nodes:
        raise InputError(
            f"frequencies must hold one number for each of the {nodes} nodes, but have shape {values.shape}"
        )
    if np.abs(values.mid).max() > LARGEST:
        raise InputError("frequencies must be at most 2^300 in size; choose another unit of time")
    return values


def _by_node(given: Mapping[Any, Any], graph: Any) -> list[Any]:
    nodes = graph.nodes if is_graph(graph) else range(graph.shape[0])
    missing = next((node for node in nodes if node not in given), None)
    if missing is not None:
        raise InputError(f"frequencies have no entry for the node {missing!r}")
    return [given[node] for node in nodes]


def _coupling(value: Any) -> Fraction:
    number = exact_number(value, "coupling")
    if number == 0:
        raise InputError("coupling must not be 0: without coupling nothing locks")
    return number
