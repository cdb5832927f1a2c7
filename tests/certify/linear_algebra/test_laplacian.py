"""Algebraic connectivity against closed forms, and against exact characteristic polynomials of small graphs."""

import math

import networkx as nx
import numpy as np
import pytest
import scipy.sparse
from hypothesis import given, settings
from hypothesis import strategies as st

from certify.linear_algebra import algebraic_connectivity
from certify.linear_algebra import laplacian as module
from foundation import InputError


@settings(deadline=None, max_examples=50)
@given(st.integers(2, 7), st.floats(0.2, 1.0), st.integers(0, 2**32 - 1))
def test_small_weighted_graphs(exact, roots_of, inside, size, density, seed):
    rng = np.random.default_rng(seed)
    weights = np.triu(np.where(rng.random((size, size)) < density, rng.random((size, size)).astype(np.float32), 0), 1)
    weights = (weights + weights.T).astype(float)
    rational = exact(-weights)
    for i in range(size):
        rational[i, i] = sum((-rational[i, j] for j in range(size) if j != i), 0 * rational[0, 0])
    truth = roots_of(rational)[1]
    result = algebraic_connectivity(scipy.sparse.csr_array(weights))
    if nx.is_connected(nx.from_numpy_array(weights)):
        assert inside(result.lower, truth, result.upper)
        assert result.width <= 1e-13
    else:
        assert result == algebraic_connectivity(nx.empty_graph(2))
        assert result.lower == result.upper == 0.0


# (graph, its algebraic connectivity) from M. Fiedler, Czech. Math. J. 23 (1973), section 4, and tensor sums
CLOSED_FORMS = {
    "path": (nx.path_graph(900), 4 * math.sin(math.pi / 1800) ** 2),
    "ring": (nx.cycle_graph(1001), 4 * math.sin(math.pi / 1001) ** 2),
    "star": (nx.star_graph(700), 1.0),
    "complete": (nx.complete_graph(400), 400.0),
    "bipartite": (nx.complete_bipartite_graph(200, 300), 200.0),
    "cube": (nx.convert_node_labels_to_integers(nx.hypercube_graph(9)), 2.0),
    "grid": (nx.convert_node_labels_to_integers(nx.grid_2d_graph(30, 41)), 4 * math.sin(math.pi / 82) ** 2),
    "wheel": (nx.wheel_graph(801), 1 + 4 * math.sin(math.pi / 800) ** 2),
}


@pytest.mark.parametrize("name", CLOSED_FORMS)
def test_closed_forms(name):
    graph, truth = CLOSED_FORMS[name]
    result = algebraic_connectivity(graph)
    assert result.lower <= truth * (1 + 4e-16)
    assert truth * (1 - 4e-16) <= result.upper
    assert result.width <= 5e-3 * truth


@pytest.mark.parametrize("scale", [2.0**-400, 2.0**-3, 2.0**300])
def test_weights_scale(scale):
    graph = nx.cycle_graph(500)
    nx.set_edge_attributes(graph, scale, "weight")
    result, truth = algebraic_connectivity(graph), scale * 4 * math.sin(math.pi / 500) ** 2
    assert result.lower <= truth * (1 + 4e-16)
    assert truth * (1 - 4e-16) <= result.upper
    assert result.width <= 5e-3 * truth


def test_uneven_weights_agree_with_the_dense_eigenvalues():
    rng = np.random.default_rng(4)
    graph = nx.convert_node_labels_to_integers(nx.grid_2d_graph(25, 20))
    nx.set_edge_attributes(graph, {edge: float(rng.random() + 0.1) for edge in graph.edges}, "weight")
    result = algebraic_connectivity(graph)
    truth = np.linalg.eigvalsh(nx.laplacian_matrix(graph).toarray())[1]
    assert result.lower <= truth + 1e-13
    assert truth - 1e-13 <= result.upper
    assert result.width <= 1e-4 * truth


def test_matrices_and_graphs_mean_the_same():
    graph = nx.random_regular_graph(3, 60, seed=2)
    adjacency = nx.to_scipy_sparse_array(graph, dtype=float)
    loops = adjacency + 5 * scipy.sparse.eye_array(60)
    matrix = nx.laplacian_matrix(graph).astype(float)
    assert algebraic_connectivity(graph) == algebraic_connectivity(adjacency)
    assert algebraic_connectivity(graph) == algebraic_connectivity(matrix)
    assert algebraic_connectivity(graph) == algebraic_connectivity(loops)


def test_disconnected_graphs_have_exactly_zero():
    two = nx.disjoint_union(nx.cycle_graph(500), nx.cycle_graph(600))
    assert algebraic_connectivity(two).lower == algebraic_connectivity(two).upper == 0.0
    thin = nx.path_graph(400)
    thin.add_edge(10, 11, weight=0.0)
    assert algebraic_connectivity(thin).upper == 0.0


def test_an_expander_gets_an_honest_weak_bound(monkeypatch):
    graph = nx.random_regular_graph(3, 2500, seed=1)
    truth = np.linalg.eigvalsh(nx.laplacian_matrix(graph).toarray().astype(float))[1]
    dense = algebraic_connectivity(graph)
    assert dense.lower <= truth + 1e-12
    assert truth - 1e-12 <= dense.upper
    assert dense.width <= 1e-9
    monkeypatch.setattr(module, "_DENSE", 100)
    monkeypatch.setattr(module, "nested_dissection", lambda w: None if w.nnz > 5000 else original(w))
    weak = algebraic_connectivity(graph)
    assert 0 < weak.lower < truth
    assert truth - 1e-12 <= weak.upper <= 1.5 * truth


original = module.nested_dissection


def test_a_wrong_guess_costs_width_and_never_truth(monkeypatch):
    graph, truth = nx.cycle_graph(600), 4 * math.sin(math.pi / 600) ** 2
    monkeypatch.setattr(module, "nearest_pair", lambda *arguments: None)
    monkeypatch.setattr(module, "_fiedler_guess", lambda matrix: np.random.default_rng(0).standard_normal(600))
    result = algebraic_connectivity(graph)
    assert result.lower <= truth <= result.upper
    assert result.upper > 0.1


@pytest.mark.parametrize(
    ("graph", "words"),
    [
        (nx.empty_graph(1), "at least 2 nodes"),
        (nx.empty_graph(0), "at least 2 nodes"),
        (nx.DiGraph([(0, 1)]), "undirected"),
        (scipy.sparse.csr_array([[0.0, 1.0], [2.0, 0.0]]), "asymmetry is 1"),
        (scipy.sparse.csr_array([[0.0, np.nan], [np.nan, 0.0]]), "finite"),
        (scipy.sparse.csr_array([[0.0, 1.0, -1.0], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]]), "negative"),
        (scipy.sparse.csr_array([[5.0, -1.0], [-1.0, 1.0]]), "row sums"),
        (np.eye(2), "sparse"),
        (scipy.sparse.csr_array((2, 3)), "square"),
    ],
)
def test_bad_input_is_refused(graph, words):
    with pytest.raises(InputError, match=words):
        algebraic_connectivity(graph)


@pytest.mark.slow
def test_a_hundred_thousand_nodes():
    size = 100_000
    result = algebraic_connectivity(nx.cycle_graph(size))
    truth = 4 * math.sin(math.pi / size) ** 2
    assert result.lower <= truth * (1 + 4e-16)
    assert truth * (1 - 4e-16) <= result.upper
    assert result.width <= 2e-3 * truth
