"""Weighted, disconnected and directed graphs with the exact spectra of their Laplacians."""

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, final

import networkx
import numpy as np
from hypothesis import strategies as st

from stabproof.testing.strategies.known import Built, ExactNumber, remember
from stabproof.testing.strategies.similarity import Integers, as_floats, integers, relabelled
from stabproof.testing.strategies.sizes import size_range
from stabproof.testing.strategies.typed import Shown, call

_WEIGHT = st.integers(1, 8)


@final
@dataclass(frozen=True, eq=False, repr=False)
class KnownGraph(Shown):
    """A graph with non-negative weights: adjacency (n, n), a_ij the weight of the edge from i to j, exact floats.

    laplacian: D - A with D the row sums; eigenvalues: its own, exact, each as often as its multiplicity. components:
    the number of (weakly) connected components.
    """

    adjacency: np.ndarray
    eigenvalues: tuple[ExactNumber, ...]
    components: int
    construction: str
    _built: Built = field(default=None, compare=False)

    def __post_init__(self) -> None:
        remember(self, (self.adjacency,), (self.eigenvalues, self.components), "eigenvalues and components")

    def __repr__(self) -> str:
        return call("KnownGraph", self.adjacency, self.eigenvalues, self.components, self.construction)

    @property
    def laplacian(self) -> np.ndarray:
        """D - A, exact."""
        return np.diag(self.adjacency.sum(axis=1)) - self.adjacency

    @property
    def is_directed(self) -> bool:
        """Whether some edge has no equal edge back."""
        return not np.array_equal(self.adjacency, self.adjacency.T)


def weighted_graphs(min_size: int = 2, max_size: int = 7) -> st.SearchStrategy[KnownGraph]:
    """Connected graphs with unequal weights: the nested joins of vertices, with weight w_k to all earlier ones.

    Vertex k + 1 is joined to the vertices 1, ..., k by edges of weight w_k. The vector (-1, ..., -1, k, 0, ..., 0) is
    an eigenvector of L with eigenvalue (k + 1) w_k + w_{k+1} + ... + w_{n-1}, because L maps it to k w_k + w_k plus
    the later weights times itself; with 0 these are all.
    """
    low, high = size_range(min_size, max_size, 2)
    weights = st.lists(_WEIGHT, min_size=low - 1, max_size=high - 1)
    return weights.flatmap(lambda w: st.builds(_threshold, st.just(w), st.permutations(range(len(w) + 1))))


def disconnected_graphs(min_size: int = 2, max_size: int = 8) -> st.SearchStrategy[KnownGraph]:
    """Two or more components, each a weighted graph or a single vertex: 0 is a multiple eigenvalue."""
    low, high = size_range(min_size, max_size, 2)
    sizes = st.lists(st.lists(_WEIGHT, max_size=3), min_size=2, max_size=high)
    fitting = sizes.map(lambda parts: _fitted(parts, low, high))
    return fitting.flatmap(
        lambda parts: st.builds(_union, st.just(parts), st.permutations(range(sum(len(p) + 1 for p in parts))))
    )


def directed_graphs(min_size: int = 2, max_size: int = 6) -> st.SearchStrategy[KnownGraph]:
    """Acyclic graphs with weighted edges, relabelled: L is triangular in some order, its eigenvalues the row sums.

    At least one edge, so that the graph is directed; components may be several.
    """
    low, high = size_range(min_size, max_size, 2)
    return st.integers(low, high).flatmap(
        lambda n: st.builds(
            _acyclic,
            st.just(n),
            _WEIGHT,
            st.lists(st.integers(0, 4), min_size=n * (n - 1) // 2 - 1, max_size=n * (n - 1) // 2 - 1),
            st.permutations(range(n)),
        )
    )


def _joined(weights: list[int]) -> tuple[Integers, list[Fraction]]:
    size = len(weights) + 1
    matrix = integers([[0] * size for _ in range(size)])
    for k, weight in enumerate(weights, start=1):
        matrix[k, :k] = weight
        matrix[:k, k] = weight
    later = [sum(weights[k:]) for k in range(1, size)]
    return matrix, [Fraction(0)] + [
        Fraction((k + 1) * w + r) for k, (w, r) in enumerate(zip(weights, later, strict=True), 1)
    ]


def _threshold(weights: list[int], order: list[int]) -> KnownGraph:
    matrix, spectrum = _joined(weights)
    return KnownGraph(as_floats(relabelled(matrix, order)), tuple(spectrum), 1, f"nested joins of weights {weights}")


def _fitted(parts: list[list[int]], low: int, high: int) -> list[list[int]]:
    """The parts cut to `high` vertices, and single vertices up to `low`."""
    kept: list[list[int]] = [[], []]
    room = high - 2
    for place, part in enumerate(parts):
        extra = len(part) if place < 2 else len(part) + 1
        if extra > room:
            continue
        room -= extra
        if place < 2:
            kept[place] = part
        else:
            kept.append(part)
    return kept + [[]] * max(low - (high - room), 0)


def _union(parts: list[list[int]], order: list[int]) -> KnownGraph:
    size = len(order)
    matrix, spectrum, start = integers([[0] * size for _ in range(size)]), [], 0
    for part in parts:
        block, values = _joined(part)
        matrix[start : start + len(block), start : start + len(block)] = block
        spectrum += values
        start += len(block)
    construction = f"{len(parts)} components"
    return KnownGraph(as_floats(relabelled(matrix, order)), tuple(spectrum), len(parts), construction)


def _acyclic(size: int, first: int, weights: list[int], order: list[int]) -> KnownGraph:
    matrix = integers([[0] * size for _ in range(size)])
    for (i, j), weight in zip(zip(*np.triu_indices(size, 1), strict=True), [first, *weights], strict=True):
        matrix[i, j] = weight
    spectrum = tuple(Fraction(int(sum(row))) for row in matrix)
    return KnownGraph(as_floats(relabelled(matrix, order)), spectrum, _components(matrix), "acyclic")


def _components(matrix: Any) -> int:
    return networkx.number_connected_components(networkx.from_numpy_array((matrix + matrix.T).astype(float)))
