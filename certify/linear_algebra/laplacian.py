"""Proved enclosure of the algebraic connectivity of a graph, up to 1e5 nodes and more."""

import math
from typing import Any

import numpy as np
import scipy.sparse
from scipy.sparse import csr_array
from scipy.sparse.csgraph import breadth_first_order, connected_components

from certify.arithmetic import Ball
from certify.arithmetic.rounding import gamma
from certify.enclosure import Enclosure
from certify.linear_algebra.extreme_eigenvalues import extreme_eigenvalues
from certify.linear_algebra.inertia import inertia
from certify.linear_algebra.lanczos import lanczos
from certify.linear_algebra.levels import scaled_enclosure
from certify.linear_algebra.ordering import Front, nested_dissection
from certify.linear_algebra.sparse_input import Entries, graph_entries, symmetric_entries
from certify.linear_algebra.sparse_symmetric import leveled, nearest_pair
from certify.linear_algebra.symmetric_eigenvalues import symmetric_eigenvalues
from foundation import InputError
from foundation.graphs import is_graph

# All eigenvalues, to the last place, up to the first size; Cholesky factors of a dense matrix up to the second.
_ALL, _DENSE = 300, 4000
_STEPS = 80


def algebraic_connectivity(graph: Any) -> Enclosure:
    """Proved enclosure of lambda_2 of the Laplacian L = D - W of an undirected graph [M. Fiedler 1973].

    `graph`: a NetworkX graph (edge attribute "weight", 1 where missing), or a symmetric SciPy sparse matrix: the
    weights W (non-negative; the diagonal is ignored), or a Laplacian, whose entries beside the diagonal are taken
    for -W. n >= 2 nodes. The weights are exact, of whatever type, and so are the sums of parallel edges; the degrees'
    rounding is part of the proof. A disconnected graph gives exactly 0. From below: a verified elimination of L - s I
    with exactly one negative eigenvalue proves lambda_2 >= s - ||E|| (`inertia`); graphs of up to 4000 nodes are dense
    matrices. Larger graphs without small separators (expanders) get a weak bound, lambda_2 of a spanning tree, because
    L_G - L_T is positive semidefinite.
    From above: v^T L v / (v^T v - (1^T v)^2 / n) in balls. Raises `InputError` on directed graphs, negative weights,
    NaN and fewer than two nodes.
    """
    entries = _weights(graph)
    if entries.values.dtype != object:
        return _exact_connectivity(entries.matrix(entries.values))
    entries, exponent = entries.scaled()
    values = entries.ball("the graph")
    # the Laplacian grows with each weight, and with it every eigenvalue [Horn and Johnson, 4.3.3]
    least, most = (
        _exact_connectivity(entries.matrix(bound)) for bound in (np.maximum(values.lower, 0.0), np.array(values.upper))
    )
    return _not_negative(scaled_enclosure(Enclosure(least.lower, most.upper), exponent))


def _exact_connectivity(weights: csr_array) -> Enclosure:
    """For weights >= 0 that are floats."""
    weights, exponent = leveled(weights)
    if connected_components(weights, directed=False, return_labels=False) > 1:
        return Enclosure(0.0, 0.0)
    return scaled_enclosure(_connectivity(weights), exponent)


def laplacian(weights: csr_array) -> tuple[csr_array, np.ndarray]:
    """fl(L) for the exact weights, and bounds of the rounding errors of its diagonal."""
    degrees = np.asarray(weights.sum(axis=1)).reshape(-1)
    whole = bool((weights.data == np.round(weights.data)).all()) and degrees.max(initial=0.0) < 2.0**53
    longest = int(np.diff(weights.indptr).max(initial=0))
    error = np.zeros(len(degrees)) if whole else degrees * (gamma(longest + 2) * (1 + 2 * gamma(longest + 2)))
    return csr_array(scipy.sparse.diags_array(degrees) - weights), error


def _weights(graph: Any) -> Entries:
    """The symmetric non-negative weights of `graph`, without a diagonal."""
    if is_graph(graph):
        if graph.is_directed():
            raise InputError("the graph must be undirected, but is directed; use graph.to_undirected()")
        if graph.number_of_nodes() < 2:
            raise InputError(f"algebraic connectivity needs at least 2 nodes, but the graph has {len(graph)}")
        entries = graph_entries(graph, "the graph").mirrored()
    else:
        entries = symmetric_entries(graph, "graph")
    if entries.size < 2:
        raise InputError("algebraic connectivity needs at least 2 nodes, but the graph has 1")
    off = entries.rows != entries.columns
    beside = Entries(entries.rows[off], entries.columns[off], entries.values[off], entries.size)
    least, most = beside.extremes()
    if least >= 0:
        return beside
    if most > 0:
        raise InputError(
            f"edge weights must not be negative, but {float(least):.6g} and {float(most):.6g} both occur; "
            "a graph has weights >= 0, a Laplacian has entries <= 0 beside the diagonal"
        )
    negated = beside.negated()
    _refuse_other_diagonals(
        entries.matrix(entries.ball("graph").mid).diagonal(), negated.matrix(negated.ball("graph").mid)
    )
    return negated


def _refuse_other_diagonals(diagonal: np.ndarray, weights: csr_array) -> None:
    degrees = np.asarray(weights.sum(axis=1)).reshape(-1)
    wrong = np.abs(diagonal - degrees) > 1e-9 * degrees
    if wrong.any():
        i = int(np.argmax(wrong))
        raise InputError(
            f"a Laplacian has zero row sums, but row {i} has diagonal {diagonal[i]:.6g} and weights summing to "
            f"{degrees[i]:.6g}; pass non-negative weights, or the Laplacian itself"
        )


def _connectivity(weights: csr_array) -> Enclosure:
    size = weights.shape[0]
    matrix, error = laplacian(weights)
    if size <= _ALL:
        return _not_negative(symmetric_eigenvalues(Ball._unchecked(matrix.toarray(), np.diag(error)))[1])
    fronts = nested_dissection(weights)
    if size <= _DENSE and (fronts is None or max(len(f.pivots) + len(f.boundary) for f in fronts) > size // 3):
        return _not_negative(_dense_connectivity(matrix, error))
    if fronts is None:
        return _expander_connectivity(weights, matrix)
    start = np.random.default_rng(0).standard_normal(size)
    shift = -1e-9 * float(matrix.diagonal().max())
    pair = nearest_pair(matrix, shift, fronts, start, _centred)
    upper = _quotient(weights, _fiedler_guess(matrix) if pair is None else _centred(pair.vector))
    return Enclosure(min(_certified_lower(matrix, error, fronts, upper), upper), upper)


def _not_negative(value: Enclosure) -> Enclosure:
    return Enclosure(max(value.lower, 0.0), max(value.upper, 0.0))


def _dense_connectivity(matrix: csr_array, error: np.ndarray) -> Enclosure:
    """lambda_2(L) is the smallest eigenvalue of L + c 1 1^T when c n is at least the largest eigenvalue of L."""
    size = matrix.shape[0]
    # twice the largest degree bounds the spectrum; the factor 4 leaves room for rounding
    constant = 2.0 ** math.ceil(math.log2(4 * float(matrix.diagonal().max()) / size))
    return extreme_eigenvalues(Ball._unchecked(matrix.toarray(), np.diag(error)) + constant)[0]


def _certified_lower(matrix: csr_array, error: np.ndarray, fronts: tuple[Front, ...], upper: float) -> float:
    """s - ||E|| for shifts s below `upper` at which exactly one eigenvalue is proved to lie below s."""
    for fraction in (1e-3, 0.1, 0.5, 0.9, 0.99):
        lower = _below_second(matrix, error, fronts, upper * (1 - fraction))
        if lower > 0:
            break
    else:
        return 0.0
    # the error just seen tells how much closer the shift is worth to go
    loss = upper * (1 - fraction) - lower + 4e-11 * upper
    for margin in (0.25 * loss, 100 * loss, 1e4 * loss):
        closer = _below_second(matrix, error, fronts, upper - margin) if margin < fraction * upper else 0.0
        if closer > lower:
            return closer
    return lower


def _below_second(matrix: csr_array, error: np.ndarray, fronts: tuple[Front, ...], shift: float) -> float:
    """A proved lower bound of lambda_2, or 0: the elimination must find one negative eigenvalue of L - s I."""
    found = inertia(matrix, shift, fronts, error)
    return found.lower if found is not None and found.below == 1 else 0.0


def _quotient(weights: csr_array, vector: np.ndarray) -> float:
    """Upper bound of lambda_2 from a vector: its form sum w_ij (v_i - v_j)^2 over its distance from the constants."""
    upper_half = scipy.sparse.triu(weights, 1).tocoo()
    v = Ball.exact(vector / np.abs(vector).max())
    differences = v[upper_half.row] - v[upper_half.col]
    form = (Ball.exact(upper_half.data) * differences.square()).sum()
    distance = v.square().sum() - v.sum().square() / float(len(vector))
    quotient = (form / distance).enclosure()
    return quotient.upper if distance.enclosure().lower > 0 else math.inf


def _fiedler_guess(matrix: csr_array) -> np.ndarray:
    start = np.random.default_rng(0).standard_normal(matrix.shape[0])
    low, _ = lanczos(lambda x: _centred(matrix @ x), _centred(start), _STEPS)
    return _centred(low.vector)


def _centred(vector: np.ndarray) -> np.ndarray:
    return np.asarray(vector - vector.mean())


def _expander_connectivity(weights: csr_array, matrix: csr_array) -> Enclosure:
    """What is provable without an elimination of the whole graph: a spanning tree from below, a vector from above."""
    upper = _quotient(weights, _fiedler_guess(matrix))
    centre = int(np.argmax(weights.sum(axis=1)))
    _, parents = breadth_first_order(weights, centre, directed=False)
    child = np.flatnonzero(parents >= 0)
    data = np.asarray(weights[child, parents[child]]).reshape(-1)
    tree = csr_array((data, (child, parents[child])), shape=weights.shape)
    return Enclosure(min(_connectivity(csr_array(tree + tree.T)).lower, upper), upper)
