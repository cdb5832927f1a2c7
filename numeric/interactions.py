"""Velocities of interacting particles, x_i' = f(x_i) + sum_j a_ij g(x_i, x_j); estimates.

A velocity maps all positions (M, d) to all velocities (M, d). Sums over all pairs run in blocks of rows, so that no
array of M^2 entries is formed; sums over the edges of a graph cost as much as there are edges.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import jax
import jax.numpy as jnp
import numpy as np
import scipy.sparse
from jaxtyping import Array

from foundation import InputError, finite_array, number_in
from foundation.graphs import is_graph

Velocity: TypeAlias = Callable[[Array], Array]
Pair: TypeAlias = Callable[[Array, Array], Array]

_ENTRIES = 2**19  # of a block of pairs


def all_pairs(own: Velocity, pair: Pair, strength: float, *, block: int | None = None) -> Velocity:
    """own(x) + strength * sum over j != i of g(x_i, x_j), for `pair` g: (d,), (d,) -> (d,)."""
    scale = number_in(strength, "strength", -1e300, 1e300)

    def pull(rows: Array, numbers: Array, everyone: Array) -> Array:
        def one(x: Array, i: Array) -> Array:
            # the particle itself is moved aside, where a singular force is finite
            others = jnp.where((jnp.arange(len(everyone)) == i)[:, None], x + 1.0, everyone)
            forces = jax.vmap(pair, (None, 0))(x, others)
            return jnp.sum(jnp.where((jnp.arange(len(everyone)) == i)[:, None], 0.0, forces), axis=0)

        return jax.vmap(one)(rows, numbers)

    return lambda x: own(x) + scale * in_blocks(pull, x, block)


def graph_pairs(own: Velocity, pair: Pair, graph: Any, strength: float = 1.0) -> Velocity:
    """own(x) + strength * sum_j a_ij g(x_i, x_j) with the weights a of a graph (see `edge_weights`)."""
    target, source, weight = (jnp.asarray(part) for part in edge_weights(graph))
    scale = number_in(strength, "strength", -1e300, 1e300)

    def velocity(x: Array) -> Array:
        pulls = jax.vmap(pair)(x[target], x[source]) * weight[:, None]
        return own(x) + scale * jax.ops.segment_sum(pulls, target, len(x), indices_are_sorted=True)

    return velocity


def in_blocks(rows: Callable[[Array, Array, Array], Array], x: Array, block: int | None = None) -> Array:
    """`rows` (part of x, the particles' numbers in it, x) -> values, for consecutive parts of x (M, d); joined."""
    count = len(x)
    size = block or max(1, min(count, _ENTRIES // max(1, x.size)))
    parts = -(-count // size)
    numbers = jnp.minimum(jnp.arange(parts * size), count - 1).reshape(parts, size)
    values = jax.lax.map(lambda part: rows(x[part], part, x), numbers)
    return values.reshape(parts * size, *values.shape[2:])[:count]


def edge_weights(graph: Any) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(i, j, a_ij) of the entries a_ij != 0 of the adjacency matrix, sorted by i, without loops.

    graph: a networkx graph (edge attribute "weight", default 1; a directed edge i -> j is a_ij), a SciPy sparse or a
    dense square matrix. Raises `InputError` on weights that are not finite.
    """
    if is_graph(graph):
        import networkx

        if not len(graph):
            raise InputError("the graph must have at least one node, but is empty")
        matrix = scipy.sparse.coo_array(networkx.to_scipy_sparse_array(graph, dtype=np.float64, format="coo"))
    else:
        dense = graph if scipy.sparse.issparse(graph) else finite_array(graph, "graph")
        if dense.ndim != 2 or dense.shape[0] != dense.shape[1]:
            raise InputError(f"graph must be a networkx graph or a square matrix, but has shape {dense.shape}")
        matrix = scipy.sparse.coo_array(dense)
    keep = (matrix.row != matrix.col) & (matrix.data != 0)
    if not np.isfinite(matrix.data).all():
        raise InputError("the graph has a weight that is not finite; give every edge a finite number")
    order = np.argsort(matrix.row[keep], kind="stable")
    return matrix.row[keep][order], matrix.col[keep][order], matrix.data[keep][order].astype(np.float64)
