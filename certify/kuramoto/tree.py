"""Spanning trees that carry what a node has too much of to the root, and the paths between two nodes."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, dijkstra

from certify.arithmetic import Ball
from certify.arithmetic.rounding import UNIT_ROUNDOFF, gamma, inflate


@final
@dataclass(frozen=True, eq=False)
class SpanningTree:
    """order: all nodes, each after its parent, the root first. parents, edges: of each node but the root (-1 there)."""

    order: np.ndarray
    parents: np.ndarray
    edges: np.ndarray

    def flow(self, excess: Ball) -> np.ndarray:
        """Bounds of the flow through the edge above each node, when the root takes up an excess (n,) of total zero.

        It is the sum of the excess over the subtree of the node.
        """
        middle, radius = excess.mid.tolist(), np.asarray(excess.rad).tolist()
        parents = self.parents.tolist()
        for node in self.order[:0:-1].tolist():
            above = parents[node]
            total = middle[above] + middle[node]
            middle[above] = total
            radius[above] += radius[node] + abs(total) * (2 * UNIT_ROUNDOFF)
        size = np.abs(np.array(middle)) + np.array(radius)
        return np.asarray(inflate(size, 4 * len(middle)))

    def heights(self, lengths: np.ndarray) -> np.ndarray:
        """Upper bounds of the sums of the lengths >= 0 (by edge) on the way from the root to each node."""
        above = np.where(self.edges >= 0, lengths[self.edges], 0.0).tolist()
        heights, parents = [0.0] * len(above), self.parents.tolist()
        for node in self.order[1:].tolist():
            heights[node] = heights[parents[node]] + above[node]
        return np.asarray(inflate(np.array(heights), len(above)))


def spanning_tree(tails: np.ndarray, heads: np.ndarray, allowed: np.ndarray, nodes: int) -> SpanningTree | None:
    """The breadth-first tree of the allowed edges from a node of the highest degree; None when it spans not all.

    What the search answers is checked: every node has a parent that comes before it, across an allowed edge.
    """
    numbers = edge_numbers(tails, heads, allowed, nodes)
    root = int(np.argmax(np.diff(numbers.indptr)))
    order, parents = breadth_first_order(numbers, root, directed=False)
    if len(order) != nodes or not np.array_equal(np.sort(order), np.arange(nodes)):
        return None
    position = np.empty(nodes, np.int64)
    position[order] = np.arange(nodes)
    below = order[1:]
    edges = np.full(nodes, -1, np.int64)
    edges[below] = np.asarray(numbers[below, parents[below]]).reshape(-1).astype(np.int64) - 1
    if (edges[below] < 0).any() or not (position[parents[below]] < position[below]).all():
        return None
    return SpanningTree(order, np.where(np.arange(nodes) == root, -1, parents).astype(np.int64), edges)


def edge_numbers(tails: np.ndarray, heads: np.ndarray, allowed: np.ndarray, nodes: int) -> csr_array:
    """The symmetric matrix of the numbers, from 1, of the allowed edges."""
    chosen = np.flatnonzero(allowed)
    rows, columns = np.concatenate([tails[chosen], heads[chosen]]), np.concatenate([heads[chosen], tails[chosen]])
    return csr_array((np.concatenate([chosen, chosen]) + 1.0, (rows, columns)), shape=(nodes, nodes))


def path_lengths(
    tails: np.ndarray, heads: np.ndarray, lengths: np.ndarray, allowed: np.ndarray, wanted: np.ndarray, nodes: int
) -> np.ndarray:
    """Upper bounds of the lengths of paths of allowed edges between the ends of the wanted edges; infinite: none found.

    The search proposes a path; its edges are looked up and their lengths added anew.
    """
    numbers = edge_numbers(tails, heads, allowed, nodes)
    weighted = csr_array((lengths[numbers.data.astype(np.int64) - 1], numbers.indices, numbers.indptr), numbers.shape)
    results = []
    for edge in wanted.tolist():
        _, before = dijkstra(weighted, indices=int(tails[edge]), return_predecessors=True)
        results.append(_path_length(numbers, lengths, before, int(tails[edge]), int(heads[edge])))
    return np.array(results)


def _path_length(numbers: csr_array, lengths: np.ndarray, before: np.ndarray, start: int, end: int) -> float:
    total, count, node = 0.0, 0, end
    while node != start:
        parent = int(before[node])
        number = 0 if parent < 0 else int(numbers[node, parent])
        if number == 0 or count > len(before):
            return np.inf
        total, count, node = total + float(lengths[number - 1]), count + 1, parent
    return total * (1 + 4 * gamma(count + 2))
