"""Nested dissection: every vertex once, boundaries that hold all later neighbours, little fill, honest refusal."""

import networkx as nx
import numpy as np
import pytest
import scipy.sparse

from certify.linear_algebra.ordering import nested_dissection


def _pattern(graph):
    return scipy.sparse.csr_array(nx.to_scipy_sparse_array(graph, dtype=float))


GRAPHS = {
    "path": nx.path_graph(1000),
    "ring": nx.cycle_graph(999),
    "star": nx.star_graph(1500),
    "wheel": nx.wheel_graph(900),
    "tree": nx.random_labeled_tree(1500, seed=3),
    "grid": nx.convert_node_labels_to_integers(nx.grid_2d_graph(40, 40)),
    "islands": nx.disjoint_union(nx.cycle_graph(300), nx.empty_graph(700)),
    "geometric": nx.random_geometric_graph(1500, 0.05, seed=1),
    "single": nx.empty_graph(1),
}


@pytest.mark.parametrize("name", GRAPHS)
def test_fronts_are_an_elimination_order(name):
    pattern = _pattern(GRAPHS[name])
    fronts = nested_dissection(pattern)
    assert fronts is not None
    step = np.full(pattern.shape[0], -1)
    for position, front in enumerate(fronts):
        assert (step[front.pivots] == -1).all()
        step[front.pivots] = position
    assert (step >= 0).all()
    used = [child for front in fronts for child in front.children]
    assert len(used) == len(set(used))
    for position, front in enumerate(fronts):
        known = set(front.pivots.tolist()) | set(front.boundary.tolist())
        assert (step[front.boundary] > position).all()
        later = {j for v in front.pivots for j in pattern[[v]].indices.tolist() if step[j] >= position}
        assert later <= known
        assert all(set(fronts[child].boundary.tolist()) <= known for child in front.children)
        assert not len(front.boundary) or position in used


def test_the_fill_of_trees_and_grids_is_small():
    tree = nested_dissection(_pattern(GRAPHS["tree"]))
    grid = nested_dissection(_pattern(GRAPHS["grid"]))
    assert max(len(f.boundary) for f in tree) <= 20
    assert max(len(f.pivots) + len(f.boundary) for f in grid) <= 200


def test_expanders_are_refused():
    assert nested_dissection(_pattern(nx.random_regular_graph(3, 20000, seed=1))) is None
