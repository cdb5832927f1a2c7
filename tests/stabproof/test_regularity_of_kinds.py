"""Each kind of certificate against functions that are not differentiable where its theorem needs it."""

import math
from fractions import Fraction

import flint
import jax
import jax.numpy as jnp
import numpy as np
import pytest

import stabproof as sp
from certify.certificate.model import Status
from certify.equilibrium import prove_all_equilibria, prove_equilibrium
from certify.flow.vector_field import analytic_obstacle
from certify.minimum import prove_minimum
from certify.periodic import prove_periodic_point
from certify.program import trace
from foundation import InputError

ABOVE_PI = float(np.nextafter(math.pi, 4))  # 3.14159265358979356 > pi = 3.14159265358979323


def _status(certificate):
    return {h.name: h.status for h in certificate.hypotheses}


def _minimum(predict, theta, optimizer, inputs=(1.0,), targets=None):
    x = np.asarray(inputs, float)
    problem = sp.Regression(predict, np.array(theta, float), x, np.zeros(len(x)) if targets is None else targets)
    return sp.certify_minimum(problem, optimizer)


# Branch cuts: functions without the zero that their derivatives promise.

CUTS = {
    "atan2": lambda v: jnp.arctan2(v, -1.0) - ABOVE_PI,
    "atan2 with a moving abscissa": lambda v: jnp.arctan2(v, v - 2.0) - ABOVE_PI,
    "scaled": lambda v: 3 * jnp.arctan2(v / 7, -0.25) - 3 * ABOVE_PI,
    "from below": lambda v: jnp.arctan2(-v, -5.0) - ABOVE_PI,
}


def _refused_or_undecided(function):
    try:
        found = function()
    except InputError as error:
        told = str(error)
    else:
        told = "" if found.claims or found.verdict is not sp.Verdict.UNDECIDED else "atan2"
    # JAX's value at -0.0 lies below the cut, 2 pi away
    assert "atan2" in told or "not near a minimum" in told


@pytest.mark.parametrize("name", CUTS)
def test_there_is_no_zero_on_the_cut(name):
    field = CUTS[name]
    _refused_or_undecided(lambda: sp.certify_equilibrium(field, [0.0]))
    _refused_or_undecided(lambda: sp.certify_equilibrium(lambda v: v + field(v), [0.0], kind="map"))
    _refused_or_undecided(lambda: sp.certify_periodic_point(lambda v: v + field(v), [0.0], 1))
    _refused_or_undecided(lambda: _minimum(lambda t, x: field(t[0]) * x, [0.0], sp.GradientDescent(0.1)))


def test_a_forged_witness_does_not_cross_the_cut():
    """The proposal is written by hand, as for a field whose derivative alone is looked at."""
    program = trace(CUTS["atan2"], np.zeros(1))
    problem = {"field": program, "kind": "flow", "restriction": "none"}
    witness = {"coordinates": np.zeros(1), "point": np.zeros(1), "inverse": -np.eye(1)}
    _refused_or_undecided(lambda: prove_equilibrium(problem, witness))
    orbit = {"points": np.zeros((1, 1)), "point": np.zeros(1)}
    shifted = trace(lambda v: v + CUTS["atan2"](v), np.zeros(1))
    _refused_or_undecided(lambda: prove_periodic_point({"map": shifted, "period": 1}, orbit))
    statement = {
        "predict": trace(lambda t, x: CUTS["atan2"](t) * x, np.zeros(1), np.zeros(1)),
        "params": np.zeros(1),
        "inputs": np.ones((1, 1)),
        "targets": np.zeros((1, 1)),
        "optimizer": {"name": "gradient-descent", "learning_rate": 0.1},
    }
    _refused_or_undecided(lambda: prove_minimum(statement, {"point": np.zeros(1), "inverse_gram": np.eye(1)}))


def test_off_the_cut_the_angle_is_certified():
    found = sp.certify_equilibrium(lambda v: jnp.arctan2(v, -1.0) - 3.0, [0.14])
    exact = -math.tan(3.0)  # atan2(y, -1) = pi - atan(y) for y > 0
    assert abs(found.point[0] - exact) <= found.radius + 1e-16
    assert found.verdict is sp.Verdict.STABLE
    assert _status(found)["smooth"] is Status.PROVED


@pytest.mark.parametrize("shift", [3.1, -3.1, 3.0])
def test_a_box_across_the_cut_keeps_its_equilibrium(shift):
    """atan2(x, -1) + 3.1 has the root tan(3.1 - pi) = -0.0416, and jumps by 2 pi at 0."""
    root = math.copysign(math.tan(math.pi - abs(shift)), -shift)
    found = sp.all_equilibria(lambda v: jnp.arctan2(v, -1.0) + shift, [(-0.2, 0.23)], budget=300)
    near = [z for z in found.certificate.witness["points"] if abs(z[0] - root) < 1e-9]
    assert len(near) == 1
    assert found.certificate.verdict is sp.Verdict.UNDECIDED


def test_a_list_of_equilibria_beside_the_cut_is_complete():
    found = sp.all_equilibria(lambda v: jnp.arctan2(v, -1.0) + 3.1, [(-0.2, -0.001)])
    assert found.certificate.verdict is sp.Verdict.PROVED
    assert len(found.certificate.witness["points"]) == 1
    assert _status(found.certificate) == {"lipschitz": Status.PROVED, "smooth": Status.PROVED}


def test_a_list_without_zeros_is_not_complete_across_the_cut():
    """By derivatives alone x -> atan2(x, -1) + 3.1 would have no zero on the box: its witness is empty."""
    program = trace(lambda v: jnp.arctan2(v, -1.0) + 3.1, np.zeros(1))
    problem = {"field": program, "kind": "flow", "lower": np.array([-0.05]), "upper": np.array([0.06])}
    empty = {"points": np.zeros((0, 1)), "inverses": np.zeros((0, 1, 1)), "radii": np.zeros(0)}
    witness = {**empty, "boxes": 300, "exhausted": ""}
    assert prove_all_equilibria(problem, witness).verdict is sp.Verdict.UNDECIDED


@pytest.mark.parametrize(
    "function",
    [
        lambda x: jnp.arctan2(x[0], -1.0),
        lambda x: jnp.arctan2(x[0], x[0] - 1) + 7 * x[0],
        lambda x: jnp.sqrt(x[0] ** 2) + x[0] / 2,
        lambda x: jnp.cbrt(x[0]),
        lambda x: jnp.where(x[0] > 0.3, x[0], 2 * x[0]),
        lambda x: jnp.abs(x[0]) ** 1.5 + x[0],
    ],
)
def test_no_morse_class_across_jumps_and_kinks(function):
    with pytest.raises(InputError, match="twice continuously differentiable"):
        sp.morse_class(function, [(-1.0, 1.0)])


def test_a_flow_does_not_cross_the_cut():
    """x' = 1 + atan2(x, -1) / 8 from x = -0.1: the solution moves up through 0, where the field jumps."""
    field = lambda v: 1 + jnp.arctan2(v, -1.0) / 8  # noqa: E731
    found = sp.flow(field, [-0.1], 0.01)
    assert found.verdict is sp.Verdict.PROVED
    crossed = sp.flow(field, [-0.1], 0.5, budget=10.0)
    assert crossed.verdict is sp.Verdict.UNDECIDED
    assert crossed.reason


# Kinks, visible and hidden: a minimum there has no Hessian.

KINKS = {
    "2 t + |t|": (lambda t: 2 * t[0] + jnp.abs(t[0]), [0.0]),
    "t1 + |t2| / 10": (lambda t: t[0] + 0.1 * jnp.abs(t[1]), [0.0, 0.0]),
    "3 t + sqrt(t^2)": (lambda t: 3 * t[0] + jnp.sqrt(t[0] ** 2), [0.0]),
    "t + relu": (lambda t: t[0] + 0.5 * jax.nn.relu(t[0]), [0.0]),
    "leaky": (lambda t: jax.nn.leaky_relu(t[0], 0.7), [0.0]),
    "max of two": (lambda t: jnp.maximum(t[0], 1.25 * t[0]) + t[1], [0.0, 0.0]),
    "t + |t|^1.5": (lambda t: t[0] + jnp.abs(t[0]) ** 1.5, [0.0]),
    "clipped": (lambda t: t[0] + 0.25 * jnp.clip(t[0], 0.0, 1.0) + t[1], [0.0, 0.0]),
    "elu": (lambda t: jax.nn.elu(t[0]), [0.0]),
}


@pytest.mark.parametrize("name", KINKS)
@pytest.mark.parametrize("optimizer", [sp.GradientDescent(0.1), sp.HeavyBall(1.0, 0.9)])
def test_no_verdict_at_a_kink(name, optimizer):
    predict, theta = KINKS[name]
    try:
        found = _minimum(lambda t, x: predict(t) * x, theta, optimizer)
    except InputError:
        return
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.sharpness is None
    assert _status(found).get("smooth") is not Status.PROVED


@pytest.mark.parametrize(
    ("optimizer", "why"),
    [
        (sp.GradientDescent(0.1), "one branch at each kink"),
        (sp.GradientDescent(0.5), "test_regularity_of_kinds.py:"),  # where both units are on, the step is a projection
        (sp.HeavyBall(0.1, 0.5), "memory"),
        (sp.Adam(1e-10), "memory"),
    ],
)
def test_a_relu_network_between_its_kinks_gets_a_verdict(optimizer, why):
    predict = lambda t, x: jax.nn.relu(t[0] * x) + jax.nn.relu(t[1] - x)  # noqa: E731
    found = _minimum(predict, [2.0, -1.0], optimizer, [1.0], np.array([2.0]))
    assert found.verdict is sp.Verdict.STABLE
    assert found.sharpness.contains(1)  # the second unit is dead, the gradient is (1, 0)
    found = _minimum(predict, [2.0, 2.0], optimizer, [1.0], np.array([3.0]))
    assert found.verdict is sp.Verdict.STABLE
    assert found.sharpness.contains(2)  # the gradient is (1, 1)
    assert _status(found)["smooth"] is Status.PROVED
    third = next(h for h in found.hypotheses if h.name == "H3")
    assert third.status is (Status.ASSUMED if ".py:" in why else Status.PROVED)
    assert why in third.reason


# H3: the whole map on the whole space.


def _third(found):
    return next(h for h in found.hypotheses if h.name == "H3").status


def _hidden_relu(z):
    return (z + jnp.sqrt(z**2)) / 2


def _sign(t):
    """1 for t > 0, -1 for t < 0, made of analytic functions."""
    return (jnp.arctan(t) + jnp.arctan(1 / t)) * (2 / jnp.pi)


GLUED = {
    "hidden relu": (lambda t: 2 * t - 2 * _hidden_relu(t - 1) + _hidden_relu(t - 2), 0.0),
    "two angles": (lambda t: (1 + _sign(t)) * (t - 1) + (1 - _sign(t)) / 2 * (t - 1), 1.0),
    "by logarithms": (lambda t: (1 + jnp.exp(jnp.log(t**2) / 2) / t) * (t - 1) + 1 - 1, 1.0),
    "by roots": (lambda t: (3 + t / jnp.sqrt(t**2)) / 2 * (t - 1), 1.0),
    "by a cube root": (lambda t: (3 + jnp.cbrt(t) / jnp.cbrt(t**2) ** 0.5) / 2 * (t - 1), 1.0),
    "by a power": (lambda t: (3 + t * (t**2) ** -0.5) / 2 * (t - 1), 1.0),
    "by reciprocals": (lambda t: (t - 1) * (3 + jnp.tanh(1e3 / t)) / 2, 1.0),
}


@pytest.mark.parametrize("name", GLUED)
@pytest.mark.parametrize("optimizer", [sp.GradientDescent(0.1), sp.Nesterov(0.1, 0.5)])
def test_pieces_that_are_glued_leave_the_third_hypothesis_open(name, optimizer):
    predict, t = GLUED[name]
    found = _minimum(lambda t, x: predict(t[0]) * x, [t], optimizer)
    assert _third(found) is Status.ASSUMED
    assert _status(found)["smooth"] is Status.PROVED


def test_pieces_that_are_glued_under_sgd():
    predict = lambda t, x: (3 + t[0] / jnp.sqrt(t[0] ** 2)) / 2 * (t[0] - 1) * x[0] + t[1] * x[1]  # noqa: E731
    found = _minimum(predict, [1.0, 0.0], sp.SGD(0.05, sampling="iid"), [[1.0, 0.5], [1.0, -2.0]], np.zeros(2))
    assert _third(found) is Status.ASSUMED
    smooth = _minimum(
        lambda t, x: t[0] * x[0] + t[1] * x[1], [0.0, 0.0], sp.SGD(0.05, sampling="iid"), [[1.0, 0.5], [1.0, -2.0]]
    )
    assert _third(smooth) is Status.PROVED
    assert _status(smooth)["sampling"] is Status.ASSUMED


@pytest.mark.parametrize(
    ("optimizer", "expected"),
    [
        (sp.Nesterov(0.1, 0.0), Status.REFUTED),
        (sp.HeavyBall(0.1, 0.0), Status.REFUTED),
        (sp.Adam(1e-10, b2=0.0), Status.REFUTED),
        (sp.Adam(1e-10, b1=0.0), Status.REFUTED),
        (sp.Nesterov(0.1, 0.25), Status.PROVED),
        (sp.HeavyBall(0.1, 0.25), Status.PROVED),
        (sp.Adam(1e-10), Status.PROVED),
        # eta h = 1 exactly: an affine network's update projects, with Nesterov's memory too
        (sp.GradientDescent(0.25), Status.REFUTED),
        (sp.Nesterov(0.25, 0.5), Status.REFUTED),
        (sp.HeavyBall(0.25, 0.5), Status.PROVED),
        (sp.GradientDescent(Fraction(1, 4)), Status.REFUTED),
        (sp.GradientDescent(math.nextafter(0.25, 1)), Status.PROVED),
    ],
)
def test_the_whole_map_of_an_affine_network(optimizer, expected):
    """f = 2 t: h = 4."""
    assert _third(_minimum(lambda t, x: 2 * t[0] * x, [0.0], optimizer)) is expected


def test_a_singular_map_makes_no_unstable_verdict():
    """Nesterov at 3 without memory: |1 - 3| = 2 > 1, but the map of (theta, v) is singular."""
    found = _minimum(lambda t, x: t[0] * x, [0.0], sp.Nesterov(3.0, 0.0))
    assert found.verdict is sp.Verdict.UNDECIDED
    assert found.next_step
    assert _minimum(lambda t, x: t[0] * x, [0.0], sp.Nesterov(3.0, 0.25)).verdict is sp.Verdict.UNSTABLE


@pytest.mark.parametrize("optimizer", [sp.GradientDescent(1.0), sp.Nesterov(1.0, 0.5)])
def test_a_polynomial_network_is_decided_at_another_point(optimizer):
    """f = t + t^2 has h = 1 at its minimum 0, where det(I - eta h) = 0; it is not 0 beside it."""
    assert _third(_minimum(lambda t, x: (t[0] + t[0] ** 2) * x, [0.0], optimizer)) is Status.PROVED


def test_batches_of_which_one_projects():
    """x = (1, 0): eta K_11 = 1. An affine network projects; with t^2 the determinant is not 0 beside the minimum."""
    inputs = [[1.0, 0.0], [1.0, 2.0]]
    affine = _minimum(lambda t, x: t @ x, [0.0, 0.0], sp.SGD(1.0, sampling="iid"), inputs)
    bent = _minimum(
        lambda t, x: (t[0] + t[0] ** 2) * x[0] + t[1] * x[1], [0.0, 0.0], sp.SGD(1.0, sampling="iid"), inputs
    )
    assert _third(affine) is Status.REFUTED
    assert affine.verdict is sp.Verdict.UNDECIDED
    assert _third(bent) is Status.PROVED


def test_a_network_that_is_undefined_somewhere_is_not_proved_through_the_memory():
    found = _minimum(lambda t, x: jnp.log(t[0]) * x, [1.0], sp.HeavyBall(0.1, 0.5))
    assert _third(found) is Status.ASSUMED


# Restrictions: refuted is not unknown, and what is assumed says "if".


def test_a_refuted_subspace_carries_no_claim():
    """y' = 1e-30, written as a difference that balls cannot tell from 0."""
    field = lambda v: jnp.stack([-v[0], (v[0] + 1) ** 2 - v[0] ** 2 - 2 * v[0] - 1 + 1e-30])  # noqa: E731
    found = sp.certify_equilibrium(field, [0.0, 0.0], subspace=np.array([[1.0], [0.0]]))
    assert found.verdict is sp.Verdict.UNDECIDED
    assert _status(found) == {"invariant": Status.REFUTED}
    assert not found.claims


def test_a_refuted_translation_carries_no_claim():
    """f changes along (1, 1) by 1e-30 x: too little for the balls."""
    field = lambda v: jnp.stack([v[1] - v[0] + 1e-30 * v[0], v[0] - v[1] + 1e-30 * v[0]])  # noqa: E731
    found = sp.certify_equilibrium(field, [0.0, 0.0], symmetry=np.array([[1.0], [1.0]]))
    assert found.verdict is sp.Verdict.UNDECIDED
    assert _status(found)["symmetry"] is Status.REFUTED
    assert not found.claims


def test_an_assumed_subspace_says_if():
    """sin^2 + cos^2 = 1 is no identity of rational functions."""
    field = lambda v: jnp.stack([-v[0], (jnp.sin(v[0]) ** 2 + jnp.cos(v[0]) ** 2 - 1) - v[1]])  # noqa: E731
    found = sp.certify_equilibrium(field, [0.0, 0.0], subspace=np.array([[1.0], [0.0]]))
    assert _status(found)["invariant"] is Status.ASSUMED
    assert found.claims[0].statement.startswith("If the hypothesis")
    proved = sp.certify_equilibrium(lambda v: -v, [0.0, 0.0], subspace=np.array([[1.0], [0.0]]))
    assert proved.claims[0].statement.startswith("An exact equilibrium")


def test_the_spectral_radius_says_what_it_is():
    texts = {
        type(o): _minimum(lambda t, x: t[0] * x, [0.0], o).outcome.claim("spectral_radius").statement
        for o in (sp.GradientDescent(0.1), sp.HeavyBall(0.1, 0.5), sp.Nesterov(0.1, 0.5), sp.Adam(1e-10))
    }
    assert "Spectral radius of the update's Jacobian" in texts[sp.GradientDescent]
    for kind in (sp.HeavyBall, sp.Nesterov, sp.Adam):
        assert "roots of z^2" in texts[kind]


@pytest.mark.parametrize(
    ("field", "time", "edge"),
    [
        (lambda v: -jnp.sqrt(v), 1.0, 2.0),  # (1 - t/2)^2 reaches 0 at t = 2
        (lambda v: -1 / v, 0.25, 0.5),  # sqrt(1 - 2 t) reaches 0 at t = 1/2
        (lambda v: -jnp.cbrt(v), 1.0, 1.5),  # (1 - 2 t/3)^(3/2) reaches 0 at t = 3/2
    ],
)
def test_a_flow_stops_at_the_edge_of_the_regular_set(field, time, edge):
    assert sp.flow(field, [1.0], time).verdict is sp.Verdict.PROVED
    assert sp.flow(field, [1.0], edge, budget=10.0).verdict is sp.Verdict.UNDECIDED


def test_a_tube_that_meets_a_singularity_is_named():
    program = trace(lambda v: jnp.arctan2(v, v - 2.0) / v, np.ones(1))
    boxes = [[flint.arb(1.0, 0.5)], [flint.arb(0.25, 0.125)], [flint.arb(0.0, 0.125)]]
    assert analytic_obstacle(program, boxes[:2]) == ""
    assert "`atan2`" in analytic_obstacle(program, boxes)
