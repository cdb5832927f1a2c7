"""Convergence from the given parameters: exact cases, simulated starts, scales that must not help, forged files."""

from functools import cache

import jax.numpy as jnp
import numpy as np
import optax
import pytest
import scipy.linalg

import stabproof as sp
from certify.arithmetic import Ball, ball
from certify.certificate import issue
from certify.training.basin import Iteration, frame
from certify.training.basin.comparison import Basin, _displaced, interpolating_basin, strict_basin, surroundings
from foundation import CertificateError
from search.minimum.basin_form import propose_form

STEPS = 400


def hyperbola(theta, x):
    return theta[0] * theta[1] * x


def bowl(theta):
    return jnp.cosh(theta[0] + theta[1]) + theta[0] ** 2


OPTIMISERS = {
    "gd": sp.GradientDescent(0.4),
    "heavy ball": sp.HeavyBall(0.4, 0.5),
    "nesterov": sp.Nesterov(0.3, 0.5),
}
MOMENTUM = {"gd": 0.0, "heavy ball": 0.5, "nesterov": 0.5}


@cache
def interpolating(name):
    start = np.array([1.3, 1 / 1.3 + 1e-4])
    problem = sp.Regression(hyperbola, start, np.ones(1), np.ones(1))
    return sp.certify_minimum(problem, OPTIMISERS[name], basin=True)


@cache
def strict(name):
    make = {"gd": sp.GradientDescent, "heavy ball": sp.HeavyBall, "nesterov": sp.Nesterov}[name]
    optimizer = make(0.25) if name == "gd" else make(0.25, 0.5)
    return sp.certify_minimum(sp.Loss(bowl, np.array([1e-3, 0.0])), optimizer, basin=True)


def hyperbola_gradient(z):
    return (z[0] * z[1] - 1) * z[::-1]


def bowl_gradient(z):
    return np.sinh(z[0] + z[1]) + np.array([2 * z[0], 0.0])


def path(name, gradient, start, rate):
    """The iteration written from its definition, in floats."""
    b, theta, memory = MOMENTUM[name], start.copy(), np.zeros(2)
    points = [theta]
    for _ in range(STEPS):
        at = theta + b * memory if name == "nesterov" else theta
        memory = b * memory - rate * gradient(at)
        theta = theta + memory
        points.append(theta)
    return np.array(points)


def starts(centre, radius):
    """On the sphere, where the claim is tested hardest."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        u = rng.normal(size=2)
        yield centre + 0.999 * radius * u / np.linalg.norm(u)


@pytest.mark.parametrize("name", OPTIMISERS)
def test_interpolating_starts_converge_as_claimed(name, tmp_path):
    found = interpolating(name)
    centre, rate = found.problem["params"], OPTIMISERS[name].learning_rate
    assert found.verdict is sp.Verdict.STABLE
    for start in starts(centre, found.basin_radius):
        points = path(name, hyperbola_gradient, start, rate)
        end = points[-1]
        assert abs(end[0] * end[1] - 1) < 1e-14
        assert np.linalg.norm(end - centre) <= found.number("limit_distance").upper
        errors = np.linalg.norm(points[:25] - end, axis=1)
        assert errors[24] <= 1e-13 + 1e3 * found.convergence_rate.upper**24 * errors[0]
    found.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").basin_radius == found.basin_radius


@pytest.mark.parametrize("name", OPTIMISERS)
def test_strict_starts_converge_as_claimed(name, tmp_path):
    found = strict(name)
    assert found.verdict is sp.Verdict.STABLE
    assert found.number("limit_distance").upper < 1.2e-3
    for start in starts(found.problem["params"], found.basin_radius):
        assert np.linalg.norm(path(name, bowl_gradient, start, 0.25)[-1]) < 1e-12
    found.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").basin_radius == found.basin_radius


def test_the_radius_is_not_timid():
    """By hand: gradient descent on the hyperbola loses the argument where delta is about K / (2 |J|), 0.7 |J| / 2."""
    assert interpolating("gd").basin_radius > 0.05
    assert interpolating("heavy ball").basin_radius > 2e-4
    assert interpolating("nesterov").basin_radius > 5e-5
    assert strict("gd").basin_radius > 0.02


def test_no_radius_reaches_a_start_that_diverges():
    """xy = 1 with rate 0.4: from (3, 3) gradient descent leaves; no certificate around it claims otherwise."""
    point = np.array([2.0, 0.5])
    problem = sp.Regression(hyperbola, point, np.ones(1), np.ones(1))
    found = sp.certify_minimum(problem, sp.GradientDescent(0.4), basin=True)
    away = np.array([3.0, 3.0])
    for _ in range(4):
        away = away - 0.4 * hyperbola_gradient(away)
    assert np.abs(away).max() > 1e3
    assert found.basin_radius < np.linalg.norm(point - 3.0)


def test_an_unstable_minimum_has_no_basin():
    problem = sp.Regression(hyperbola, np.array([2.0, 0.5]), np.ones(1), np.ones(1))
    found = sp.certify_minimum(problem, sp.GradientDescent(0.6), basin=True)
    assert found.verdict is sp.Verdict.UNSTABLE
    assert found.basin_radius is None
    assert found.convergence_rate is None


@pytest.mark.parametrize("name", ["heavy-ball", "nesterov"])
def test_the_norm_contracts_in_exact_arithmetic(name):
    """nu(M Y) <= q nu(Y) and the three constants, on random vectors in floats; the spectral radius is below q."""
    b, s = 0.9, np.diag([0.02, 0.5, 1.9])
    iteration = Iteration(name, ball(1.0), ball(b))
    if name == "nesterov":
        s = s * 0.6
    proposal = propose_form(iteration, s)
    found = frame(iteration, Ball.exact(s), proposal)
    form, rng, identity = proposal["form"], np.random.default_rng(1), np.eye(3)
    rows = ((1 + b) * identity - s, -b * identity)
    if name == "nesterov":
        rows = ((1 + b) * (identity - s), -b * (identity - s))
    matrix = np.block([list(rows), [identity, np.zeros((3, 3))]])
    norm = lambda y: np.sqrt(y @ form @ y)  # noqa: E731
    assert np.abs(np.linalg.eigvals(matrix)).max() < found.contraction < 1
    for _ in range(200):
        y, u = rng.normal(size=6), rng.normal(size=3)
        assert norm(matrix @ y) <= found.contraction * norm(y)
        assert max(np.linalg.norm(y[:3]), np.linalg.norm(y[3:])) <= found.inner * norm(y)
        assert norm(np.concatenate([u, 0 * u])) <= found.outer * np.linalg.norm(u)
        assert norm(np.concatenate([u, u])) <= found.start * np.linalg.norm(u)


@pytest.mark.parametrize(("name", "b"), [("heavy-ball", 0.5), ("nesterov", 0.5)])
def test_no_norm_where_the_iteration_grows(name, b):
    iteration = Iteration(name, ball(1.0), ball(b))
    stiff = np.diag([0.1, 3.5])
    assert propose_form(iteration, stiff) == {}
    with pytest.raises(CertificateError):
        frame(iteration, Ball.exact(stiff), {"form": np.eye(4), "contraction": 1.0})
    assert frame(iteration, Ball.exact(stiff), {"form": np.eye(4), "contraction": 0.999}) is None
    assert frame(iteration, Ball.exact(stiff), {"form": -np.eye(4), "contraction": 0.999}) is None


def test_a_form_with_a_negative_direction_is_no_norm():
    """Stein's equation has an indefinite solution where the iteration grows: q^2 P - M^T P M = q^2 I > 0."""
    iteration, stiff, q = Iteration("heavy-ball", ball(1.0), ball(0.5)), np.array([[3.5]]), 0.999
    matrix = np.array([[1.5 - 3.5, -0.5], [1.0, 0.0]])
    form = scipy.linalg.solve_discrete_lyapunov(matrix.T / q, np.eye(2))
    form = (form + form.T) / 2
    assert np.linalg.eigvalsh(form)[0] < 0
    assert np.linalg.eigvalsh(q**2 * form - matrix.T @ form @ matrix)[0] > 0.9
    assert frame(iteration, Ball.exact(stiff), {"form": form, "contraction": q}) is None


def test_the_comparison_by_hand():
    """m = D = 1, A = 1, step 1/2, delta = 1/10: q = 1/2 + (1/2)(2/10 + 1/100) = 0.605, tau = 0.55 / 0.395; with
    |F| = 1/100 and R = 1/2 the radius is (1/2 - tau / 100) / (1 + 1.1 tau)."""
    near = surroundings(Ball.exact(np.eye(1)), ball(np.array([0.01])))
    iteration = Iteration("gradient-descent", ball(0.5), ball(0.0))
    found = frame(iteration, Ball.exact(np.array([[0.5]])), {})
    basin = interpolating_basin(iteration, found, near, 0.1, 0.5)
    tau = 0.55 / 0.395
    radius = (0.5 - tau / 100) / (1 + 1.1 * tau)
    assert radius * (1 - 1e-12) < basin.radius <= radius
    assert basin.distance >= radius + tau * (0.01 + 1.1 * radius) - 1e-15
    assert basin.distance < (radius + tau * (0.01 + 1.1 * radius)) * (1 + 1e-12)
    assert 0.605 <= basin.rate < 0.605 * (1 + 1e-12)
    assert interpolating_basin(iteration, found, near, 0.5, 0.5) is None
    assert interpolating_basin(iteration, found, near, np.inf, 0.5) is None
    assert interpolating_basin(iteration, found, near, 0.1, 0.01) is None


@pytest.mark.parametrize("name", ["heavy-ball", "nesterov"])
def test_a_box_too_small_for_the_path_has_no_basin(name):
    """A radius below 0 is one of no start, and the distance beside it would be too short for the point itself."""
    iteration, stiff = Iteration(name, ball(0.5), ball(0.25)), np.array([[0.5]])
    found = frame(iteration, Ball.exact(stiff), propose_form(iteration, stiff))
    near = surroundings(Ball.exact(np.eye(1)), ball(np.array([0.01])))
    wide = interpolating_basin(iteration, found, near, 1e-3, 0.5)
    assert wide.radius > 0
    assert interpolating_basin(iteration, found, near, 1e-3, 0.01) is None


def test_the_strict_radius_by_hand():
    """H = 1, step 1/2, delta = 1/10: q = 0.55; the zero within 1/100, R = 1/2: r = 1/2 - 2/100."""
    iteration = Iteration("gradient-descent", ball(0.5), ball(0.0))
    found = frame(iteration, Ball.exact(np.array([[0.5]])), {})
    basin = strict_basin(iteration, found, 0.1, 0.5, 0.01)
    assert isinstance(basin, Basin)
    assert 0.48 * (1 - 1e-12) < basin.radius <= 0.48
    assert 0.55 <= basin.rate < 0.55 * (1 + 1e-12)
    assert strict_basin(iteration, found, 1.0, 0.5, 0.01) is None
    assert strict_basin(iteration, found, 0.1, 0.5, 0.26) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"reach": -1.0},
        {"reach": np.inf},
        {"reach": 1},
        {"form": np.eye(3)},
        {"form": np.array([[1.0, 0.5], [0.0, 1.0]])},
        {"contraction": 1.0},
        {"contraction": None},
    ],
)
def test_damaged_witnesses_are_refused(changes):
    found = interpolating("heavy ball")
    forged = {**found.witness, "basin": {**found.witness["basin"], **changes}}
    with pytest.raises(CertificateError):
        issue("minimum", found.problem, forged)


def test_a_network_that_replaces_its_derivative_has_no_basin():
    found = interpolating("gd")
    forged = {**found.problem, "replaced": ["stop_gradient at network.py:1"]}
    assert issue("minimum", forged, found.witness).basin_radius is None


def test_the_displacement_by_hand():
    """m = D = 1, A = 1, delta = 1/100, c = 1/2, R = 1, F = 0: n = 0.0201, q = 0.51005; r (1 + 2.02 + bent 1.01) = 1."""
    near = surroundings(Ball.exact(np.eye(1)), ball(np.zeros(1)))
    iteration = Iteration("gradient-descent", ball(0.5), ball(0.0))
    basin = _displaced(iteration, near, ball(0.01), 1.0, ball(0.51005))
    bent = 0.5 * (2 * 0.0201 + 0.01) / 0.48995
    assert abs(basin.radius - 1 / (3.02 + 1.01 * bent)) < 1e-12
    drift = 0.5 * (0.0201 + 0.01) / 0.48995
    assert abs(basin.distance - basin.radius * (2.01 + 1.01 * drift)) < 1e-12
    singular = surroundings(Ball.exact(np.zeros((1, 1))), ball(np.zeros(1)))
    assert _displaced(iteration, singular, ball(0.01), 1.0, ball(0.51005)) is None


def test_an_ill_conditioned_minimum_is_followed_by_its_displacement():
    """Slopes 1 and 1/100 along the axes: the path is long, the way is not; a linear problem has every radius."""
    problem = sp.Regression(lambda t, x: t @ x, np.zeros(2), np.diag([1.0, 0.01]), np.zeros(2))
    found = sp.certify_minimum(problem, sp.GradientDescent(2.0), basin=True)
    assert found.basin_radius > 1.0
    assert found.number("limit_distance").upper < 3 * found.basin_radius


def test_a_wider_box_is_looked_at_anew():
    found = interpolating("gd")
    forged = {**found.witness, "basin": {"reach": 1e3}}
    assert issue("minimum", found.problem, forged).basin_radius is None


def test_optax_sgd_is_followed_as_our_own_step():
    """The rate and the momentum of optax's step, exactly: the numbers are those of our optimiser."""
    ours, theirs = (
        strict("heavy ball"),
        sp.certify_minimum(sp.Loss(bowl, np.array([1e-3, 0.0])), optax.sgd(0.25, momentum=0.5), basin=True),
    )
    assert ours.basin_radius == theirs.basin_radius > 0
    assert ours.convergence_rate == theirs.convergence_rate


@pytest.mark.parametrize(
    ("optimizer", "state", "told"),
    [
        (optax.adam(0.1), None, "for this optimiser of optax: pass one of these"),
        (optax.chain(optax.clip(1.0), optax.sgd(0.1)), None, "for this optimiser of optax"),
        (optax.sgd(0.1, momentum=0.5, nesterov=True), None, "for this optimiser of optax"),
        (optax.sgd(0.1, momentum=0.5), ({"v": np.ones(2)},), "zero memory; leave state out"),
        (sp.SGD(0.1, 1, sampling="shuffled"), None, "contracting_learning_rate"),
    ],
)
def test_optimisers_without_a_basin_are_told_what_to_use(optimizer, state, told):
    problem = sp.Regression(hyperbola, np.ones(2), np.array([1.0, 0.5]), np.array([1.0, 0.5]))
    with pytest.raises(sp.InputError, match=told):
        sp.certify_minimum(problem, optimizer, basin=True, state=state)


def test_what_has_no_basin_says_so():
    nonsmooth_point = sp.Regression(
        lambda t, x: t[0] * x + jnp.abs(t[1] - 0.5), np.array([0.5, 1.0]), np.ones(1), np.ones(1)
    )
    found = sp.certify_minimum(nonsmooth_point, sp.GradientDescent(0.1), basin=True)
    assert found.basin_radius is None or found.basin_radius < 0.5
    with pytest.raises(sp.InputError, match="squared error"):
        sp.certify_minimum(
            sp.Regression(lambda t, x: t[0] * x, np.zeros(1), np.ones(1), np.ones(1), loss="poisson"),
            sp.GradientDescent(0.1),
            basin=True,
        )
    with pytest.raises(sp.InputError, match="HeavyBall or Nesterov"):
        sp.certify_minimum(nonsmooth_point, sp.Adam(0.1), basin=True)
