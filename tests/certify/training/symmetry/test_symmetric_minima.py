"""Minima modulo symmetries: spectra across the orbit in closed form, refusals, files."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest

import stabproof as sp
from certify.arithmetic import Ball
from certify.certificate import issue
from certify.training.symmetry.generator import directions, read_generators
from foundation import CertificateError

U, V = np.linalg.qr(np.arange(9.0).reshape(3, 3) ** 2 - 7)[0], np.linalg.qr(np.eye(3) + 0.5 * np.ones((3, 3)))[0]
SINGULAR = np.array([2.0, 1.0, 0.5])
TARGET = U @ np.diag(SINGULAR) @ V.T


def product(params, target):
    """(1/2) |A B - M|^2, least at the two largest singular values of M (Eckart and Young)."""
    return 0.5 * jnp.sum((params["a"] @ params["b"] - target) ** 2)


def factors():
    roots = np.sqrt(SINGULAR[:2])
    return {"a": U[:, :2] * roots, "b": roots[:, None] * V[:, :2].T}


def hessian_of(function, params, *data):
    with jax.enable_x64(True):
        flat, build = jax.flatten_util.ravel_pytree(jax.tree.map(jnp.asarray, params))
        return np.asarray(jax.hessian(lambda t: function(build(t), *data))(flat))


def normal_spectrum(function, params, *data):
    """Extreme eigenvalues of the Hessian apart from its kernel, by NumPy, and the dimension of the kernel."""
    values = np.linalg.eigvalsh(hessian_of(function, params, *data))
    apart = values[np.abs(values) > 1e-7 * values[-1]]
    return apart[0], apart[-1], len(values) - len(apart)


@pytest.fixture(scope="module")
def linear():
    return sp.certify_minimum(sp.Loss(product, factors(), TARGET), sp.GradientDescent(0.1))


def test_two_linear_layers_that_underfit(linear, tmp_path):
    """In the singular vectors' bases the Hessian at balanced factors splits into 2 x 2 blocks: s_i + s_j and 0 for kept
    i, j, and s_i + s_k and s_i - s_k for a kept i and a dropped k. The largest is 2 s_1, the smallest 1 - 1/2.
    """
    assert linear.verdict is sp.Verdict.STABLE
    assert linear.number("orbit_dimension").lower == 4
    assert linear.sharpness.lower <= 4 <= linear.sharpness.upper
    assert linear.sharpness.width < 1e-9
    smallest = linear.number("smallest_curvature")
    assert smallest.lower <= 0.5 <= smallest.upper
    assert smallest.width < 1e-9
    assert {h.name: h.status.name for h in linear.hypotheses} == dict.fromkeys(
        ("smooth", "symmetry", "field", "H1"), "PROVED"
    )
    linear.save(tmp_path / "c.json")
    assert sp.check(tmp_path / "c.json").verdict is sp.Verdict.STABLE


@pytest.mark.parametrize(
    ("optimizer", "verdict"),
    [
        (sp.GradientDescent(0.51), sp.Verdict.UNSTABLE),
        (sp.GradientDescent(0.5), sp.Verdict.UNDECIDED),
        (sp.HeavyBall(0.94, 0.9), sp.Verdict.STABLE),
        (optax.sgd(0.96, 0.9), sp.Verdict.UNSTABLE),
        (optax.adam(0.1), sp.Verdict.UNSTABLE),
    ],
)
def test_optimisers_on_both_sides_of_their_thresholds(linear, optimizer, verdict):
    certificate = sp.certify_minimum(sp.Loss(product, factors(), TARGET), optimizer)
    assert certificate.verdict is verdict
    assert certificate.number("orbit_dimension").upper == 4


def test_descent_itself_agrees(linear):
    """From 1e-3 off the minimum gradient descent at 0.49 comes back to a minimum; at 0.51 it does not."""
    with jax.enable_x64(True):
        start = jax.tree.map(lambda x: jnp.asarray(x) + 1e-3, factors())
        least = product(factors(), TARGET)
        slope = jax.jit(jax.grad(product))
        for rate, near in ((0.49, True), (0.51, False)):
            params = start
            for _ in range(3000):
                params = jax.tree.map(lambda x, g, e=rate: x - e * g, params, slope(params, TARGET))
            assert (float(product(params, TARGET) - least) < 1e-12) is near


RNG = np.random.default_rng(3)
INPUTS = RNG.standard_normal((12, 3))
CLASSES = np.eye(3)[RNG.integers(0, 3, 12)] * 0.8 + 0.2 / 3


def relu(params, x, y):
    hidden = jax.nn.relu(x @ params["w"] + params["c"])
    return jnp.mean((hidden @ params["v"] - y) ** 2)


def tied(w, x):
    return jnp.mean((x @ w @ w.T - x) ** 2)


def softmax(params, x, y):
    return jnp.mean(optax.softmax_cross_entropy(x @ params["w"] + params["b"], y))


def deep(params, target):
    return jnp.sum((params[0] @ params[1] @ params[2] - target) ** 2)


def clusters(positions):
    i, j = np.triu_indices(len(positions), 1)
    squares = jnp.sum((positions[i] - positions[j]) ** 2, -1)
    return jnp.sum(squares**-6.0 - 2 * squares**-3.0)


TETRAHEDRON = np.array([[1.0, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]) / np.sqrt(8)
UNITS = {"w": RNG.standard_normal((3, 2)), "c": np.ones(2), "v": np.eye(2) + 0.5}


def left_over(params, x):
    """Targets that miss the network's outputs by what no change of the parameters reaches: a minimum."""
    with jax.enable_x64(True):
        flat, build = jax.flatten_util.ravel_pytree(jax.tree.map(jnp.asarray, params))

        def outputs(t):
            p = build(t)
            return (jax.nn.relu(x @ p["w"] + p["c"]) @ p["v"]).reshape(-1)

        rows, values = np.asarray(jax.jacobian(outputs)(flat)), np.asarray(outputs(flat))
    noise = 0.01 * RNG.standard_normal(values.shape)
    return (values + noise - rows @ np.linalg.lstsq(rows, noise, rcond=None)[0]).reshape(len(x), -1)


CASES = {
    # gl(2) twice
    "three linear layers": (deep, [U[:, :2], np.diag(SINGULAR[:2]), V[:, :2].T], (TARGET,), 8),
    # rotations of the code
    "a tied autoencoder": (tied, np.linalg.svd(INPUTS)[2][:2].T, (INPUTS,), 1),
    # one shift an input and one of the bias
    "softmax": (softmax, {"w": np.zeros((3, 3)), "b": np.zeros(3)}, (INPUTS, CLASSES), 4),
    # every distance is 1, where the pair potential is least
    "a tetrahedron of Lennard-Jones particles": (clusters, TETRAHEDRON, (), 6),
    # one scaling a unit
    "a ReLU layer": (relu, UNITS, (INPUTS, None), 2),
}


def trained(function, params, data):
    """The minimum next to the parameters, by SciPy."""
    from scipy.optimize import minimize

    with jax.enable_x64(True):
        flat, build = jax.flatten_util.ravel_pytree(jax.tree.map(jnp.asarray, params))
        slope = jax.jit(jax.value_and_grad(lambda t: function(build(t), *data)))
        found = minimize(
            lambda t: [np.asarray(x, dtype=float) for x in slope(t)], flat, jac=True, options={"gtol": 1e-9}
        )
        return jax.tree.map(np.asarray, build(jnp.asarray(found.x)))


@pytest.mark.parametrize("name", CASES)
def test_symmetries_are_found_and_proved(name):
    function, start, data, dimension = CASES[name]
    if data and data[-1] is None:
        params, data = start, (data[0], left_over(start, data[0]))
    else:
        params = trained(function, start, data)
    lowest, largest, kernel = normal_spectrum(function, params, *data)
    assert kernel == dimension
    for factor, verdict in ((0.98, sp.Verdict.STABLE), (1.02, sp.Verdict.UNSTABLE)):
        certificate = sp.certify_minimum(sp.Loss(function, params, *data), sp.GradientDescent(2 * factor / largest))
        assert certificate.verdict is verdict
    assert certificate.number("orbit_dimension").lower == dimension
    assert certificate.sharpness.midpoint == pytest.approx(largest, rel=1e-8)
    assert certificate.number("smallest_curvature").midpoint == pytest.approx(lowest, rel=1e-4)


def test_the_users_generators():
    """Rotations of R^3 do not commute; the translations are whole vectors."""
    turns = [np.kron(np.eye(4), t) for t in np.array([np.cross(np.eye(3), e) for e in np.eye(3)])]
    shifts = [np.tile(e, 4) for e in np.eye(3)]
    problem = sp.Loss(clusters, TETRAHEDRON)
    certificate = sp.certify_minimum(problem, sp.GradientDescent(1e-3), symmetry=[*turns, *shifts])
    assert certificate.verdict is sp.Verdict.STABLE
    few = sp.certify_minimum(problem, sp.GradientDescent(1e-3), symmetry=shifts)
    assert few.verdict is sp.Verdict.UNDECIDED
    wrong = sp.certify_minimum(problem, sp.GradientDescent(1e-3), symmetry=[np.eye(12)])
    assert wrong.verdict is sp.Verdict.UNDECIDED
    assert "not proved to leave the loss as it is" in wrong.reason
    with pytest.raises(sp.InputError, match="whole numbers"):
        sp.certify_minimum(problem, sp.GradientDescent(1e-3), symmetry=[np.eye(12) * 0.5])
    with pytest.raises(sp.InputError, match="axes"):
        sp.certify_minimum(problem, sp.GradientDescent(1e-3), symmetry=[np.diag(np.arange(12.0) ** 2)])


def test_saddles_modulo_symmetries_are_no_minima():
    """With the singular values 2 and 1/2 kept and 1 dropped, 1/2 - 1 is an eigenvalue across the orbit."""
    kept = [0, 2]
    roots = np.sqrt(SINGULAR[kept])
    saddle = {"a": U[:, kept] * roots, "b": roots[:, None] * V[:, kept].T}
    certificate = sp.certify_minimum(sp.Loss(product, saddle, TARGET), sp.GradientDescent(0.1))
    assert certificate.kind == "symmetric-minimum"
    assert certificate.verdict is sp.Verdict.UNDECIDED
    assert "-0.5" in certificate.reason


def test_flat_directions_that_are_no_symmetries_are_undecided():
    """x^4 is flat at its minimum without a symmetry."""
    certificate = sp.certify_minimum(sp.Loss(lambda t: t[0] ** 4 + t[1] ** 2, np.zeros(2)), sp.GradientDescent(0.1))
    assert certificate.kind == "strict-minimum"
    assert certificate.verdict is sp.Verdict.UNDECIDED


def test_directions_are_the_derivatives_of_the_action(linear):
    """The Hessian of JAX vanishes along them, and they are as many as it has flat directions."""
    shapes = [tuple(s) for s in linear.problem["shapes"]]
    generators = read_generators(linear.problem["generators"], shapes)
    theta = np.concatenate([factors()[k].reshape(-1) for k in ("a", "b")])
    columns = directions(generators, shapes, Ball.exact(theta)).mid
    slope = hessian_of(product, factors(), TARGET)
    assert np.abs(slope @ columns).max() < 1e-9
    assert np.linalg.matrix_rank(columns) == 4


@pytest.mark.parametrize(
    "change",
    [
        {"generators": []},
        {"generators": [[]]},
        {"generators": None},
        {"shapes": [[3, 2], [2, 2]]},
        {"shapes": [[3, 2], ["2", 3]]},
        {"loss": None},
        {"data": None},
        {"params": np.zeros(2)},
    ],
)
def test_damaged_problems_are_refused(linear, change):
    with pytest.raises(CertificateError):
        issue("symmetric-minimum", {**linear.problem, **change}, linear.witness)


@pytest.mark.parametrize("name", ["point", "frame", "mixing", "scale", "inverse_hessian"])
def test_damaged_witnesses_prove_nothing(linear, name):
    with pytest.raises(CertificateError):
        issue("symmetric-minimum", linear.problem, {**linear.witness, name: None})
    outcome = issue(
        "symmetric-minimum", linear.problem, {**linear.witness, name: np.asarray(linear.witness[name] * 1.75)}
    )
    assert outcome.verdict is sp.Verdict.UNDECIDED or outcome.sharpness.lower <= 4 <= outcome.sharpness.upper


def test_a_tampered_generator_proves_nothing(linear):
    first, *rest = linear.problem["generators"]
    (axis, *more) = first[0]["axes"]
    other = {**first[0], "axes": [{**axis, "matrix": axis["matrix"] * 2}, *more]}
    outcome = issue("symmetric-minimum", {**linear.problem, "generators": [[other, *first[1:]], *rest]}, linear.witness)
    assert outcome.verdict is sp.Verdict.UNDECIDED
    assert "symmetry number 0" in outcome.reason


def test_limits_that_jax_does_not_differentiate_are_refused():
    """where(a == 0, 1, (e^a - 1)/a) has the slope 1/2 at the minimum a = 0, and NaN or 0 in jax.grad."""

    def loss(p):
        a = p["a"][0]
        safe = jnp.where(a == 0, 1.0, a)
        quotient = jnp.where(a == 0, 1.0, jnp.expm1(a) / safe)
        return (jnp.sum(p["v"] ** 2) - 1.0) ** 2 + a**2 + (quotient - 1.0) - a / 2

    turn = np.array([[0, 0, 0], [0, 0, -1], [0, 1, 0]])
    with pytest.raises(sp.InputError, match="another field"):
        sp.certify_minimum(
            sp.Loss(loss, {"a": np.zeros(1), "v": np.array([0.6, 0.8])}), sp.GradientDescent(0.05), symmetry=[turn]
        )


def test_generators_beside_a_single_number():
    """An array of shape () among the parameters: the circle |v| = 1 beside s = 2."""
    loss = sp.Loss(
        lambda p: (jnp.sum(p["v"] ** 2) - 1.0) ** 2 + (p["s"] - 2.0) ** 2,
        {"s": np.array(2.0), "v": np.array([0.6, 0.8])},
    )
    turn = np.array([[0, 0, 0], [0, 0, -1], [0, 1, 0]])
    found = sp.certify_minimum(loss, sp.GradientDescent(0.05), symmetry=[turn])
    assert found.verdict is sp.Verdict.STABLE
    assert found.sharpness.lower <= 8.0 <= found.sharpness.upper
