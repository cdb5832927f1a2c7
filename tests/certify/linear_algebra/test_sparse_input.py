"""Parallel edges and repeated entries are summed exactly."""

from fractions import Fraction

import networkx as nx
import numpy as np
import pytest
import scipy.sparse

from certify.hopfield import Hopfield
from certify.kuramoto import Kuramoto
from certify.linear_algebra import algebraic_connectivity, sparse_extreme_eigenvalues
from certify.linear_algebra.sparse_input import graph_entries, sparse_entries
from foundation import InputError


def _parallel(*weights):
    graph = nx.MultiGraph()
    graph.add_edges_from((0, 1, {"weight": weight}) for weight in weights)
    return graph


SUMS = [
    [1e16, *([1.0] * 1000)],
    [1e16, 1, -1e16],
    [0.1] * 100,
    [2**53, 1, 1],
    [1e300, 1e300, -1e300],
    [Fraction(1, 3)] * 3,
    [5e-324, 1.0],
]


@pytest.mark.parametrize("weights", SUMS)
def test_parallel_edges(weights):
    total = sum(map(Fraction, weights))
    found = algebraic_connectivity(_parallel(*weights))
    assert found.contains(2 * total)  # two nodes: the Laplacian is w [1 -1; -1 1]
    assert found.width <= 1e-14 * float(total)
    network = Kuramoto(_parallel(*weights), 0.0).network if total < 10**80 else None
    if network:
        mid, rad = (Fraction(part.item()) for part in (network.weights.mid, network.weights.rad))
        assert mid - rad <= total <= mid + rad
        assert rad <= total / 2**52


@pytest.mark.parametrize("weights", SUMS)
def test_repeated_entries(weights):
    if not all(isinstance(w, float | int) for w in weights):
        return
    total = sum(map(Fraction, weights))
    places = (np.zeros(len(weights), int), np.zeros(len(weights), int))
    matrix = scipy.sparse.coo_array((np.array(weights, float), places), shape=(2, 2))
    low, high = sparse_extreme_eigenvalues(matrix)
    assert low.contains(0)
    assert high.contains(total)
    assert high.width <= 1e-13 * float(total)


def test_what_cancels_exactly_is_no_edge():
    assert algebraic_connectivity(_parallel(1e16, 1.0, -1e16, -1.0)).upper == 0.0
    with pytest.raises(InputError, match="no edges"):
        Kuramoto(_parallel(0.1, -0.1), 0.0)


def test_whole_numbers_do_not_wrap_around():
    graph = _parallel(2**62, 2**62, np.int8(100), np.int8(100))
    assert graph_entries(graph, "the graph").values.tolist() == [2**63 + 200]
    matrix = scipy.sparse.coo_array((np.array([127, 127], np.int8), ([1, 1], [1, 1])), shape=(2, 2))
    assert sparse_entries(matrix, "matrix").values.tolist() == [254.0]


def test_tiny_weights_are_not_zero():
    """A path with weights 1 and w: lambda_2 = 1 + w - sqrt(1 - w + w^2), about 3 w / 2."""
    graph = nx.path_graph(3)
    graph.edges[0, 1]["weight"] = Fraction(1, 10**400)
    found = algebraic_connectivity(graph)
    assert found.upper > 0
    assert found.lower <= 0 < found.upper
    with pytest.raises(InputError, match="2\\^-300"):
        Kuramoto(graph, 0.0)
    graph.edges[1, 2]["weight"] = Fraction(3, 10**400)
    tiny = algebraic_connectivity(graph)
    assert tiny.lower == 0.0
    assert 0 < tiny.upper <= 1e-300


def test_hopfield_weights_are_floats_or_refused():
    data, places = np.array([1e16, 1.0, -1e16]), ([0, 0, 0], [0, 0, 0])
    assert Hopfield(scipy.sparse.coo_array((data, places), shape=(1, 1))).network.weights.matrix.toarray() == [[1.0]]
    with pytest.raises(InputError, match="float64"):
        Hopfield(scipy.sparse.coo_array((np.array([0.1, 0.2]), ([0, 0], [0, 0])), shape=(1, 1)))
    with pytest.raises(InputError, match="real"):
        Hopfield(scipy.sparse.csr_array(np.array([[1j]])))


@pytest.mark.parametrize("weight", ["2", 1j, None, [1.0], np.nan, np.inf, {}, b"2", np.array([1.0])])
def test_weights_are_real_numbers(weight):
    for front in (algebraic_connectivity, lambda graph: Kuramoto(graph, 0.0)):
        with pytest.raises(InputError):
            front(_parallel(weight))


def test_exact_matrices_are_symmetric_exactly():
    data = np.array([1.0, 2.0**-60, 1.0])
    with pytest.raises(InputError, match="symmetric"):
        sparse_extreme_eigenvalues(scipy.sparse.coo_array((data, ([0, 0, 1], [1, 1, 0])), shape=(2, 2)))
