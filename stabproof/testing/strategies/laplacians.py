"""Laplacians of graphs whose spectra are known in closed form."""

import functools
import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import networkx
import numpy as np
import sympy
from hypothesis import strategies as st

from stabproof.testing.strategies.known import ExactNumber, KnownMatrix
from stabproof.testing.strategies.similarity import Integers, as_floats, integers, relabelled
from stabproof.testing.strategies.sizes import size_range

Spectrum = list[ExactNumber]


def graph_laplacians(min_size: int = 1, max_size: int = 8) -> st.SearchStrategy[KnownMatrix]:
    """L = D - A of complete, star, path, cycle, complete bipartite and hypercube graphs, relabelled at random.

    The spectra are those of A. Brouwer and W. Haemers, Spectra of Graphs (2012), section 1.4. The simplest graph is
    one vertex; max_size bounds the number of vertices.
    """
    low, high = size_range(min_size, max_size)
    builders = [_complete, _star, _path, _cycle, _bipartite, _hypercube]
    return _relabelled(st.one_of([build(low, high) for build in builders]))


@st.composite
def _relabelled(draw: st.DrawFn, graphs: "Drawn") -> KnownMatrix:
    name, graph, spectrum = draw(graphs)
    matrix = laplacian(graph)
    order = draw(st.permutations(range(len(matrix))))
    return KnownMatrix(as_floats(relabelled(matrix, order)), tuple(spectrum), f"Laplacian of a {name}")


def laplacian(graph: Any) -> Integers:
    """D - A in integers."""
    adjacency = networkx.to_numpy_array(graph, dtype=int)
    return integers((np.diag(adjacency.sum(axis=0)) - adjacency).tolist())


Drawn = st.SearchStrategy[tuple[str, Any, Spectrum]]


def _sized(low: int, high: int, build: Callable[[int], tuple[str, Any, Spectrum]]) -> Drawn:
    return st.integers(low, high).map(build)


def _complete(low: int, high: int) -> Drawn:
    def build(n: int) -> tuple[str, Any, Spectrum]:
        return f"complete graph on {n} vertices", networkx.complete_graph(n), [Fraction(0)] + [Fraction(n)] * (n - 1)

    return _sized(low, high, build)


def _star(low: int, high: int) -> Drawn:
    def build(n: int) -> tuple[str, Any, Spectrum]:
        spectrum = [Fraction(0), *[Fraction(1)] * (n - 2), Fraction(n)] if n > 1 else [Fraction(0)]
        return f"star on {n} vertices", networkx.star_graph(n - 1), spectrum

    return _sized(low, high, build)


def _path(low: int, high: int) -> Drawn:
    def build(n: int) -> tuple[str, Any, Spectrum]:
        spectrum = [_two_minus_two_cosines(Fraction(k, n)) for k in range(n)]
        return f"path on {n} vertices", networkx.path_graph(n), spectrum

    return _sized(low, high, build)


def _cycle(low: int, high: int) -> Drawn:
    def build(n: int) -> tuple[str, Any, Spectrum]:
        spectrum = [_two_minus_two_cosines(Fraction(2 * k, n)) for k in range(n)]
        return f"cycle on {n} vertices", networkx.cycle_graph(n), spectrum

    return _sized(max(low, 3), high, build) if high >= 3 else _path(low, high)


def _bipartite(low: int, high: int) -> Drawn:
    def build(sides: tuple[int, int]) -> tuple[str, Any, Spectrum]:
        m, n = sides
        spectrum = [Fraction(0), *[Fraction(m)] * (n - 1), *[Fraction(n)] * (m - 1), Fraction(m + n)]
        return f"complete bipartite graph on {m} + {n} vertices", networkx.complete_bipartite_graph(m, n), spectrum

    if high < 2:
        return _path(low, high)
    total = st.integers(max(low, 2), high)
    return total.flatmap(lambda n: st.integers(1, n - 1).map(lambda m: (m, n - m))).map(build)


def _hypercube(low: int, high: int) -> Drawn:
    def build(d: int) -> tuple[str, Any, Spectrum]:
        graph = networkx.convert_node_labels_to_integers(networkx.hypercube_graph(d))
        return f"hypercube of dimension {d}", graph, [Fraction(2 * k) for k in range(d + 1) for _ in _times(d, k)]

    dimensions = [d for d in range(1, 6) if low <= 2**d <= high]
    return st.sampled_from(dimensions).map(build) if dimensions else _path(low, high)


def _times(d: int, k: int) -> range:
    return range(math.comb(d, k))


@functools.cache
def _two_minus_two_cosines(turns: Fraction) -> ExactNumber:
    """2 - 2 cos(pi turns)."""
    value = 2 - 2 * sympy.cos(sympy.pi * sympy.Rational(turns.numerator, turns.denominator))
    return Fraction(int(value.p), int(value.q)) if value.is_Rational else value
