"""H3 of networks with kinks: proved for all pieces together, or assumed."""

from dataclasses import replace

import jax
import jax.flatten_util
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from certify.certificate.model import Status
from certify.minimum.on_pieces import curvatures
from certify.minimum.statement import MinimumStatement
from certify.program.pieces import pieces_of


def third(problem, optimizer):
    certificate = sp.certify_minimum(problem, optimizer)
    assert sp.check(certificate).hypotheses == certificate.hypotheses
    return next(h for h in certificate.hypotheses if h.name == "H3")


def bent(slope, params):
    """t on the left of 0, slope t on its right, at the minimum t = 1: the update on that piece is 1 - eta slope^2."""
    return sp.Regression(lambda t, x: (t + (slope - 1) * jax.nn.relu(t)) * x, params, np.ones(1), np.full(1, slope))


@pytest.mark.parametrize(("rate", "status"), [(0.2, Status.PROVED), (0.25, Status.ASSUMED), (1.0, Status.ASSUMED)])
def test_one_singular_piece_is_enough_to_leave_it_open(rate, status):
    # slopes 1 and 2: whole half lines land on one point at the rates 1 and 1/4
    assert third(bent(2.0, np.float64(1.0)), sp.GradientDescent(rate)).status is status


def test_a_piece_on_which_nothing_moves_is_no_obstacle():
    # t on the left, constant on the right: on that piece the update is the identity
    problem = sp.Regression(lambda t, x: (t - jax.nn.relu(t - 1)) * x, np.float64(0.5), np.ones(1), np.full(1, 0.5))
    assert third(problem, sp.GradientDescent(0.5)).status is Status.PROVED
    assert third(problem, sp.GradientDescent(1.0)).status is Status.ASSUMED


@pytest.mark.parametrize(("rate", "status"), [(0.2, Status.PROVED), (0.25, Status.ASSUMED)])
def test_a_network_that_sees_the_whole_batch_has_one_update(rate, status):
    # two equal examples and slopes 1 and 2: 1 - (eta / 2) 2 slope^2
    problem = sp.Regression(
        lambda t, rows: (t + jax.nn.relu(t)) * rows, np.float64(1.0), np.ones(2), np.full(2, 2.0), batched=True
    )
    # N q = 2 residuals of one parameter: a strict minimum
    assert third(problem, sp.GradientDescent(rate)).status is status


def test_the_pieces_of_a_batch_are_those_of_its_examples(network):
    def together(params, rows):
        return jax.vmap(network.predict, in_axes=(None, 0))(params, rows)

    batch = sp.Regression(together, network.params, network.inputs, network.targets, batched=True)
    found = third(batch, sp.GradientDescent(0.05))
    assert found.status is Status.PROVED
    assert "one branch at each kink" in found.reason


@pytest.fixture(scope="module")
def network():
    rng = np.random.default_rng(3)
    inputs = rng.normal(size=(3, 2))

    def predict(params, x):
        return params["out"] @ jax.nn.relu(params["in"] @ x + params["bias"]) + params["shift"]

    params = {
        "in": rng.normal(size=(5, 2)),
        "bias": rng.normal(size=5),
        "out": rng.normal(size=5),
        "shift": np.float64(0.1),
    }
    targets = np.array([float(predict({k: jnp.asarray(v) for k, v in params.items()}, x)) for x in inputs])
    return sp.Regression(predict, params, inputs, targets)


@pytest.mark.parametrize(
    "optimizer",
    [
        sp.GradientDescent(0.05),
        sp.Nesterov(0.05, 0.5),
        sp.SGD(0.05, 1, sampling="iid"),
        sp.SGD(0.05, 2, sampling="iid"),
        sp.SGD(0.05, 2, sampling="shuffled"),
    ],
)
def test_relu_networks_at_moderate_rates(network, optimizer):
    found = third(network, optimizer)
    assert found.status is Status.PROVED
    assert "one branch at each kink" in found.reason


def test_the_curvatures_of_all_members_are_enclosed(network, rng):
    """Off the minimum, with targets far away, the Hessian of each example's loss as JAX has it at random points."""
    known = sp.certify_minimum(network, sp.GradientDescent(0.05))
    statement = MinimumStatement.from_tree(known.problem)
    statement = replace(statement, targets=statement.targets + 100.0)
    _, unravel = jax.flatten_util.ravel_pytree(network.params)
    pieces = pieces_of(statement.predict)
    for _ in range(5):
        point = rng.normal(size=statement.dimension)
        found = curvatures(statement, pieces, point)
        with jax.enable_x64(True):
            for x, y, row in zip(statement.inputs, statement.targets[:, 0], range(3), strict=True):
                loss = lambda flat, x=x, y=y: (network.predict(unravel(flat), x) - y) ** 2 / 2  # noqa: E731
                true = np.asarray(jax.hessian(loss)(jnp.asarray(point)))
                gap = 1e-9 * np.abs(true).max()
                assert (found.lower[row] - gap <= true).all()
                assert (true <= found.upper[row] + gap).all()


def test_too_large_a_rate_is_left_open(network):
    assert third(network, sp.GradientDescent(1.0)).status is Status.ASSUMED


def test_the_last_batch_of_an_epoch_counts():
    """Three examples in batches of two and one: on the far side of a kink the third example alone lands on one point at
    the rate 1/4 (slope 2), but not together with another one.
    """

    def predict(t, x):
        return t @ x + jax.nn.relu(t[2] - 2) * x[2]

    problem = sp.Regression(predict, np.ones(3), np.eye(3), np.ones(3))
    for rate, status in ((0.2, Status.PROVED), (0.25, Status.ASSUMED)):
        assert third(problem, sp.SGD(rate, 2, sampling="shuffled")).status is status
