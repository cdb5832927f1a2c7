"""Extreme eigenvalues and inertia of sparse matrices, against closed forms and dense truth."""

import math

import networkx as nx
import numpy as np
import pytest
import scipy.sparse

from certify.linear_algebra import inertia as module
from certify.linear_algebra import sparse_extreme_eigenvalues
from certify.linear_algebra.inertia import inertia
from certify.linear_algebra.ordering import nested_dissection
from certify.linear_algebra.sparse_symmetric import gershgorin_bound, positive_vector
from foundation import InputError


def _path(size):
    """The Dirichlet Laplacian, eigenvalues 4 sin^2(pi k / (2 (n + 1))), k = 1..n."""
    beside = np.full(size - 1, -1.0)
    return scipy.sparse.diags_array([beside, np.full(size, 2.0), beside], offsets=[-1, 0, 1]).tocsr()


def _torus_like(rows, columns):
    first = scipy.sparse.kron(_path(rows), scipy.sparse.eye_array(columns))
    return (first + scipy.sparse.kron(scipy.sparse.eye_array(rows), _path(columns))).tocsr()


def _random_symmetric(size, degree, seed):
    graph = nx.random_regular_graph(degree, size, seed=seed)
    rng = np.random.default_rng(seed)
    nx.set_edge_attributes(graph, {edge: float(rng.standard_normal()) for edge in graph.edges}, "weight")
    matrix = scipy.sparse.csr_array(nx.to_scipy_sparse_array(graph, dtype=float))
    return scipy.sparse.csr_array(matrix + scipy.sparse.diags_array(rng.standard_normal(size)))


@pytest.mark.parametrize("size", [3, 200, 401, 3000])
def test_closed_form_of_a_path(size):
    low, high = sparse_extreme_eigenvalues(_path(size))
    smallest = 4 * math.sin(math.pi / (2 * (size + 1))) ** 2
    largest = 4 * math.sin(math.pi * size / (2 * (size + 1))) ** 2
    assert low.lower <= smallest * (1 + 1e-15)
    assert smallest * (1 - 1e-15) <= low.upper
    assert high.lower <= largest * (1 + 1e-15)
    assert largest * (1 - 1e-15) <= high.upper
    assert max(low.width, high.width) <= 1e-9


def test_closed_form_of_a_grid():
    low, high = sparse_extreme_eigenvalues(_torus_like(30, 41))
    smallest = 4 * math.sin(math.pi / 62) ** 2 + 4 * math.sin(math.pi / 84) ** 2
    largest = 4 * math.sin(math.pi * 30 / 62) ** 2 + 4 * math.sin(math.pi * 41 / 84) ** 2
    assert low.lower <= smallest * (1 + 1e-15)
    assert smallest * (1 - 1e-15) <= low.upper
    assert high.lower <= largest * (1 + 1e-15)
    assert largest * (1 - 1e-15) <= high.upper
    assert max(low.width, high.width) <= 1e-9


@pytest.mark.parametrize("scale", [2.0**-500, 1.0, 2.0**500])
def test_indefinite_matrices_of_every_scale(scale):
    matrix = _random_symmetric(450, 3, 1)
    values = np.linalg.eigvalsh(matrix.toarray())
    low, high = sparse_extreme_eigenvalues(matrix * scale)
    assert low.lower <= (values[0] + 1e-13) * scale
    assert (values[0] - 1e-13) * scale <= low.upper
    assert high.lower <= (values[-1] + 1e-13) * scale
    assert (values[-1] - 1e-13) * scale <= high.upper
    assert max(low.width, high.width) <= 1e-8 * scale


def test_without_a_cheap_elimination_gershgorin_remains(monkeypatch):
    from certify.linear_algebra import sparse_symmetric

    monkeypatch.setattr(sparse_symmetric, "nested_dissection", lambda matrix: None)
    matrix = scipy.sparse.csr_array(nx.to_scipy_sparse_array(nx.random_regular_graph(4, 600, seed=1), dtype=float))
    values = np.linalg.eigvalsh(matrix.toarray())
    low, high = sparse_extreme_eigenvalues(matrix)
    assert high.lower <= 4.0 <= high.upper
    assert high.width <= 1e-11
    assert -4.000001 <= low.lower <= values[0] + 1e-12
    assert values[0] - 1e-12 <= low.upper <= 0


def test_the_weighted_gershgorin_bound_is_sharp_for_non_negative_matrices():
    matrix = abs(_random_symmetric(300, 5, 3))
    truth = np.linalg.eigvalsh(matrix.toarray())[-1]
    bound = gershgorin_bound(matrix, positive_vector(matrix, 400))
    assert truth <= bound <= truth * (1 + 1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_inertia_counts_what_dense_eigenvalues_say(seed):
    matrix = _random_symmetric(420, 3, seed)
    values = np.linalg.eigvalsh(matrix.toarray())
    fronts = nested_dissection(matrix)
    assert fronts is not None
    assert sorted(np.concatenate([f.pivots for f in fronts]).tolist()) == list(range(420))
    for index in (0, 1, 7, 210, 418, 420):
        gap = [-np.inf, *values, np.inf][index : index + 2]
        shift = float(np.clip(np.mean(np.clip(gap, -10, 10)), values[0] - 1, values[-1] + 1))
        found = inertia(matrix, shift, fronts)
        assert found is not None
        assert found.below == index
        assert found.lower <= shift <= found.upper
        assert found.upper - found.lower < 1e-6
        assert index == 420 or found.lower <= values[index] + 1e-12
        assert index == 0 or values[index - 1] - 1e-12 <= found.upper


def test_a_wrong_multiplier_is_charged_to_the_error(monkeypatch):
    """The proof rests on residuals: a corrupted elimination widens the bound by what it moved."""
    matrix = _path(500)
    fronts = nested_dissection(matrix)
    honest = inertia(matrix, -0.5, fronts)
    original = module._approximate_quotient
    monkeypatch.setattr(module, "_approximate_quotient", lambda pivot, c: original(pivot, c) + 1e-3)
    corrupted = inertia(matrix, -0.5, fronts)
    assert honest.below == 0
    assert honest.upper - honest.lower < 1e-11
    assert corrupted is None or corrupted.upper - corrupted.lower > 1e-3
    monkeypatch.setattr(module, "_approximate_quotient", lambda pivot, c: np.zeros(c.shape))
    ignored = inertia(matrix, -0.5, fronts)
    assert ignored.upper - ignored.lower >= 2


def test_the_error_of_the_elimination_is_bounded(monkeypatch, exact):
    """The row sums of |A - s I - L D L^T|, in rational arithmetic, are below the bounds that the proof uses."""
    from certify.linear_algebra import ordering

    monkeypatch.setattr(ordering, "_LEAF", 5)
    size, shift = 60, -0.7
    matrix = _random_symmetric(size, 3, 9)
    fronts = nested_dissection(matrix)
    assert len(fronts) > 3
    found = inertia(matrix, shift, fronts)
    work = module._Elimination(matrix, shift, np.zeros(size))
    remainders = {}
    difference = exact(matrix.toarray()) - exact(shift * np.eye(size))
    for position, front in enumerate(fronts):
        block = work.assembled(front, [(fronts[c].boundary, remainders.pop(c)) for c in front.children])
        count = len(front.pivots)
        columns = np.zeros((size, count))
        columns[front.pivots] = np.eye(count)
        if len(front.boundary):
            columns[front.boundary] = module._approximate_quotient(block[:count, :count], block[count:, :count])
            remainders[position] = work.eliminated(front, block)
        left = exact(columns)
        difference -= left * exact(block[:count, :count]) * left.transpose()
    rows = [sum(abs(float(difference[i, j].p) / float(difference[i, j].q)) for j in range(size)) for i in range(size)]
    assert 0 < max(rows) <= (found.upper - found.lower) / 2
    assert all(row <= bound * (1 + 1e-12) for row, bound in zip(rows, work.error, strict=True))


@pytest.mark.parametrize(
    ("matrix", "words"),
    [
        (np.eye(3), "sparse"),
        (scipy.sparse.csr_array((0, 0)), "at least one row"),
        (scipy.sparse.csr_array((2, 3)), "square"),
        (scipy.sparse.csr_array([[1.0, 2.0], [2.5, 1.0]]), "asymmetry is 0.5"),
        (scipy.sparse.csr_array([[np.inf]]), "finite"),
        (scipy.sparse.csr_array([[1.0 + 2.0j]]), "real"),
    ],
)
def test_bad_input_is_refused(matrix, words):
    with pytest.raises(InputError, match=words):
        sparse_extreme_eigenvalues(matrix)


def test_fronts_that_are_no_elimination_order_are_refused():
    matrix = _path(500)
    fronts = nested_dissection(matrix)
    orphaned = tuple(module.Front(f.pivots, f.boundary, ()) for f in fronts)
    with pytest.raises(ArithmeticError, match="never used"):
        inertia(matrix, -0.5, orphaned)


def test_one_by_one_and_zero_matrices():
    low, high = sparse_extreme_eigenvalues(scipy.sparse.csr_array([[3.0]]))
    assert low.lower == low.upper == high.lower == 3.0
    low, high = sparse_extreme_eigenvalues(scipy.sparse.csr_array((500, 500)))
    assert low.contains(0.0)
    assert high.contains(0.0)
    assert max(low.width, high.width) <= 1e-12


def test_whole_numbers_beyond_the_floats_are_enclosed():
    low, high = sparse_extreme_eigenvalues(scipy.sparse.csr_array([[2**53 + 1]]))
    for value in (low, high):
        assert value.contains(2**53 + 1)
        assert value.width <= 64
