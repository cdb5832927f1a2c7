"""Gradient descent in its learning rate: a network with a dead input, against the cubic coefficient of its loss."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.branch.descent import unstable_in_descent
from certify.branch.problem import BranchProblem
from certify.certificate import issue
from foundation import CertificateError

X = np.array([[0.3, 0.0, 1.0], [-1.0, 0.0, 0.5], [0.8, 0.0, -0.4], [0.1, 0.0, -1.2]])
Y = np.array([0.5, -0.4, 0.7, 0.1])
DECAY = 2.0**-9


def loss(theta):
    fitted = theta[3] * jnp.tanh(X @ theta[:3]) + theta[4]
    return jnp.mean((fitted - Y) ** 2) / 2 + DECAY / 2 * jnp.sum(theta**2)


@pytest.fixture(scope="module", autouse=True)
def double():
    with jax.enable_x64(True):
        yield


@pytest.fixture(scope="module")
def network(double):
    """(the minimum, the branch over a tenth of the critical rate to either side)."""
    gradient, hessian = jax.jit(jax.grad(loss)), jax.jit(jax.hessian(loss))
    theta = jnp.array([1.0, 0.0, 0.2, 0.8, 0.0])
    for _ in range(600):
        theta = theta - 0.5 * gradient(theta)
    for _ in range(5):
        theta = theta - jnp.linalg.solve(hessian(theta), gradient(theta))
    rate = 2 / float(np.linalg.eigvalsh(hessian(theta))[-1])
    ends = ("learning_rate", 0.9 * rate, 1.1 * rate)
    return np.asarray(theta), sp.certify_branch(sp.Loss(loss, theta), parameter=ends)


def limit(differences):
    """Richardson's extrapolation of f(h) / h^2 for h = 1/8, 1/16, ..., whose error is a series in h^2."""
    table = np.asarray(differences) * np.reshape(4.0 ** np.arange(3, 9), (-1,) + (1,) * (differences.ndim - 1))
    for k in range(1, len(table)):
        table = table[1:] + (table[1:] - table[:-1]) / (4.0**k - 1)
    return table[0]


def test_flip_of_a_network_with_a_dead_input(network):
    """c = (eta / 6) (3 T(q, q, H^-1 T(q, q)) - Q(q, q, q, q)), by differences along the sharpest direction."""
    theta, found = network
    values, vectors = np.linalg.eigh(jax.hessian(loss)(theta))
    assert values[0] == pytest.approx(DECAY, rel=1e-9), "the dead weight is the flattest direction"
    q = vectors[:, -1]

    points = 2.0 ** -np.arange(3, 9)[:, None] * q
    slope, bend = jax.jit(jax.vmap(jax.grad(loss))), jax.jit(jax.vmap(jax.hessian(loss)))
    # symmetric differences of gradients and Hessians along q, extrapolated to step 0
    bent = limit(slope(theta + points) + slope(theta - points) - 2 * jax.grad(loss)(theta))
    fourth = limit((bend(theta + points) + bend(theta - points) - 2 * jax.hessian(loss)(theta)) @ q)
    c = 2 / values[-1] / 6 * (3 * bent @ np.linalg.solve(jax.hessian(loss)(theta), bent) - q @ fourth)
    assert found.verdict is sp.Verdict.PROVED
    assert (
        found.number("point_1").contains(2 / values[-1])
        or abs(found.number("point_1").midpoint * values[-1] / 2 - 1) < 1e-13
    )
    assert found.number("coefficient_1").midpoint == pytest.approx(float(c), rel=1e-7)
    assert found.number("coefficient_1").width < 1e-6 * abs(float(c))
    assert found.number("crossing_1").midpoint == pytest.approx(float(values[-1]), rel=1e-9)
    parts = [claim.statement.parameters["unstable"] for claim in found.claims if claim.name.startswith("part")]
    assert parts == [0, -1, 1], "the flat direction does not hide the stability"


def test_the_2_cycle_beyond_the_edge_is_proved_from_a_point_with_a_decayed_weight(network):
    """The dead weight of the start is not yet 0: it stands alone, so that Newton's first step leads to 0."""
    theta, found = network
    assert found.outcome.claim("coefficient_1").statement.parameters["criticality"] == "supercritical"
    rate = found.number("point_1").midpoint * 1.002
    step = jax.jit(lambda t: t - rate * jax.grad(loss)(t))
    start = theta + np.array([1e-2, 1e-18, 0, 1e-2, 0])
    for _ in range(6000):
        start = step(start)
    assert 0 < abs(start[1]) < 1e-15
    cycle = sp.certify_periodic_point(lambda t: t - rate * jax.grad(loss)(t), np.asarray(start), 2)
    assert cycle.verdict is sp.Verdict.STABLE
    assert abs(cycle.point[1]) < 1e-300


def test_the_proof_of_a_descent_is_repeated_and_refuses_other_counts(network):
    _, found = network
    tree = {"field": found.problem["field"], "kind": "descent"} | {k: found.problem[k] for k in ("lower", "upper")}
    assert issue("branch", tree, found.witness).verdict is sp.Verdict.PROVED
    wrong = np.where(found.witness["unstable"] == 0, 1, found.witness["unstable"])
    with pytest.raises(CertificateError, match="as stable as it says"):
        issue("branch", tree, found.witness | {"unstable": wrong})
    with pytest.raises(CertificateError, match="learning rates"):
        BranchProblem.from_tree(tree | {"lower": -0.5})


@pytest.mark.parametrize("skew", [0.0, 0.25])
def test_counts_of_descents_hold_on_the_whole_ball_and_are_tight(skew):
    """A = diag(1, 4) + skew (e1 e2^T - e2 e1^T), the eigenvalues being 5/2 +- sqrt(9/4 - skew^2)."""
    matrix = np.diag([1.0, 4.0]) + skew * np.array([[0, 1], [-1, 0]])
    critical = 2 / (2.5 + np.sqrt(2.25 - skew**2))
    room = 0.07 if skew else 1e-9  # Bauer and Fike's bound is the norm of the skew part, relative to 4
    rates = np.array([critical * (1 - room), critical, critical * (1 + room), 2 * (1 + room) / (2.5 - np.sqrt(2.25))])
    slopes = Ball(np.stack([matrix] * 4), np.full((4, 2, 2), 1e-14))
    assert unstable_in_descent(slopes, Ball(rates, rates * 1e-12)).tolist()[:3] == [0, -1, 1]
    if not skew:
        assert unstable_in_descent(slopes, Ball(rates, rates * 1e-12))[3] == 2


def test_counts_of_descents_hold_for_every_matrix_in_a_skew_ball():
    """Matrices with one symmetric part and other skew ones have pairs that are not real: never counted wrongly."""
    rng = np.random.default_rng(0)
    for _ in range(40):
        middle = rng.standard_normal((3, 3))
        rad, rate = 0.05 * rng.random((3, 3)), float(rng.uniform(0.2, 1.5))
        (count,) = unstable_in_descent(Ball(middle[None], rad[None]), Ball(np.array([rate]), np.array([0.01])))
        for _ in range(5):
            sample = np.eye(3) - (rate + rng.uniform(-0.01, 0.01)) * (middle + rad * rng.uniform(-1, 1, (3, 3)))
            assert count in (-1, int((np.abs(np.linalg.eigvals(sample)) > 1).sum()))
