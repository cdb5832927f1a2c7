"""Interacting particles against closed solutions and conserved quantities; blocks, graphs, bad input."""

import jax
import jax.numpy as jnp
import networkx
import numpy as np
import pytest
import scipy.sparse

from cases.desai_zwanzig.ensembles import particle_ensemble
from foundation import InputError
from numeric import double_precision
from numeric.interactions import all_pairs, edge_weights, graph_pairs
from numeric.particle_paths import leapfrog_path, particle_path


def still(x):
    return jnp.zeros_like(x)


def attraction(x, y):
    return (y - x) / jnp.sum((y - x) ** 2) ** 1.5


@double_precision
def test_sums_over_pairs_do_not_depend_on_blocks_and_leave_out_the_particle_itself():
    x = jnp.asarray(np.random.default_rng(0).normal(size=(23, 3)))
    gaps = np.asarray(x)[None] - np.asarray(x)[:, None]
    distance = np.linalg.norm(gaps, axis=2) + np.eye(23)
    expected = -0.5 * np.asarray(x) + 2.0 * (gaps / distance[..., None] ** 3).sum(axis=1)
    for block in (None, 1, 5, 23):
        found = all_pairs(lambda x: -0.5 * x, attraction, 2.0, block=block)(x)
        assert np.abs(np.asarray(found) - expected).max() < 1e-11 * np.abs(expected).max()


@double_precision
def test_a_graph_gives_the_sum_over_its_weighted_edges():
    graph = networkx.gnm_random_graph(12, 30, seed=1)
    for number, edge in enumerate(graph.edges):
        graph.edges[edge]["weight"] = 0.5 + number
    graph.add_edge(3, 3, weight=7.0)
    x = np.random.default_rng(1).normal(size=(12, 2))
    a = networkx.to_numpy_array(graph)
    expected = np.array([sum(a[i, j] * np.sin(x[j] - x[i]) for j in range(12)) for i in range(12)])
    for given in (graph, a, scipy.sparse.csr_array(a)):
        found = graph_pairs(still, lambda p, q: jnp.sin(q - p), given)(jnp.asarray(x))
        assert np.allclose(np.asarray(found), expected, atol=1e-11)


def test_directed_edges_are_rows_of_the_adjacency_matrix():
    target, source, weight = edge_weights(networkx.DiGraph([(0, 1)]))
    assert (list(target), list(source), list(weight)) == ([0], [1], [1.0])


def test_the_consensus_of_linear_particles_on_a_graph():
    """x' = -L x on a path of two nodes: the difference decays like exp(-2 t), the mean stays."""
    velocity = graph_pairs(still, lambda p, q: q - p, networkx.path_graph(2))
    path = particle_path(
        velocity, [[1.0], [0.0]], [0.0, 0.5, 1.0], monitored={"mean": lambda x: x.mean()}, tolerance=1e-10
    )
    gap = path.states[:, 0, 0] - path.states[:, 1, 0]
    assert np.abs(gap - np.exp(-2 * path.times)).max() < 1e-8
    assert path.drift("mean") < 1e-12


def test_kepler_by_leapfrog_and_by_runge_kutta():
    """A circular orbit of unit radius around a fixed centre returns after 2 pi; leapfrog is of order two."""

    def centre(x):
        return -x / jnp.sum(x**2, axis=1, keepdims=True) ** 1.5

    errors = []
    for steps in (200, 400):
        path = leapfrog_path(
            centre,
            [[1.0, 0.0]],
            [[0.0, 1.0]],
            2 * np.pi / steps,
            steps,
            every=steps // 4,
            monitored={"x": lambda s: s[0, 0]},
        )
        errors.append(np.abs(path.states[-1, 0, :2] - [1.0, 0.0]).max())
        assert path.monitored["x"].shape == (5,)
    assert 3.8 < errors[0] / errors[1] < 4.2

    def whole(s):
        return jnp.concatenate([s[:, 2:], centre(s[:, :2])], axis=1)

    exact = particle_path(whole, [[1.0, 0.0, 0.0, 1.0]], [0.0, 2 * np.pi], tolerance=1e-12)
    assert np.abs(exact.states[-1] - exact.states[0]).max() < 1e-9


def test_a_blow_up_is_reported_as_nan():
    path = particle_path(lambda x: x**2, [[1.0]], [0.0, 0.5, 2.0], monitored={"x": lambda x: x.sum()})
    assert np.isnan(path.states[-1]).all()
    assert path.drift("x") == float("inf")


def test_the_variance_of_an_ornstein_uhlenbeck_ensemble():
    """dx = -x dt + sqrt 2 dW from 0: variance 1 - exp(-2 t); with steps h the scheme's own is (1 - q)/(1 - h/2)."""
    h, steps = 0.02, 100
    times, seen = particle_ensemble(
        lambda x: -x,
        np.sqrt(2.0),
        np.zeros((8, 4000, 1)),
        h,
        steps,
        key=jax.random.key(0),
        observe=lambda x: jnp.mean(x**2),
    )
    exact = (1 - (1 - h) ** (2 * steps)) / (1 - h / 2)
    assert times[-1] == pytest.approx(2.0)
    assert abs(seen[-1].mean() - exact) < 5 * np.sqrt(2 / 32000) * exact
    assert np.ptp(seen[-1]) > 1e-4


def test_a_member_of_an_ensemble_without_noise_follows_the_drift():
    times, seen = particle_ensemble(lambda x: -x, 0.0, np.ones((1, 3, 2)), 0.01, 100, key=jax.random.key(0), every=50)
    assert np.allclose(seen[:, 0, 0, 0], 0.99 ** (100 * times))


@pytest.mark.parametrize(
    "call",
    [
        lambda: particle_path(still, [1.0], [0.0, 1.0]),
        lambda: particle_path(still, [[np.nan]], [0.0, 1.0]),
        lambda: particle_path(still, [[1.0]], [0.0, 0.0]),
        lambda: particle_path(still, [[1.0]], [0.0, 1.0], tolerance=0.0),
        lambda: leapfrog_path(still, [[1.0]], [[1.0, 2.0]], 0.1, 10),
        lambda: leapfrog_path(still, [[1.0]], [[1.0]], 0.1, 0),
        lambda: particle_ensemble(still, 1.0, np.zeros((3, 2)), 0.1, 10, key=jax.random.key(0)),
        lambda: particle_ensemble(still, -1.0, np.zeros((1, 3, 2)), 0.1, 10, key=jax.random.key(0)),
        lambda: edge_weights(np.zeros((2, 3))),
        lambda: edge_weights(networkx.Graph()),
        lambda: edge_weights(scipy.sparse.csr_array(np.array([[0.0, np.inf], [0.0, 0.0]]))),
    ],
)
def test_bad_input_is_refused(call):
    with pytest.raises(InputError):
        call()
