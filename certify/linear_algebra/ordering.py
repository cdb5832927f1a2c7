"""Elimination orders for sparse symmetric matrices: nested dissection by breadth-first levels."""

from dataclasses import dataclass
from typing import final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components, dijkstra

_LEAF = 64
# Above these sizes a dense front no longer fits a workstation's memory or patience.
_LARGEST_FRONT = 6000
_MOST_OPERATIONS = 4e12
# A separator this large against the smaller side means that the graph has no small separators (an expander).
_WORST_RATIO = 0.34


@final
@dataclass(frozen=True, eq=False)
class Front:
    """One step of the elimination: the vertices `pivots` go, the later vertices `boundary` are updated.

    `children` are positions of earlier fronts whose boundaries lie in pivots and boundary together.
    """

    pivots: np.ndarray
    boundary: np.ndarray
    children: tuple[int, ...]


def nested_dissection(pattern: csr_array) -> tuple[Front, ...] | None:
    """Fronts in elimination order for a symmetric sparsity pattern; None where the fill would explode.

    A. George, Nested dissection of a regular finite element mesh, SIAM J. Numer. Anal. 10 (1973); separators are
    centroids of trees and levels of breadth-first search elsewhere. Any order is valid: only the cost depends on it.
    """
    pattern = csr_array((np.ones(pattern.nnz), pattern.indices, pattern.indptr), shape=pattern.shape)
    separators = _separators(pattern)
    return None if separators is None else _fronts(pattern, *separators)


def _separators(pattern: csr_array) -> tuple[list[np.ndarray], list[int]] | None:
    """Vertex sets with their parents (-1 at the roots), parents first."""
    size = pattern.shape[0]
    degrees = np.diff(pattern.indptr)
    hubs = np.flatnonzero(degrees > max(10.0 * np.sqrt(size), 32.0))
    sets: list[np.ndarray] = [hubs] if len(hubs) else []
    parents = [-1] * len(sets)
    stack = [(np.setdiff1d(np.arange(size), hubs, assume_unique=True), len(sets) - 1)]
    while stack:
        vertices, parent = stack.pop()
        for part in _parts(pattern, vertices):
            if len(part) <= 2 * _LEAF:
                sets.append(part)
                parents.append(parent)
                continue
            split = _split(pattern, part)
            if split is None:
                return None
            separator, rest = split
            sets.append(separator)
            parents.append(parent)
            stack.append((rest, len(sets) - 1))
    return sets, parents


def _parts(pattern: csr_array, vertices: np.ndarray) -> list[np.ndarray]:
    """The connected components among `vertices`, the small ones packed together up to the size of two leaves."""
    if len(vertices) <= 2 * _LEAF:
        return [vertices] if len(vertices) else []
    count, labels = connected_components(pattern[vertices][:, vertices], directed=False)
    if count == 1:
        return [vertices]
    order = np.argsort(labels, kind="stable")
    pieces = np.split(vertices[order], np.cumsum(np.bincount(labels))[:-1])
    large = [piece for piece in pieces if len(piece) > _LEAF]
    small = [piece for piece in pieces if len(piece) <= _LEAF]
    if not small:
        return large
    bins = np.cumsum([len(piece) for piece in small]) // _LEAF
    cuts = np.flatnonzero(np.diff(bins)) + 1
    return large + [np.concatenate(small[i:j]) for i, j in zip([0, *cuts], [*cuts, len(small)], strict=True)]


def _split(pattern: csr_array, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """(separator, rest) of a connected set of vertices; None when there is no small separator."""
    graph = csr_array(pattern[vertices][:, vertices])
    if graph.nnz == 2 * (len(vertices) - 1):
        chosen = np.zeros(len(vertices), bool)
        chosen[_centroid(graph)] = True
        return vertices[chosen], vertices[~chosen]
    far = int(np.argmax(_distances(graph, 0)))
    level = _distances(graph, far)
    counts = np.bincount(level)
    below = np.cumsum(counts) - counts
    above = len(vertices) - below - counts
    # lopsided on purpose: a cut along a symmetry axis would carry a node line of an eigenvector of the whole graph,
    # so that its half has the same eigenvalue and a pivot block next to singular
    ratio = counts / (np.minimum(below, 0.6 * above) + 1.0)
    best = int(np.argmin(ratio))
    if ratio[best] > _WORST_RATIO and len(vertices) > 16 * _LEAF:
        return None
    # vertices of the level without a neighbour beyond it may stay below
    beyond = np.asarray(graph @ (level == best + 1).astype(np.float64)) > 0
    chosen = (level == best) & beyond
    if not chosen.any() or chosen.all() or chosen.sum() > _LARGEST_FRONT:
        chosen = level == best
    return (vertices[chosen], vertices[~chosen]) if chosen.sum() <= _LARGEST_FRONT else None


def _distances(graph: csr_array, start: int) -> np.ndarray:
    return np.asarray(dijkstra(graph, directed=False, indices=start, unweighted=True)).astype(np.int64)


def _centroid(tree: csr_array) -> int:
    """A vertex whose removal leaves components of at most 0.65 of the size; one with a half exists [C. Jordan 1869]."""
    size = tree.shape[0]
    order, parents = breadth_first_order(tree, 0, directed=False)
    weight = [1] * size
    heaviest = [0] * size
    parent_of = parents.tolist()
    for vertex in order[:0:-1].tolist():
        parent = parent_of[vertex]
        weight[parent] += weight[vertex]
        heaviest[parent] = max(heaviest[parent], weight[vertex])
    left = [max(heaviest[v], size - weight[v]) for v in range(size)]
    # of the vertices that leave at most 0.65 of the size, the most lopsided one: see `_split`
    return max(range(size), key=lambda v: left[v] if left[v] <= 0.65 * size else -left[v])


def _fronts(pattern: csr_array, sets: list[np.ndarray], parents: list[int]) -> tuple[Front, ...] | None:
    """The fronts in elimination order (children first), unless one is too large or the whole too long."""
    last = len(sets) - 1
    step = np.empty(pattern.shape[0], np.int64)
    for position, pivots in enumerate(reversed(sets)):
        step[pivots] = position
    children: list[list[int]] = [[] for _ in sets]
    fronts: list[Front] = []
    operations = 0.0
    for position, pivots in enumerate(reversed(sets)):
        reached = [fronts[child].boundary for child in children[position]]
        neighbours = np.unique(np.concatenate([pattern[pivots].indices, *reached]))
        boundary = neighbours[step[neighbours] > position]
        operations += float(len(pivots)) * (len(pivots) + len(boundary)) ** 2
        if len(pivots) + len(boundary) > _LARGEST_FRONT or operations > _MOST_OPERATIONS:
            return None
        fronts.append(Front(pivots, boundary, tuple(children[position])))
        parent = parents[last - position]
        if parent >= 0:
            children[last - parent].append(position)
    return tuple(fronts)
