"""Kuramoto's model on a user's graph: reads and checks what the user passes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Any, final

import networkx as nx
import numpy as np
import scipy.sparse

from certify.arithmetic import Ball
from certify.arithmetic.rational import rational_ball
from certify.linear_algebra.sparse_symmetric import sparse_symmetric
from certify.oscillators.network import LARGEST, SMALLEST, PhaseNetwork
from foundation import InputError, finite_array


@final
@dataclass(frozen=True, eq=False)
class Kuramoto:
    """theta_i' = omega_i + coupling * sum_j a_ij sin(theta_j - theta_i) on a connected undirected graph.

    graph: a NetworkX graph (edge attribute "weight", 1 where missing; parallel edges add up), or a symmetric SciPy
    sparse matrix of weights, in float64; negative weights repel. frequencies: omega, one number for all, a sequence in
    the order of `graph.nodes`, or a dict by node; floats are exact numbers, and so are fractions. coupling: a number,
    not zero; with coupling = Fraction(K, n) the model is the one with K/n. `stabproof.certify_equilibrium` takes it as
    a field. Raises `InputError` on directed or disconnected graphs, fewer than two nodes, self-loops and numbers that
    are not
    finite.
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
        nodes = self.graph.number_of_nodes() if isinstance(self.graph, nx.Graph) else self.graph.shape[0]
        network = PhaseNetwork(
            tails,
            heads,
            Ball.exact(weights),
            _frequencies(self.frequencies, self.graph, nodes),
            _exact(self.coupling, "coupling"),
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


def _edges(graph: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Ends and weights of the edges, tails < heads."""
    if isinstance(graph, nx.Graph):
        if graph.is_directed():
            raise InputError("the graph must be undirected, but is directed; use graph.to_undirected()")
        if len(graph) < 2:
            raise InputError(f"oscillators need at least 2 nodes to couple, but the graph has {len(graph)}")
        graph = _weights(graph)
    elif not scipy.sparse.issparse(graph):
        raise InputError(f"graph must be a NetworkX graph or a SciPy sparse matrix, but is {type(graph).__name__}")
    matrix = sparse_symmetric(graph, "graph")
    if matrix.diagonal().any():
        node = int(np.argmax(matrix.diagonal() != 0))
        raise InputError(f"node {node} has an edge to itself, which never acts; remove it (nx.selfloop_edges)")
    upper = scipy.sparse.triu(matrix, 1).tocoo()
    if not upper.nnz:
        raise InputError("the graph has no edges with a weight other than 0")
    size = np.abs(upper.data)
    if not (size.min() >= SMALLEST and size.max() <= LARGEST):
        raise InputError("edge weights must lie between 2^-300 and 2^300 in size; rescale them with the coupling")
    order = np.lexsort((upper.col, upper.row))
    return upper.row[order].astype(np.int64), upper.col[order].astype(np.int64), np.asarray(upper.data[order])


def _weights(graph: nx.Graph) -> Any:
    try:
        return nx.to_scipy_sparse_array(graph, weight="weight", dtype=np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise InputError(f"the edges' weights must be real numbers ({error})") from None


def _frequencies(given: Any, graph: Any, nodes: int) -> Ball:
    if isinstance(given, Mapping):
        given = _by_node(given, graph)
    if isinstance(given, int | float | Fraction | np.floating | np.integer) and not isinstance(given, bool):
        given = [given] * nodes
    values = _balls(given)
    if values.ndim != 1 or len(values) != nodes:
        raise InputError(
            f"frequencies must hold one number for each of the {nodes} nodes, but have shape {values.shape}"
        )
    if np.abs(values.mid).max() > LARGEST:
        raise InputError("frequencies must be at most 2^300 in size; choose another unit of time")
    return values


def _by_node(given: Mapping[Any, Any], graph: Any) -> list[Any]:
    nodes = graph.nodes if isinstance(graph, nx.Graph) else range(graph.shape[0])
    missing = next((node for node in nodes if node not in given), None)
    if missing is not None:
        raise InputError(f"frequencies have no entry for the node {missing!r}")
    return [given[node] for node in nodes]


def _balls(given: Any) -> Ball:
    if isinstance(given, list | tuple) and any(isinstance(entry, Fraction) for entry in given):
        return rational_ball(np.array([_exact(entry, "frequencies") for entry in given], dtype=object))
    array = finite_array(given, "frequencies")
    return Ball(array, np.zeros(array.shape))


def _exact(value: Any, name: str) -> Fraction:
    if isinstance(value, bool | str):
        raise InputError(f"{name} must be a number, but is {value!r}")
    try:
        number = Fraction(value) if isinstance(value, int | Fraction) else Fraction(float(value))
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"{name} must be a finite number, but is {value!r}") from None
    if number == 0 and name == "coupling":
        raise InputError("coupling must not be 0: without coupling nothing locks")
    return number
